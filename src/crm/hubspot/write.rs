//! What is written to an account.

use super::HubSpot;
use super::answer::Object;
use super::request::{Search, Taken};
use crate::contact::Contact;
use crate::crm::mapping::{Change, Fields, Slot};
use crate::crm::{CrmError, New, Record, Written};

/// Addresses by which a person is looked for.
const MOST: usize = 5;
/// People of one name that are looked at.
const SAME_NAME: usize = 20;

impl HubSpot {
    /// Makes a record, with the company that the contact belongs to. HubSpot knows no key of ours:
    /// who has the same address, or without one the same name, is looked for first. One that was made
    /// since `planned_at` and has all that is wanted is of a try whose end we did not see.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let contact = new.contact;
        let change = self.mapping.create(contact, &self.country).with(new.owner.clone());
        if let Some(lacking) = Written::lacking(&change) {
            return Ok(lacking);
        }
        if let Some(there) = self.known(new, &change).await? {
            return Ok(self.adopt(&there, new, &change));
        }
        let company = new.account_or(self.account(contact)).await?;
        let company = company.as_ref().map(|company| company.id.as_str());
        match self.api.create("contacts", &change.fields(), company).await? {
            Taken::Done(made) => self.written(&made.id, &change).await,
            Taken::Invalid(why) => Ok(Written::Refused(why)),
            Taken::Gone => Err(CrmError::Refused("nothing is at its address; check it".into())),
            Taken::Exists(id) => {
                let there = match id {
                    Some(id) => self.fetch(&id).await?,
                    None => self.known(new, &change).await?,
                };
                Ok(there.map_or_else(
                    || {
                        Written::Refused(
                            "HubSpot has this person already, and does not show it".into(),
                        )
                    },
                    |there| self.adopt(&there, new, &change),
                ))
            }
        }
    }

    /// The record that an earlier try has made.
    pub async fn made(&self, new: &New<'_>) -> Result<Option<Record>, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        let there = self.known(new, &change).await?;
        Ok(there.and_then(|there| self.adopt(&there, new, &change).record()))
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        Ok(self.known(new, &change).await?.is_some())
    }

    /// Who is there already with one of the contact's own addresses; without any, with its name and
    /// all else that is wanted.
    async fn known(&self, new: &New<'_>, change: &Change) -> Result<Option<Object>, CrmError> {
        let contact = new.contact;
        for email in contact.own_emails().take(MOST) {
            let properties = self.mapping.properties();
            let found = self.api.get(email.as_str(), Some("email"), properties).await?;
            if let Some(found) = found.filter(|it| !it.archived && new.may_be(&it.id)) {
                return Ok(Some(found));
            }
        }
        let fields = change.fields();
        let names = [Slot::Name, Slot::Given, Slot::Family];
        let names =
            self.mapping.fields.iter().filter(|field| {
                !field.hidden && field.holds.is_some_and(|slot| names.contains(&slot))
            });
        let names = names.filter_map(|field| {
            Some((field.property.as_str(), "EQ", fields.get(&field.property)?.as_str()))
        });
        let filters: Vec<(&str, &str, &str)> = names.collect();
        if contact.own_emails().next().is_some() || filters.is_empty() {
            return Ok(None);
        }
        let search = Search {
            kind: "contacts",
            filters: &filters,
            either: false,
            sort: "createdate",
            after: None,
            limit: SAME_NAME,
        };
        let found = self.api.search(&search, self.mapping.properties()).await?.results;
        Ok(found.into_iter().find(|object| {
            new.may_be(&object.id) && self.holds(object, &Contact::default(), contact)
        }))
    }

    /// Whether a record has what a change brings, and not what it takes.
    fn holds(&self, object: &Object, before: &Contact, after: &Contact) -> bool {
        self.mapping.change(&object.fields(), before, after, &self.country).edits.is_empty()
    }

    fn adopt(&self, there: &Object, new: &New<'_>, change: &Change) -> Written {
        let is_ours = new.may_be_made(there.created_at())
            && self.holds(there, &Contact::default(), new.contact);
        let there = self.record(there);
        if is_ours { Written::made(there, change) } else { Written::Conflict(Some(there)) }
    }

    /// Brings a record from `before` to `after`, if it still has the version.
    pub async fn update(
        &self,
        id: &str,
        version: &str,
        before: &Contact,
        after: &Contact,
    ) -> Result<Written, CrmError> {
        let Some(now) = self.fetch(id).await? else { return Ok(Written::Conflict(None)) };
        let fields = now.fields();
        let change = self.mapping.change(&fields, before, after, &self.country);
        if change.edits.is_empty() {
            // There already: by our own try whose end we did not see, or by somebody's hand.
            return Ok(Written::made(self.record(&now), &change));
        }
        if self.mapping.version(&fields) != version {
            return Ok(Written::Conflict(Some(self.record(&now))));
        }
        let wanted: Fields = change.fields();
        match self.api.patch(id, &wanted).await? {
            Taken::Done(_) => self.written(id, &change).await,
            Taken::Invalid(why) => Ok(Written::Refused(why)),
            Taken::Gone => Ok(Written::Conflict(None)),
            Taken::Exists(other) => {
                let other = other.map(|id| format!(" ({id})")).unwrap_or_default();
                Ok(Written::Refused(format!(
                    "another record{other} has this e-mail address already; merge them in HubSpot"
                )))
            }
        }
    }

    /// The record as it is after a write.
    async fn written(&self, id: &str, change: &Change) -> Result<Written, CrmError> {
        Ok(Written::found(self.get(id).await?, change))
    }

    /// Removes a record, if it still has the version. One that is gone is removed.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        let Some(now) = self.fetch(id).await? else { return Ok(None) };
        let now = self.record(&now);
        if now.version != version {
            return Ok(Some(Written::Conflict(Some(now))));
        }
        self.api.archive(id).await?;
        Ok(None)
    }
}

//! What is written to an org.

use super::answer::Row;
use super::company::{new_at_account, own};
use super::refusal::{Likeness, Trouble};
use super::{Salesforce, is_of_another, soql};
use crate::contact::{Contact, EmailAddress};
use crate::crm::mapping::{Change, Slot};
use crate::crm::{CrmError, New, Record, Written};

/// Addresses by which a person is looked for.
const MOST: usize = 5;
/// People of one address or name that are looked at.
const SOME: usize = 20;

impl Salesforce {
    /// Makes a record, at the account that the contact belongs to. Salesforce knows no key of ours:
    /// who has the same address, or without one the same name, is looked for first. One that we made
    /// since `planned_at` and that has all that is wanted is of a try whose end we did not see.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let contact = new.contact;
        let change = self.mapping.create(contact, &self.country).with(new.owner.clone());
        if let Some(lacking) = Written::lacking(&change) {
            return Ok(lacking);
        }
        let known = self.known(contact, &change).await?;
        if let Some(written) = self.adopt(known, new, &change).await? {
            return Ok(written);
        }
        let account = new.account_or(self.account(contact)).await?;
        let change = new_at_account(change, account);
        match self.api.create("Contact", &change.fields()).await {
            Ok(id) => self.just_made(id, &change, contact).await,
            Err(Trouble::Duplicates(like)) => {
                let known = self.alike(&like).await?;
                let written = self.adopt(known, new, &change).await?;
                Ok(written.unwrap_or_else(|| Written::Refused(unseen(&like))))
            }
            Err(Trouble::Invalid(why)) => Ok(Written::Refused(why)),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The record that an earlier try has made.
    pub async fn made(&self, new: &New<'_>) -> Result<Option<Record>, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        let known = self.known(new.contact, &change).await?;
        let adopted = self.adopt(known, new, &change).await?;
        Ok(adopted.and_then(Written::record))
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        Ok(!self.known(new.contact, &change).await?.is_empty())
    }

    /// A new record as it is. Where contacts are private, what another owns may not be seen any more.
    async fn just_made(
        &self,
        id: String,
        change: &Change,
        contact: &Contact,
    ) -> Result<Written, CrmError> {
        if let Some(row) = self.fetch(&id).await? {
            return Ok(Written::made(self.record(&row), change));
        }
        let version = self.mapping.version(&change.fields());
        let unseen = "the user that the app runs as does not see what it has made; let it view and \
                      modify all contacts";
        let record = Record { id, version, contact: contact.clone() };
        Ok(Written::made(record, change).telling(Some(unseen.into())))
    }

    /// Who is there already with one of the contact's own addresses, the oldest first; without any,
    /// with its name and all else that is wanted. `info@` and its like are nobody's own.
    async fn known(&self, contact: &Contact, change: &Change) -> Result<Vec<Row>, CrmError> {
        let shown = || self.mapping.fields.iter().filter(|field| !field.hidden);
        let own: Vec<&EmailAddress> = contact.own_emails().collect();
        if !own.is_empty() {
            let emails = soql::list(own.iter().take(MOST).map(|email| email.as_str()));
            let places = shown().filter(|field| field.holds == Some(Slot::Email));
            let either = places.map(|field| format!("{} IN {emails}", field.property));
            return self.those(&either.collect::<Vec<_>>().join(" OR ")).await;
        }
        let fields = change.fields();
        let names = shown().filter(|field| {
            matches!(field.holds, Some(Slot::Name | Slot::Given | Slot::Family))
                && !is_of_another(&field.property)
        });
        let both = names.filter_map(|field| {
            let text = fields.get(&field.property).filter(|text| !text.is_empty())?;
            Some(format!("{} = {}", field.property, soql::quoted(text)))
        });
        let both: Vec<String> = both.collect();
        if both.is_empty() {
            return Ok(Vec::new());
        }
        let mut there = self.those(&both.join(" AND ")).await?;
        there.retain(|row| self.holds(row, contact));
        Ok(there)
    }

    /// Those contacts that the org's duplicate rules named, as far as we may see them.
    async fn alike(&self, like: &[Likeness]) -> Result<Vec<Row>, CrmError> {
        let contacts = like.iter().filter(|it| it.kind == "Contact" && soql::is_id(&it.id));
        let ids: Vec<&str> = contacts.map(|it| it.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.those(&format!("Id IN {}", soql::list(ids.into_iter()))).await
    }

    async fn those(&self, condition: &str) -> Result<Vec<Row>, CrmError> {
        let select = self.select();
        let query = format!("{select} WHERE {condition} ORDER BY CreatedDate, Id LIMIT {SOME}");
        Ok(self.api.first(&query).await?.records)
    }

    /// Whether a record has all that a new one would have; what its account is called is the
    /// account's.
    fn holds(&self, row: &Row, contact: &Contact) -> bool {
        let empty = Contact::default();
        let change = self.mapping.change(row.fields(), &empty, contact, &self.country);
        own(change).0.edits.is_empty()
    }

    /// Of those who are there the one that we made, else the oldest, which the rep should see.
    async fn adopt(
        &self,
        there: Vec<Row>,
        new: &New<'_>,
        change: &Change,
    ) -> Result<Option<Written>, CrmError> {
        let Some(oldest) = there.first() else { return Ok(None) };
        let us = self.api.session(None).await?.told.user;
        let is_ours = |row: &&Row| {
            row.field("CreatedById") == us
                && new.may_be_made(row.time("CreatedDate"))
                && self.holds(row, new.contact)
        };
        Ok(Some(match there.iter().find(is_ours) {
            Some(ours) => Written::made(self.record(ours), change),
            None => Written::Conflict(Some(self.record(oldest))),
        }))
    }

    /// Brings a record from `before` to `after`, if it still has the version.
    pub async fn update(
        &self,
        id: &str,
        version: &str,
        before: &Contact,
        after: &Contact,
    ) -> Result<Written, CrmError> {
        // Once more if somebody changes, in between, what is none of ours.
        for _ in 0..2 {
            let Some(row) = self.fetch(id).await? else { return Ok(Written::Conflict(None)) };
            let change = self.mapping.change(row.fields(), before, after, &self.country);
            let change = self.at_account(change, row.fields(), (before, after)).await?;
            if change.edits.is_empty() {
                // There already: by our own try whose end we did not see, or by somebody's hand.
                return Ok(Written::made(self.record(&row), &change));
            }
            let there = self.record(&row);
            if there.version != version {
                return Ok(Written::Conflict(Some(there)));
            }
            let since = row.last_modified();
            return match self.api.patch(id, &change.fields(), since.as_deref()).await {
                Ok(()) => self.written(id, &change).await,
                Err(Trouble::Changed) => continue,
                Err(Trouble::Gone) => Ok(Written::Conflict(None)),
                Err(Trouble::Invalid(why) | Trouble::Denied(why)) => Ok(Written::Refused(why)),
                Err(Trouble::Duplicates(like)) => Ok(Written::Refused(format!(
                    "Salesforce's duplicate rules find {} like it; merge them there",
                    names(&like)
                ))),
                Err(trouble) => Err(trouble.into()),
            };
        }
        Err(Trouble::Changed.into())
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
        match self.api.delete(id).await {
            Ok(()) | Err(Trouble::Gone) => Ok(None),
            Err(Trouble::Invalid(why) | Trouble::Denied(why)) => Ok(Some(Written::Refused(why))),
            Err(trouble) => Err(trouble.into()),
        }
    }
}

/// What to do about likenesses that are no contacts we see.
fn unseen(like: &[Likeness]) -> String {
    let names = names(like);
    if like.iter().any(|it| it.kind == "Lead") {
        format!("Salesforce has this person as a lead already ({names}): convert it there")
    } else {
        "Salesforce's duplicate rules find this person there already, and do not show it".to_owned()
    }
}

fn names(like: &[Likeness]) -> String {
    like.iter().take(3).map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ")
}

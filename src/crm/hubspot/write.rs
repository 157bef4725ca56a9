//! What is written to an account.

use super::HubSpot;
use super::answer::{MERGED, Object};
use super::key::KEY;
use super::moving::Followed;
use super::request::{Search, Taken};
use crate::contact::Contact;
use crate::crm::employer::Sought;
use crate::crm::mapping::{Change, Fields, Slot};
use crate::crm::write::SHARED;
use crate::crm::{CrmError, New, Update, Updated, Written};

/// Addresses by which a person is looked for.
const MOST: usize = 5;
/// People of one name that are looked at.
const SAME_NAME: usize = 20;

/// The properties that count what was done with a person: activities, and deals.
const WORK: [&str; 2] = ["num_notes", "num_associated_deals"];

/// HubSpot's name of the kind.
const PEOPLE: &str = "contacts";

/// A record of an earlier try.
struct Ours {
    /// It was made without the addresses.
    is_bare: bool,
}

impl HubSpot {
    /// Makes a record, with the company that the contact belongs to, under the id `new.key`, so that it is
    /// made once. Whoever has the same address, or without one of their own the same name and all else that
    /// is wanted, is there already.
    ///
    /// Where the token may not make the property that holds that id, one that was made
    /// since `planned_at` and has all that is wanted is of a try whose end we did not see; while the search
    /// may not know it, nothing is tried again.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let contact = new.contact;
        let change = self.mapping.create(contact, &self.country).with(new.owner.clone());
        if let Some(lacking) = Written::lacking(&change) {
            return Ok(lacking);
        }
        let keyed = self.api.has_key(PEOPLE).await?;
        if let Some(there) = self.there(new, &change, keyed).await? {
            return self.adopt(&there, new, &change, keyed).await;
        }
        let company = new.account_or(self.account(contact)).await?;
        new.is_asked_for().await?;
        let asked = if keyed {
            self.api.upsert(PEOPLE, new.key, &change.fields()).await
        } else {
            self.api.create(PEOPLE, &change.fields()).await
        };
        match new.answered(asked).await? {
            Taken::Done(made) => self.at_company(&made.id, company, &change).await,
            Taken::Invalid(why) => Ok(Written::Refused(why)),
            Taken::Gone => Err(CrmError::Refused("nothing is at its address; check it".into())),
            Taken::Exists(id) => {
                let there = match id {
                    Some(id) => self.fetch(&id).await?,
                    None => self.known(new, &change).await?,
                };
                match there {
                    Some(there) => self.adopt(&there, new, &change, keyed).await,
                    None => Ok(Written::Refused(
                        "HubSpot has this person already, and does not show it".into(),
                    )),
                }
            }
        }
    }

    /// Lets a record that was made belong to a company.
    async fn at_company(
        &self,
        id: &str,
        company: Sought,
        change: &Change,
    ) -> Result<Written, CrmError> {
        let told = match company {
            Sought::One(company) => match self.api.associate(id, &company.id).await {
                Err(CrmError::Refused(why)) => Some(format!("it is with no company: {why}")),
                done => done.map(|()| None)?,
            },
            Sought::Several => {
                Some("it is with no company: HubSpot has several companies of this name".into())
            }
            Sought::None => None,
        };
        Ok(self.written(id, change).await?.telling(told))
    }

    /// The record that an earlier try has made; [`Written::Conflict`] where it was merged with others, and, without
    /// a key of ours, of one of that time that may be it and is otherwise by now.
    pub async fn made(&self, new: &New<'_>) -> Result<Option<Written>, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        let keyed = self.api.has_key(PEOPLE).await?;
        let there = self.there(new, &change, keyed).await?;
        Ok(there.and_then(|there| {
            let is_ours = self.is_ours(&there, new, keyed).is_some();
            let is_more = there.is_merged() && there.property(KEY) == Some(new.key);
            let may_be_ours = is_more || (!keyed && new.may_be_made(there.created_at()));
            Written::of_try(self.record(&there), is_ours, may_be_ours)
        }))
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        Ok(self.known(new, &change).await?.is_some())
    }

    /// Who is there already: made by an earlier try, or whoever else has the address or the name.
    async fn there(
        &self,
        new: &New<'_>,
        change: &Change,
        keyed: bool,
    ) -> Result<Option<Object>, CrmError> {
        if keyed && new.tried {
            let ours = self.api.get(new.key, Some(KEY), self.properties()).await?;
            if let Some(ours) = ours.filter(|it| !it.archived) {
                return Ok(Some(ours));
            }
        }
        if !keyed && new.lately && new.contact.own_emails().next().is_none() {
            return Err(CrmError::Unseen);
        }
        self.known(new, change).await
    }

    /// Who is there already with one of the contact's own addresses; without any, with its name and
    /// all else that is wanted.
    async fn known(&self, new: &New<'_>, change: &Change) -> Result<Option<Object>, CrmError> {
        let contact = new.contact;
        for email in contact.own_emails().take(MOST) {
            let found = self.api.get(email.as_str(), Some("email"), self.properties()).await?;
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
        let found = self.api.search(&search, self.properties()).await?.results;
        Ok(found.into_iter().find(|object| {
            new.may_be(&object.id) && self.holds(object, &Contact::default(), contact)
        }))
    }

    /// Whether a record has what a change brings, and not what it takes.
    fn holds(&self, object: &Object, before: &Contact, after: &Contact) -> bool {
        self.mapping.change(&object.fields(), before, after, &self.country).edits.is_empty()
    }

    /// Of whom is there already.
    async fn adopt(
        &self,
        there: &Object,
        new: &New<'_>,
        change: &Change,
        keyed: bool,
    ) -> Result<Written, CrmError> {
        let Some(Ours { is_bare }) = self.is_ours(there, new, keyed) else {
            return Ok(Written::Conflict(Some(self.record(there))));
        };
        // The try may have ended before it was at its company.
        let company = new.account_or(self.account(new.contact)).await?;
        let written = self.at_company(&there.id, company, change).await?;
        Ok(written.telling(is_bare.then(|| SHARED.to_owned())))
    }

    /// Whether a record is of an earlier try: under our id, whatever it says by now, or else one of that
    /// time that has what is wanted. What others were merged into is more than what we made.
    fn is_ours(&self, there: &Object, new: &New<'_>, keyed: bool) -> Option<Ours> {
        if there.is_merged() {
            return None;
        }
        let has = |contact: &Contact| self.holds(there, &Contact::default(), contact);
        let has_all = has(new.contact);
        if !keyed {
            let is_ours = has_all && new.may_be_made(there.created_at());
            return is_ours.then_some(Ours { is_bare: false });
        }
        let bare = Contact { emails: Vec::new(), ..new.contact.clone() };
        let is_bare = !has_all && has(&bare);
        (there.property(KEY) == Some(new.key)).then_some(Ours { is_bare })
    }

    /// The properties that are asked of contacts.
    pub(super) fn properties(&self) -> impl Iterator<Item = &str> {
        self.mapping.properties().chain([KEY, MERGED])
    }

    /// Changes a record, if it still has the version. What it was merged into is never changed: nobody has
    /// compared that.
    pub async fn update(&self, update: &Update<'_>) -> Result<Updated, CrmError> {
        let Update { id, version, before, after, .. } = *update;
        let Some(now) = self.fetch(id).await? else { return Ok(Written::Conflict(None).into()) };
        let fields = now.fields();
        let change = self.mapping.change(&fields, before, after, &self.country);
        if change.edits.is_empty() {
            // There already: by our own try whose end we did not see, or by somebody's hand.
            let Followed { told, linked } = if version.is_empty() || now.id != id {
                Followed::default() // it is only looked at
            } else {
                self.follow_employer(&fields, update).await?
            };
            let written = Written::made(self.record(&now), &change).telling(told);
            return Ok(Updated::from(written).linking(linked));
        }
        let said = self.record(&now);
        if said.id != id || said.version != version {
            return Ok(Written::Conflict(Some(said)).into());
        }
        let wanted: Fields = change.fields();
        update.is_asked_for().await?;
        Ok(match update.answered(self.api.patch(id, &wanted).await).await? {
            Taken::Done(_) => {
                let fields = fields.into_iter().chain(wanted).collect();
                let Followed { told, linked } = self.follow_employer(&fields, update).await?;
                let written = self.written(id, &change).await?.telling(told);
                Updated::edited(written, said.contact).linking(linked)
            }
            Taken::Invalid(why) => Written::Refused(why).into(),
            Taken::Gone => Written::Conflict(None).into(),
            Taken::Exists(other) => {
                let other = other.map(|id| format!(" ({id})")).unwrap_or_default();
                let told = format!(
                    "another record{other} has this e-mail address already; merge them in HubSpot"
                );
                Written::Refused(told).into()
            }
        })
    }

    /// The record as it is after a write, unless it was merged with another just then.
    async fn written(&self, id: &str, change: &Change) -> Result<Written, CrmError> {
        Ok(match self.get(id).await? {
            Some(other) if other.id != id => Written::Conflict(Some(other)),
            there => Written::found(there, change),
        })
    }

    /// Removes a record, if it still has the version, no other one was merged with it, and nobody has worked
    /// with it. One that is gone is removed.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        let Some(there) = self.fetch(id).await? else { return Ok(None) };
        let now = self.record(&there);
        if now.id != id || there.is_merged() || now.version != version {
            return Ok(Some(Written::Conflict(Some(now))));
        }
        if self.is_worked_with(id).await? {
            return Ok(Some(Written::worked_with()));
        }
        self.api.archive(id).await?;
        Ok(None)
    }

    /// Whether calls, notes, meetings or the like, or deals, are with a record.
    async fn is_worked_with(&self, id: &str) -> Result<bool, CrmError> {
        let counts = self.api.get(id, None, WORK.into_iter()).await?;
        let count = |object: &Object, name| object.property(name)?.parse::<f64>().ok();
        Ok(counts.is_some_and(|it| WORK.iter().any(|name| count(&it, name) > Some(0.0))))
    }
}

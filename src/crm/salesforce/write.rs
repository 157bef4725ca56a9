//! What is written to an org.

use super::answer::Row;
use super::company::{ACCOUNT_NAME, brought_to, new_at_account, own};
use super::object::{self, Object};
use super::refusal::{Likeness, Trouble};
use super::{Salesforce, is_of_another, soql};
use crate::contact::{Contact, EmailAddress};
use crate::crm::mapping::{Change, Slot};
use crate::crm::{CrmError, New, Record, Update, Updated, Written};

/// Addresses by which a person is looked for.
const MOST: usize = 5;
/// People of one address or name that are looked at.
const SOME: usize = 20;

impl Salesforce {
    /// Makes a record: a contact at the account that it belongs to, or a lead. Salesforce knows no key of
    /// ours: who has the same address, or without one the same name, is looked for first. One that we made
    /// since `planned_at` and that has all that is wanted is of a try whose end we did not see.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let contact = new.contact;
        let change = || self.made_of(self.makes, contact).with(new.owner.clone());
        if let Some(lacking) = Written::lacking(&change()) {
            return Ok(lacking);
        }
        let known = self.known(new).await?;
        // Which fields of leads are shown is known by now.
        let change = change();
        if let Some(written) = self.adopt(known, new, &change).await? {
            return Ok(written);
        }
        if let Some(why) = self.may_hide(new).await? {
            return Ok(Written::Refused(why));
        }
        let (change, company) = if self.has_accounts() {
            let account = new.account_or(self.account(contact)).await?.one();
            let company = account.as_ref().map(|account| account.name.clone());
            (new_at_account(change, account), company)
        } else {
            (change, None)
        };
        let fields = self.makes.sent(change.fields());
        new.is_asked_for_unkeyed().await?;
        let made = self.api.create(self.makes.name, &fields).await;
        if made.as_ref().is_err_and(Trouble::has_made_nothing) {
            new.is_not_made().await?;
        }
        match made {
            Ok(id) => self.just_made(id, &change, (contact, company)).await,
            Err(Trouble::Duplicates(like)) => {
                let known = self.alike(new, &like).await?;
                let written = self.adopt(known, new, &change).await?;
                Ok(written.unwrap_or_else(|| Written::Refused(unseen(new, &like))))
            }
            Err(Trouble::Invalid(why)) => Ok(Written::Refused(why)),
            Err(Trouble::Gone) => Err(CrmError::Refused(format!(
                "the user that the app runs as may not make {}s; give it a permission set that lets it \
                 read, create, edit and delete them",
                self.makes.name.to_lowercase()
            ))),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The record that an earlier try has made, or one that our user has made then and that is otherwise by
    /// now; [`Written::Refused`] where it may be there unseen.
    pub async fn made(&self, new: &New<'_>) -> Result<Option<Written>, CrmError> {
        let known = self.known(new).await?;
        let us = self.api.session(None).await?.told.user;
        let otherwise = known.iter().find(|row| may_be_ours(row, &us, new));
        let otherwise = otherwise.map(|row| self.record(row));
        let change = self.made_of(self.makes, new.contact);
        let adopted = self.adopt(known, new, &change).await?;
        if let Some(made) = adopted.and_then(Written::record) {
            return Ok(Some(Written::Done(made)));
        }
        if otherwise.is_some() {
            return Ok(Some(Written::Conflict(otherwise)));
        }
        Ok(self.may_hide(new).await?.map(Written::Refused))
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        Ok(!self.known(new).await?.is_empty())
    }

    /// The fields of a new record of a kind.
    fn made_of(&self, object: &Object, contact: &Contact) -> Change {
        object.complete(self.mapped(object).create(contact, &self.country))
    }

    /// A new record as it is. Where contacts are private, what another owns may not be seen any more.
    async fn just_made(
        &self,
        id: String,
        change: &Change,
        (contact, company): (&Contact, Option<String>),
    ) -> Result<Written, CrmError> {
        if let Some(row) = self.fetch(&id).await? {
            return Ok(Written::made(self.record(&row), change));
        }
        let mut fields = change.fields();
        fields.extend(company.map(|name| (ACCOUNT_NAME.to_owned(), name)));
        let mapping = self.mapped(self.makes);
        let (version, filled) = (mapping.version(&fields), mapping.filled(&fields));
        let unseen = "the user that the app runs as does not see what it has made; let it view and \
                      modify all contacts";
        let record = Record { id, version, contact: contact.clone(), filled, changed_at: None };
        Ok(Written::made(record, change).telling(Some(unseen.into())))
    }

    /// Who is there already: contacts before leads, the oldest first.
    async fn known(&self, new: &New<'_>) -> Result<Vec<Row>, CrmError> {
        let mut known = Vec::new();
        for object in object::ALL {
            let mut among = self.known_among(object, new).await;
            if self.knows_better(object, &among).await? {
                among = self.known_among(object, new).await;
            }
            known.extend(among?);
        }
        Ok(known)
    }

    /// Who is there already with one of the contact's own addresses; without any, with its name and all
    /// else that is wanted. `info@` and its like are nobody's own.
    async fn known_among(&self, object: &Object, new: &New<'_>) -> Result<Vec<Row>, Trouble> {
        let contact = new.contact;
        let shown = || self.mapped(object).fields.iter().filter(|field| !field.hidden);
        let own: Vec<&EmailAddress> = contact.own_emails().collect();
        let emails = soql::list(own.iter().take(MOST).map(|email| email.as_str()));
        let places = shown().filter(|field| field.holds == Some(Slot::Email));
        let either: Vec<String> =
            places.map(|field| format!("{} IN {emails}", field.property)).collect();
        if !own.is_empty() && !either.is_empty() {
            return self.those(object, new, &either.join(" OR ")).await;
        }
        let fields = self.mapped(object).create(contact, &self.country).fields();
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
        let mut there = self.those(object, new, &both.join(" AND ")).await?;
        there.retain(|row| self.holds(row, contact));
        Ok(there)
    }

    /// Those that the org's duplicate rules named, contacts first, as far as we may see them.
    async fn alike(&self, new: &New<'_>, like: &[Likeness]) -> Result<Vec<Row>, CrmError> {
        let mut rows = Vec::new();
        for object in object::ALL {
            let named = like.iter().filter(|it| it.kind == object.name && soql::is_id(&it.id));
            let ids: Vec<&str> = named.map(|it| it.id.as_str()).collect();
            if !ids.is_empty() {
                let condition = format!("Id IN {}", soql::list(ids.into_iter()));
                let mut those = self.those(object, new, &condition).await;
                if self.knows_better(object, &those).await? {
                    those = self.those(object, new, &condition).await;
                }
                rows.extend(those?);
            }
        }
        Ok(rows)
    }

    /// The records of a condition, but for those who are kept apart.
    async fn those(
        &self,
        object: &Object,
        new: &New<'_>,
        condition: &str,
    ) -> Result<Vec<Row>, Trouble> {
        let oldest = format!(" ORDER BY CreatedDate, Id LIMIT {SOME}");
        let mut there = self.present(object, condition, &oldest).await?.records;
        there.retain(|row| new.may_be(row.id()));
        Ok(there)
    }

    /// Whether a record has all that a new one would have; what its account is called is the
    /// account's.
    fn holds(&self, row: &Row, contact: &Contact) -> bool {
        let empty = Contact::default();
        let mapping = self.mapped(Object::of(row.id()));
        let change = mapping.change(row.fields(), &empty, contact, &self.country);
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
        let is_ours = |row: &&Row| may_be_ours(row, &us, new) && self.holds(row, new.contact);
        Ok(Some(match there.iter().find(is_ours) {
            Some(ours) => Written::made(self.record(ours), change),
            None => Written::Conflict(Some(self.record(oldest))),
        }))
    }

    /// Why nobody can tell whether an earlier try has made a record: it would belong to somebody of whom
    /// the app's user sees none.
    async fn may_hide(&self, new: &New<'_>) -> Result<Option<String>, CrmError> {
        let Some(owner) = new.owner.as_ref().filter(|_| new.tried) else { return Ok(None) };
        if owner.to == self.api.session(None).await?.told.user {
            return Ok(None);
        }
        let owner = soql::quoted(&owner.to);
        let kind = self.makes.name;
        let query = format!("SELECT Id FROM {kind} WHERE OwnerId = {owner} LIMIT 1");
        let sees = !self.api.first(&query).await?.records.is_empty();
        Ok((!sees).then(|| {
            "Salesforce may have made it at a try whose answer was lost, and does not show the app's \
             user what belongs to its owner; look there, and let the user view and modify all contacts"
                .into()
        }))
    }

    /// What is to be said of a record that is not shown; `None`: it is in the recycle bin, or a lead that was
    /// converted to no contact. What is private is not shown to the app's user, as if it were deleted for
    /// good.
    async fn not_shown(&self, id: &str) -> Result<Option<Written>, CrmError> {
        let kind = Object::of(id).name;
        let query = format!("SELECT Id FROM {kind} WHERE Id = {}", soql::quoted(id));
        let is_gone = !soql::is_id(id) || !self.api.first_of_all(&query).await?.records.is_empty();
        Ok((!is_gone).then(|| {
            Written::Refused(
                "Salesforce does not show the record to the app's user any more; unless it was deleted \
                 for good, let the user view and modify all contacts and try again"
                    .into(),
            )
        }))
    }

    /// Changes a record, if it still has the version.
    pub async fn update(&self, update: &Update<'_>) -> Result<Updated, CrmError> {
        let Update { id, version, before, after, way, .. } = *update;
        // Once more if somebody changes, in between, what is none of ours.
        for _ in 0..2 {
            let Some(row) = self.fetch(id).await? else {
                return Ok(self.not_shown(id).await?.unwrap_or(Written::Conflict(None)).into());
            };
            let object = Object::of(row.id());
            let change = self.change_of(object, row.fields(), (before, after), way).await?;
            let linked = brought_to(&change, row.fields(), update);
            let there = self.record(&row);
            if change.edits.is_empty() {
                // There already: by our own try whose end we did not see, or by somebody's hand.
                return Ok(Updated::from(Written::made(there, &change)).linking(linked));
            }
            if there.id != id || there.version != version {
                return Ok(Written::Conflict(Some(there)).into());
            }
            let since = row.last_modified();
            update.is_asked_for().await?;
            let sent = self.api.patch(id, &object.sent(change.fields()), since.as_deref()).await;
            if sent.as_ref().is_err_and(Trouble::has_made_nothing) {
                update.is_not_made().await?;
            }
            let refused = match sent {
                Ok(()) => {
                    let written = self.written(id, &change).await?;
                    return Ok(Updated::edited(written, there.contact).linking(linked));
                }
                Err(Trouble::Changed) => continue,
                Err(Trouble::Gone) => Written::Conflict(None),
                Err(Trouble::Invalid(why) | Trouble::Denied(why)) => Written::Refused(why),
                Err(Trouble::Duplicates(like)) => Written::Refused(format!(
                    "Salesforce's duplicate rules find {} like it; merge them there",
                    names(&like)
                )),
                Err(trouble) => return Err(trouble.into()),
            };
            return Ok(refused.into());
        }
        Err(Trouble::Changed.into())
    }

    /// The record as it is after a write.
    async fn written(&self, id: &str, change: &Change) -> Result<Written, CrmError> {
        Ok(Written::found(self.get(id).await?, change))
    }

    /// Whether another record was merged into one.
    async fn has_taken_in(&self, id: &str) -> Result<bool, CrmError> {
        let (kind, id) = (Object::of(id).name, soql::quoted(id));
        let query = format!("SELECT Id FROM {kind} WHERE MasterRecordId = {id} LIMIT 1");
        Ok(!self.api.first_of_all(&query).await?.records.is_empty())
    }

    /// Removes a record, if it still has the version, no other one was merged into it, and nobody has worked
    /// with it. One that is gone is removed; one that is not shown may be there.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        let Some(now) = self.fetch(id).await? else { return self.not_shown(id).await };
        let now = self.record(&now);
        if now.id != id || now.version != version || self.has_taken_in(id).await? {
            return Ok(Some(Written::Conflict(Some(now))));
        }
        if let Some(why) = self.stays(id).await? {
            return Ok(Some(why));
        }
        match self.api.delete(id).await {
            Ok(()) | Err(Trouble::Gone) => Ok(None),
            Err(Trouble::Invalid(why) | Trouble::Denied(why)) => Ok(Some(Written::Refused(why))),
            Err(trouble) => Err(trouble.into()),
        }
    }
}

/// Whether our user has made a record since a try of ours could.
fn may_be_ours(row: &Row, us: &str, new: &New<'_>) -> bool {
    row.field("CreatedById") == us && new.may_be_made(row.time("CreatedDate"))
}

/// What to do about likenesses that we do not see, or whom a rep keeps apart.
fn unseen(new: &New<'_>, like: &[Likeness]) -> String {
    let names = names(like);
    if like.iter().all(|it| !new.may_be(&it.id)) {
        return format!(
            "Salesforce's duplicate rules take it for the contact that it is kept apart from ({names}); \
             make it there"
        );
    }
    if like.iter().any(|it| it.kind == object::LEAD.name) {
        format!(
            "Salesforce has this person as a lead already ({names}), which the user that the app runs as \
             may not see; give it the right to read and edit leads, or convert it there"
        )
    } else {
        format!(
            "Salesforce's duplicate rules find this person there already ({names}), and do not show it"
        )
    }
}

fn names(like: &[Likeness]) -> String {
    like.iter().take(3).map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ")
}

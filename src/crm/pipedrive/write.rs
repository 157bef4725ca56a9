//! What is written to an account.

use super::answer::Person;
use super::body::body;
use super::layout::Layout;
use super::request::Taken;
use super::{Pipedrive, company};
use crate::contact::Contact;
use crate::crm::employer::{self, Left};
use crate::crm::mapping::{Change, Edit};
use crate::crm::{Account, CrmError, New, Update, Updated, Way, Written};
use serde_json::{Map, Value, json};

const ORGANIZATION: &str = "org_id";
const NO_ORGANIZATION: &str = "Pipedrive has no organization of this name, or several: look there and link the \
                               person to it";
const NO_WAY_BACK: &str = "by the former employer's name Pipedrive has several organizations, or none: the person \
                           stays with its own; move it there";

/// What counts that somebody has worked with a person. Who made it follows it, and deals of its organization are
/// related to it: neither tells anything.
const WORK: [&str; 8] = [
    "activities_count",
    "notes_count",
    "files_count",
    "email_messages_count",
    "open_deals_count",
    "closed_deals_count",
    "participant_open_deals_count",
    "participant_closed_deals_count",
];

/// What a write would be.
pub(super) struct Planned {
    pub(super) change: Change,
    layout: Layout,
    /// The organization that the person is to be linked to; null: to none.
    organization: Option<Value>,
}

impl Pipedrive {
    /// Makes a record, at the organization that the contact belongs to. Pipedrive knows no key of ours
    /// and no duplicates: who is there already is looked for first. One that was made since
    /// `planned_at` and has all that is wanted is of a try whose end we did not see.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let contact = new.contact;
        let mut planned = self.draft_new(contact).await?;
        planned.change = planned.change.with(new.owner.clone());
        if let Some(lacking) = Written::lacking(&planned.change) {
            return Ok(lacking);
        }
        if let Some(there) = self.twin(new).await? {
            let record = self.record(&there).await?;
            return Ok(if self.is_ours(&there, new).await? {
                if there.org_id.is_none() {
                    link(&mut planned.change, None);
                }
                Written::made(record, &planned.change)
            } else {
                Written::Conflict(Some(record))
            });
        }
        link_new(&mut planned, new.account_or(self.account(contact)).await?.one());
        let body = match self.body(&planned, None).await? {
            Ok(body) => body,
            Err(why) => return Ok(Written::Refused(why)),
        };
        new.is_asked_for_unkeyed().await?;
        match new.answered(self.api.create(body).await).await? {
            Taken::Done(made) => Ok(Written::made(self.record(&made).await?, &planned.change)),
            Taken::Invalid(why) => Ok(Written::Refused(why)),
            Taken::Gone => Err(CrmError::Refused("nothing is at its address; check it".into())),
        }
    }

    /// The record that an earlier try has made, or one of that time that is otherwise by now.
    pub async fn made(&self, new: &New<'_>) -> Result<Option<Written>, CrmError> {
        let Some(there) = self.twin(new).await? else { return Ok(None) };
        let is_ours = self.is_ours(&there, new).await?;
        let may_be_ours = new.may_be_made(there.added_at());
        Ok(Written::of_try(self.record(&there).await?, is_ours, may_be_ours))
    }

    /// Whether a person is of a try of ours.
    pub(super) async fn is_ours(&self, there: &Person, new: &New<'_>) -> Result<bool, CrmError> {
        Ok(new.may_be_made(there.added_at()) && self.holds(there, new.contact).await?)
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        Ok(self.twin(new).await?.is_some())
    }

    /// Whether a person has all that a contact brings; which organization theirs is, we decided.
    async fn holds(&self, person: &Person, contact: &Contact) -> Result<bool, CrmError> {
        let layout = self.lay_out(Some(person), None, contact).await?;
        let nothing = Contact::default();
        let change = layout.mapping.change(&layout.fields, &nothing, contact, &self.country);
        Ok(change.edits.iter().all(|edit| edit.property == ORGANIZATION))
    }

    /// What a new record would be.
    pub(super) async fn plan_new(&self, contact: &Contact) -> Result<Planned, CrmError> {
        let mut planned = self.draft_new(contact).await?;
        link_new(&mut planned, self.account(contact).await?.one());
        Ok(planned)
    }

    /// What a new record would be, wherever it belongs.
    async fn draft_new(&self, contact: &Contact) -> Result<Planned, CrmError> {
        let layout = self.lay_out(None, None, contact).await?;
        let change = layout.mapping.create(contact, &self.country);
        Ok(Planned { change, layout, organization: None })
    }

    /// What bringing a person from `before` to `after` would be. An organization is left only if its name leads
    /// back to it.
    pub(super) async fn plan_change(
        &self,
        person: &Person,
        (before, after): (&Contact, &Contact),
        way: Way<'_>,
    ) -> Result<Planned, CrmError> {
        let organization = self.organization(person).await?;
        let layout = self.lay_out(Some(person), organization.as_deref(), after).await?;
        let (mapping, fields) = (&layout.mapping, &layout.fields);
        let is_company = |property: &str| property == ORGANIZATION;
        let both = (before, after);
        let mut change = employer::change(mapping, fields, both, &self.country, is_company);
        let at = change.edits.iter().position(|edit| is_company(&edit.property));
        let Some(at) = at else { return Ok(Planned { change, layout, organization: None }) };
        let edit = change.edits.remove(at);
        let found = match edit.to.as_str() {
            "" => None,
            name => company::named(&self.api, name, after).await?.one(),
        };
        let id = found.as_ref().and_then(id_of);
        let organization = if id.is_none() && !edit.to.is_empty() {
            change.left_out.push(NO_ORGANIZATION.into());
            None
        } else if person.org_id == id {
            None // under another spelling
        } else if !self.can_leave(person, &edit.from, before, way).await? {
            change.left_out.push(NO_WAY_BACK.into());
            None
        } else {
            let to = found.map(|account| account.name).unwrap_or_default();
            change.edits.insert(at, Edit { to, ..edit });
            Some(json!(id))
        };
        Ok(Planned { change, layout, organization })
    }

    /// Whether a person can leave their organization, which is called so.
    async fn can_leave(
        &self,
        person: &Person,
        name: &str,
        before: &Contact,
        way: Way<'_>,
    ) -> Result<bool, CrmError> {
        let Some(id) = person.org_id else { return Ok(true) };
        let named = |name: String| async move { company::named(&self.api, &name, before).await };
        Left { id: &id.to_string(), name }.is_found_back(before, way, named).await
    }

    async fn body(
        &self,
        planned: &Planned,
        person: Option<&Person>,
    ) -> Result<Result<Map<String, Value>, String>, CrmError> {
        let types = self.fields().await?;
        let body = body(&planned.layout, person, &planned.change.edits, types);
        Ok(body.map(|mut body| {
            if let Some(id) = &planned.organization {
                body.insert(ORGANIZATION.into(), id.clone());
            }
            body
        }))
    }

    /// Changes a record, if it still has the version.
    pub async fn update(&self, update: &Update<'_>) -> Result<Updated, CrmError> {
        let Update { id, version, before, after, way, .. } = *update;
        let Some(now) = self.fetch(id).await? else { return Ok(Written::Conflict(None).into()) };
        let planned = self.plan_change(&now, (before, after), way).await?;
        let record = self.record(&now).await?;
        if planned.change.edits.is_empty() {
            // There already: by our own try whose end we did not see, or by somebody's hand.
            return Ok(Written::made(record, &planned.change).into());
        }
        if record.id != id || record.version != version {
            return Ok(Written::Conflict(Some(record)).into());
        }
        let body = match self.body(&planned, Some(&now)).await? {
            Ok(body) => body,
            Err(why) => return Ok(Written::Refused(why).into()),
        };
        update.is_asked_for().await?;
        Ok(match update.answered(self.api.patch(id, body).await).await? {
            Taken::Done(now) => {
                let written = Written::made(self.record(&now).await?, &planned.change);
                Updated::edited(written, record.contact)
            }
            Taken::Invalid(why) => Written::Refused(why).into(),
            Taken::Gone => Written::Conflict(None).into(),
        })
    }

    /// Removes a record, if it still has the version, and nobody has worked with it. One that is gone is removed.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        let Some(now) = self.fetch(id).await? else { return Ok(None) };
        let now = self.record(&now).await?;
        if now.id != id || now.version != version {
            return Ok(Some(Written::Conflict(Some(now))));
        }
        if self.is_worked_with(id).await? {
            return Ok(Some(Written::worked_with()));
        }
        self.api.delete(id).await?;
        Ok(None)
    }

    /// Whether activities, notes, files, mails or deals are with a person.
    async fn is_worked_with(&self, id: &str) -> Result<bool, CrmError> {
        let person = self.api.get_with(id, &WORK).await?;
        Ok(person.is_some_and(|person| WORK.iter().any(|field| person.count(field) > 0)))
    }
}

/// Puts a new person at their organization.
fn link_new(planned: &mut Planned, account: Option<Account>) {
    planned.organization = account.as_ref().and_then(id_of).map(|id| json!(id));
    link(&mut planned.change, account);
}

/// Brings the edit of a new person's organization to what there is at Pipedrive.
fn link(change: &mut Change, account: Option<Account>) {
    let Some(at) = change.edits.iter().position(|edit| edit.property == ORGANIZATION) else {
        return;
    };
    let edit = change.edits.remove(at);
    match account {
        Some(account) => change.edits.insert(at, Edit { to: account.name, ..edit }),
        None => change.left_out.push(NO_ORGANIZATION.into()),
    }
}

fn id_of(account: &Account) -> Option<u64> {
    account.id.parse().ok()
}

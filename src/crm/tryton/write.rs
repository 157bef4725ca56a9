//! What is written to a database.

use super::answer::{Outcome, Party, Stamp};
use super::place::Place;
use super::values::{Referred, values};
use super::{Tryton, company};
use crate::contact::Contact;
use crate::crm::employer::Left;
use crate::crm::mapping::{Change, Edit};
use crate::crm::{CrmError, New, Update, Updated, Way, Written};
use serde_json::{Value, json};

/// Addresses by which a person is looked for.
const MOST: usize = 5;
/// People of one address or name that are looked at.
const SAME: usize = 50;

/// Whether a party is there already.
#[derive(Clone, Copy)]
enum Standing<'a> {
    /// It is to be made.
    New(&'a New<'a>),
    /// It is; and who it says to be before it is changed this way.
    Known(&'a Party, &'a Contact, Way<'a>),
}

const NO_COUNTRY: &str = "Tryton does not know the country; import countries";
const NO_EMPLOYER: &str = "Tryton has no party of the company's name, or several";
const NO_WAY_BACK: &str = "by the former employer's name Tryton has several parties, or none: the person stays with \
                           its own; change that there";

/// What becomes of the employer of a party.
enum Employer {
    /// It is this party, or, if none, nobody any more.
    Is(Option<i64>),
    /// It is that already, under another spelling.
    Stays,
    /// It cannot be changed, and this says why.
    Unknown(&'static str),
}

impl Tryton {
    /// Makes a record. Tryton knows no key of ours: who has the same e-mail address, or without one the
    /// same name, is looked for first. A party that our user has made since `new.planned_at` and that has
    /// all that is wanted is of a try whose end we did not see.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let contact = new.contact;
        let mut change = self.mapping.create(contact, &self.country);
        if let Some(lacking) = Written::lacking(&change) {
            return Ok(lacking);
        }
        if let Some(there) = self.known(new, &change).await? {
            let is_ours = self.is_ours(&there, new).await?;
            let there = self.record(&there);
            return Ok(if is_ours {
                Written::made(there, &change)
            } else {
                Written::Conflict(Some(there))
            });
        }
        let referred = self.refer(&mut change, contact, Standing::New(new)).await?;
        new.is_asked_for_unkeyed().await?;
        let asked = self.api.create(&values(None, &change, &referred)).await;
        let answer = match new.answered(asked).await? {
            Outcome::Result(answer) => answer,
            outcome => return refused(outcome),
        };
        let id = answer.pointer("/0").and_then(Value::as_i64).unwrap_or_default();
        self.written(id, &change).await
    }

    /// The record that an earlier try has made, or one that our user has made then and that is otherwise by
    /// now.
    pub async fn made(&self, new: &New<'_>) -> Result<Option<Written>, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        let Some(there) = self.known(new, &change).await? else { return Ok(None) };
        let may_be_ours = self.may_be_ours(&there, new).await?;
        let is_ours = may_be_ours && self.holds(&there, new.contact);
        Ok(Written::of_try(self.record(&there), is_ours, may_be_ours))
    }

    /// Whether a party is of a try of ours.
    async fn is_ours(&self, there: &Party, new: &New<'_>) -> Result<bool, CrmError> {
        Ok(self.may_be_ours(there, new).await? && self.holds(there, new.contact))
    }

    /// Whether our user has made a party since a try of ours could.
    async fn may_be_ours(&self, there: &Party, new: &New<'_>) -> Result<bool, CrmError> {
        let us = self.api.user().await?;
        let made = there.create_date.and_then(Stamp::millis);
        Ok(there.create_uid == Some(us) && new.may_be_made(made))
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        let change = self.mapping.create(new.contact, &self.country);
        Ok(self.known(new, &change).await?.is_some())
    }

    /// Who is there already with one of the contact's own addresses; without any, with its name and all
    /// else that is wanted.
    async fn known(&self, new: &New<'_>, change: &Change) -> Result<Option<Party>, CrmError> {
        let contact = new.contact;
        for email in contact.own_emails().take(MOST) {
            let email = email.as_str();
            // An underscore stands for any letter here: it is compared below.
            let has = json!([["type", "=", "email"], ["value", "ilike", email]]);
            let mut found = self.parties(json!([["contact_mechanisms", "where", has]])).await?;
            found.retain(|party| {
                if !new.may_be(&party.id.to_string()) {
                    return false;
                }
                let values = party.mechanisms.iter().filter_map(|it| it.value.as_deref());
                values.into_iter().any(|value| value.eq_ignore_ascii_case(email))
            });
            if let Some(found) = found.into_iter().next() {
                return Ok(Some(found));
            }
        }
        let name = change.edits.iter().find(|edit| edit.property == "name");
        let Some(name) = name.filter(|_| contact.own_emails().next().is_none()) else {
            return Ok(None);
        };
        let found = self.parties(json!([["name", "=", name.to]])).await?;
        Ok(found
            .into_iter()
            .find(|party| new.may_be(&party.id.to_string()) && self.holds(party, contact)))
    }

    async fn parties(&self, domain: Value) -> Result<Vec<Party>, CrmError> {
        let mut found = self.api.parties(&self.mapping, domain, SAME).await?;
        found.retain(|party| party.active);
        self.employ(&mut found).await?;
        Ok(found)
    }

    /// Whether a party has all that a new record would have, but for what the database may not know or
    /// call otherwise.
    fn holds(&self, party: &Party, contact: &Contact) -> bool {
        let fields = party.fields(&self.mapping);
        let change = self.mapping.change(&fields, &Contact::default(), contact, &self.country);
        change.edits.iter().all(|edit| {
            matches!(Place::of(&edit.property), Place::Employer(_) | Place::Address("country"))
        })
    }

    /// Finds the rows that a change to a contact refers to. What the database does not know is left out
    /// of the change, with a sentence.
    async fn refer(
        &self,
        change: &mut Change,
        contact: &Contact,
        standing: Standing<'_>,
    ) -> Result<Referred, CrmError> {
        let mut referred = Referred::default();
        let edits = std::mem::take(&mut change.edits);
        for edit in edits {
            let unknown = match Place::of(&edit.property) {
                Place::Address("country") if !edit.to.is_empty() => {
                    referred.country = self.api.country(&edit.to).await?;
                    referred.country.is_none().then_some(NO_COUNTRY)
                }
                Place::Employer(kind) => {
                    match self.employer(kind, &edit, contact, standing).await? {
                        Employer::Is(employer) => {
                            referred.employer = employer;
                            None
                        }
                        Employer::Stays => continue,
                        Employer::Unknown(why) => Some(why),
                    }
                }
                Place::Own | Place::Mechanism { .. } | Place::Address(_) | Place::Further(_) => {
                    None
                }
            };
            match unknown {
                Some(why) => change.left_out.push(why.to_owned()),
                None => change.edits.push(edit),
            }
        }
        Ok(referred)
    }

    /// What an edit makes of the employer to whom relations of a kind lead. One is left only if its name leads back
    /// to it.
    async fn employer(
        &self,
        kind: i64,
        edit: &Edit,
        contact: &Contact,
        standing: Standing<'_>,
    ) -> Result<Employer, CrmError> {
        let found = match standing {
            _ if edit.to.is_empty() => None,
            Standing::New(new) => new.account_or(self.account(contact)).await?.one(),
            Standing::Known(..) => company::named(&self.api, &edit.to, contact).await?.one(),
        };
        let id = found.and_then(|it| it.id.parse().ok());
        if id.is_none() && !edit.to.is_empty() {
            return Ok(Employer::Unknown(NO_EMPLOYER));
        }
        if let Standing::Known(party, before, way) = standing {
            let mut theirs = party.employers.iter().filter(|it| it.kind == kind);
            if theirs.clone().any(|it| Some(it.to) == id) {
                return Ok(Employer::Stays);
            }
            if let Some(there) = theirs.next() {
                let (left, name) = (there.to.to_string(), edit.from.as_str());
                let named =
                    |name: String| async move { company::named(&self.api, &name, before).await };
                if !(Left { id: &left, name }).is_found_back(before, way, named).await? {
                    return Ok(Employer::Unknown(NO_WAY_BACK));
                }
            }
        }
        Ok(Employer::Is(id))
    }

    /// Changes a record, if it still has the version.
    pub async fn update(&self, update: &Update<'_>) -> Result<Updated, CrmError> {
        let Update { id, version, before, after, way, .. } = *update;
        let Some(party) = self.fetch(id).await? else { return Ok(Written::Conflict(None).into()) };
        let (fields, now) = (party.fields(&self.mapping), self.record(&party));
        let mut change = self.change(&fields, before, after);
        let standing = Standing::Known(&party, before, way);
        let referred = self.refer(&mut change, after, standing).await?;
        if change.edits.is_empty() {
            // There already: by our own try whose end we did not see, or by somebody's hand.
            return Ok(Written::made(now, &change).into());
        }
        if now.id != id || now.version != version {
            return Ok(Written::Conflict(Some(now)).into());
        }
        let wanted = values(Some(&party), &change, &referred);
        update.is_asked_for().await?;
        let asked = self.api.write(party.id, &party.timestamps(), &wanted).await;
        Ok(match update.answered(asked).await? {
            Outcome::Result(_) => {
                Updated::edited(self.written(party.id, &change).await?, now.contact)
            }
            Outcome::Changed => Written::Conflict(self.get(id).await?).into(),
            outcome => refused(outcome)?.into(),
        })
    }

    /// The record as it is after a write.
    async fn written(&self, id: i64, change: &Change) -> Result<Written, CrmError> {
        Ok(Written::found(self.get(&id.to_string()).await?, change))
    }

    /// Whether another party was merged into one.
    async fn has_taken_in(&self, id: i64) -> Result<bool, CrmError> {
        let merged = json!([["replaced_by", "=", id]]);
        Ok(!self.api.parties(&self.mapping, merged, 1).await?.is_empty())
    }

    /// Removes a record, if it still has the version and no other one was merged into it. One that is gone is
    /// removed.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        let Some(party) = self.fetch(id).await? else { return Ok(None) };
        let now = self.record(&party);
        if now.id != id || now.version != version || self.has_taken_in(party.id).await? {
            return Ok(Some(Written::Conflict(Some(now))));
        }
        match self.api.delete(party.id, &party.timestamps()).await? {
            Outcome::Result(_) | Outcome::Missing => Ok(None),
            Outcome::Changed => Ok(self.get(id).await?.map(|now| Written::Conflict(Some(now)))),
            Outcome::Against | Outcome::Doubt => Ok(Some(Written::Refused(
                "Tryton does not let the party be removed, since it is in use; deactivate it there"
                    .into(),
            ))),
            outcome => refused(outcome).map(Some),
        }
    }
}

/// What a refusal is for the write; its words stay in Tryton.
fn refused(outcome: Outcome) -> Result<Written, CrmError> {
    match outcome {
        Outcome::Missing => Ok(Written::Conflict(None)),
        Outcome::Against => Ok(Written::Refused(
            "Tryton does not take these values: an invalid number or address, or a rule of the \
             database; look at the mapping and the user's rights"
                .into(),
        )),
        Outcome::Doubt => Ok(Written::Refused(
            "Tryton asks a person to confirm this; write it there by hand".into(),
        )),
        outcome => outcome.result().map(|_| Written::Conflict(None)),
    }
}

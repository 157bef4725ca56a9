//! Whoever has changed their employer leaves one company of the account and comes to another.

use super::HubSpot;
use super::association::Linked;
use super::company;
use crate::contact::Contact;
use crate::crm::mapping::{Fields, Slot};
use crate::crm::{CrmError, Update, Way};
use crate::matching::fold::fold_company;
use std::collections::{BTreeMap, BTreeSet};

/// What a change says of the employer.
#[derive(Debug, PartialEq, Eq)]
struct Move {
    /// What the employers are called, folded, who are it no more.
    from: BTreeSet<String>,
    /// What the employer is called who is it now; `None`: nobody is.
    to: Option<String>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// What could not be done, as a sentence.
    pub(super) told: Option<String>,
    /// The id of the company that the contact is with now, and was not before; empty: there is none.
    pub(super) linked: String,
}

impl Followed {
    fn telling(told: &str) -> Self {
        Self { told: Some(told.to_owned()), linked: String::new() }
    }
}

impl HubSpot {
    /// Moves a contact, whose fields are as given now, to the company of its employer, if that is another
    /// than before. Taken back, it leaves the company to which that had brought it. Moving it again changes
    /// nothing.
    pub(super) async fn follow_employer(
        &self,
        fields: &Fields,
        update: &Update<'_>,
    ) -> Result<Followed, CrmError> {
        let wanted = self.employer_moves(fields, update.before, update.after);
        let moved = match (wanted, update.way) {
            (None, Way::Back { linked: Some(linked) }) if !linked.is_empty() => {
                let nowhere = Move { from: BTreeSet::new(), to: None };
                self.move_to(&nowhere, update).await
            }
            (None, _) => return Ok(Followed::default()),
            (Some(wanted), _) => self.move_to(&wanted, update).await,
        };
        match moved {
            Err(CrmError::Refused(why)) => Ok(Followed::telling(&format!(
                "the contact's company in HubSpot is as it was: {why}"
            ))),
            moved => moved,
        }
    }

    /// The move that a change is, if it is one: the property that holds the employer has one now that was
    /// none before, or has none any more.
    fn employer_moves(&self, fields: &Fields, before: &Contact, after: &Contact) -> Option<Move> {
        let mut places = self.mapping.fields.iter();
        let place = places.find(|it| !it.hidden && it.holds == Some(Slot::Organization))?;
        let text = fields.get(&place.property).map_or("", String::as_str);
        let names = |of: &Contact| -> BTreeSet<String> {
            let names = of.organizations.iter().map(|name| fold_company(&name.value));
            names.filter(|name| !name.is_empty()).collect()
        };
        let (old, new) = (names(before), names(after));
        let folded = fold_company(text);
        let comes = new.contains(&folded) && !old.contains(&folded);
        let goes = text.is_empty() && new.is_empty() && !old.is_empty();
        let from = old.difference(&new).cloned().collect();
        (comes || goes).then(|| Move { from, to: comes.then(|| text.to_owned()) })
    }

    async fn move_to(&self, wanted: &Move, update: &Update<'_>) -> Result<Followed, CrmError> {
        let Update { id, before, after, way, .. } = *update;
        let linked = self.api.companies_of(id).await?;
        let companies = self.api.companies(&linked).await?;
        let called: BTreeMap<&str, String> = companies
            .iter()
            .map(|it| (it.id.as_str(), fold_company(it.property("name").unwrap_or_default())))
            .collect();
        let name_of = |it: &Linked| called.get(it.id.as_str()).map_or("", String::as_str);
        let target = match &wanted.to {
            Some(name) => {
                let folded = fold_company(name);
                let there = linked.iter().filter(|it| name_of(it) == folded);
                let there = there.max_by_key(|it| it.is_primary).map(|it| it.id.clone());
                let found = match there {
                    Some(there) => Some(there),
                    None => company::of_employer(&self.api, &self.employers, name, after)
                        .await?
                        .map(|it| it.id),
                };
                if found.is_none() {
                    return Ok(Followed::telling(
                        "HubSpot has no company of this employer, or several: the contact's company \
                         there is as it was",
                    ));
                }
                found
            }
            None => None,
        };
        if let Some(to) = &target
            && !linked.iter().any(|it| it.id == *to && it.is_primary)
        {
            // Of hers it only becomes the first one: there is nothing to be taken back.
            let is_new = linked.iter().all(|it| it.id != *to);
            if is_new {
                update.is_to_link(to).await?;
            }
            let done = self.api.associate(id, to).await;
            if is_new { update.is_linked(done).await? } else { done? }
        }
        let mut followed = Followed::default();
        for left in &linked {
            let is_left = match way {
                Way::Back { linked: Some(linked) } => left.id == linked,
                _ => wanted.from.contains(name_of(left)),
            };
            if !is_left || left.is_labelled || target.as_ref() == Some(&left.id) {
                continue; // what a human has said of them stays
            }
            let is_ours = matches!(way, Way::Back { linked: Some(_) });
            if is_ours || self.finds_back(&left.id, before).await? {
                self.api.dissociate(id, &left.id).await?;
            } else {
                followed = Followed::telling(
                    "HubSpot has several companies of the former employer's name: the contact stays \
                     linked to its own beside the new one",
                );
            }
        }
        // HubSpot links people to companies by itself, but to no new employer beside the former one: where
        // somebody has come from there, an earlier try has brought them.
        let may_be_of_try = matches!(way, Way::Forth { tried: Some(_) }) && !wanted.from.is_empty();
        let is_new = |company: &String| linked.iter().all(|it| it.id != *company);
        let is_ours = |it: &String| may_be_of_try || is_new(it) || update.was_to_link(it);
        followed.linked = target.filter(is_ours).unwrap_or_default();
        Ok(followed)
    }

    /// Whether taking the move back would lead to this company.
    async fn finds_back(&self, company: &str, before: &Contact) -> Result<bool, CrmError> {
        for name in &before.organizations {
            let found =
                company::of_employer(&self.api, &self.employers, &name.value, before).await?;
            if found.is_some_and(|found| found.id == company) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

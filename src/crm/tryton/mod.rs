//! A database of Tryton as the CRM: parties with their contact mechanisms and addresses, by JSON-RPC
//! (<https://docs.tryton.org/latest/server/topics/backend_types.html> names the models,
//! `trytond/protocols/dispatcher.py` the protocol).
//!
//! Tryton locks optimistically: a write names the time of change (`_timestamp`) of every row that it was
//! made for, and is refused with a `ConcurrencyException` if one of them has changed. A record's
//! version is made of these times.
//!
//! A party is flattened into named fields for the [mapping](super::mapping): see `place.rs`.

mod answer;
mod changes;
mod company;
mod place;
mod position;
mod request;
mod values;
mod write;

use super::employer::{self, Employers, Sought};
use super::http::Http;
use super::mapping::{Change, Fields, Mapping};
use super::{CrmError, Record};
use crate::contact::Contact;
use answer::Party;
use place::Place;
use request::Api;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt;
use url::Url;
use zeroize::Zeroizing;

/// So many merges are followed from one party to the next.
const MERGES: usize = 5;

/// One database.
pub struct Tryton {
    api: Api,
    mapping: Mapping,
    country: String,
    employers: Employers,
}

impl fmt::Debug for Tryton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tryton").finish_non_exhaustive()
    }
}

impl Tryton {
    /// The database at `url` (`https://tryton.your-company.example/DATABASE/`), as a user of it.
    /// `country` (ISO 3166) is that of numbers without a prefix.
    pub fn new(
        http: Http,
        url: Url,
        username: &str,
        password: Zeroizing<String>,
        mapping: Mapping,
        country: &str,
    ) -> Self {
        let api = Api::new(http, url, username.to_owned(), password);
        let (employers, country) = (Employers::default(), country.to_owned());
        Self { api, mapping, country, employers }
    }

    /// The same, which knows which domains name an employer.
    #[must_use]
    pub(super) fn knowing(self, employers: Employers) -> Self {
        Self { employers, ..self }
    }

    /// Whether the user may do what is needed.
    pub async fn check(&self) -> Result<(), CrmError> {
        self.api.rights().await?.lacking().map_or(Ok(()), |lacks| Err(CrmError::Refused(lacks)))
    }

    /// The record with this id, if it is there; of one that was merged into another, that one.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        Ok(self.fetch(id).await?.map(|party| self.record(&party)))
    }

    async fn fetch(&self, id: &str) -> Result<Option<Party>, CrmError> {
        let Ok(mut id) = id.parse::<i64>() else { return Ok(None) };
        for _ in 0..MERGES {
            let mut found = self.api.parties(&self.mapping, json!([["id", "=", id]]), 1).await?;
            found.retain(|party| party.id == id);
            if let Some(other) = found.first().and_then(Party::became) {
                id = other;
                continue;
            }
            self.employ(&mut found).await?;
            // One that was put away is there no more.
            return Ok(found.pop().filter(|party| party.active));
        }
        Ok(None)
    }

    fn record(&self, party: &Party) -> Record {
        let fields = party.fields(&self.mapping);
        let version = party.version(&self.mapping.version(&fields));
        let contact = self.mapping.read(&fields, &self.country);
        let filled = self.mapping.filled(&fields);
        let changed_at = party.changed_at();
        Record { id: party.id.to_string(), version, contact, filled, changed_at }
    }

    /// The party that a contact works for, if a field of the mapping holds the employer.
    pub async fn account(&self, contact: &Contact) -> Result<Sought, CrmError> {
        let types = self.employments();
        if types.is_empty() {
            return Ok(Sought::None);
        }
        company::find(&self.api, &types, &self.employers, contact).await
    }

    /// The fields of a mapping that parties have not, or that hold no text.
    pub async fn unknown_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        let known = self.api.texts().await?;
        let types: BTreeSet<i64> = mapping.properties().filter_map(Place::employment).collect();
        let there = self.api.relation_types(&types).await?;
        let unknown = mapping.mapped().filter(|name| match Place::of(name) {
            Place::Own => !known.contains(*name),
            Place::Further(_) => true,
            Place::Employer(kind) => !there.contains(&kind),
            Place::Mechanism { .. } | Place::Address(_) => false,
        });
        Ok(unknown.map(str::to_owned).collect())
    }

    /// What a write would do.
    pub async fn preview(
        &self,
        id: Option<&str>,
        before: &Contact,
        after: &Contact,
    ) -> Result<Change, CrmError> {
        let Some(id) = id else { return Ok(self.mapping.create(after, &self.country)) };
        let now = self.fetch(id).await?;
        let now = now.map_or_else(Fields::new, |party| party.fields(&self.mapping));
        Ok(self.change(&now, before, after))
    }

    /// The fields that bring a party with the fields `now` from `before` to `after`.
    fn change(&self, now: &Fields, before: &Contact, after: &Contact) -> Change {
        let is_company = |property: &str| Place::employment(property).is_some();
        employer::change(&self.mapping, now, (before, after), &self.country, is_company)
    }

    /// Whether a field of the mapping holds the employer.
    pub(super) fn knows_employers(&self) -> bool {
        !self.employments().is_empty()
    }

    /// The kinds of relation that lead to an employer.
    fn employments(&self) -> BTreeSet<i64> {
        self.mapping.properties().filter_map(Place::employment).collect()
    }

    /// Adds to the parties whom they work for.
    async fn employ(&self, parties: &mut [Party]) -> Result<(), CrmError> {
        let types = self.employments();
        if !types.is_empty() && !parties.is_empty() {
            let ids = parties.iter().map(|party| party.id).collect::<Vec<_>>();
            let relations = self.api.relations("from_", &ids, &types).await?;
            for party in parties {
                let theirs = relations.iter().filter(|relation| relation.from == party.id);
                party.employers = theirs.cloned().collect();
            }
        }
        Ok(())
    }
}

//! A company's account at Pipedrive as the CRM: persons and organizations of its API v2
//! (<https://developers.pipedrive.com/docs/api/v1/Persons>).
//!
//! Pipedrive has no `ETag`. A record's version is made of what is mapped of it; it is read and compared
//! right before it is written. A person has several addresses and numbers, each with a label: one that
//! is added takes no other's place.

mod answer;
mod body;
mod changes;
mod company;
mod layout;
mod merged;
mod request;
mod twin;
mod write;

use super::employer::{Employers, Sought};
use super::http::Http;
use super::mapping::{Change, Mapping};
use super::{CrmError, Owner, Pass, Record, Way};
use crate::contact::Contact;
use answer::Person;
use layout::{Layout, lay_out, list_of};
use request::Api;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use tokio::sync::OnceCell;
use url::Url;

/// Whether a field of the mapping names entries of a list, which always takes one more.
pub(super) fn is_list(property: &str) -> bool {
    list_of(property).is_some()
}

/// Names of organizations that are kept in mind while an account is read.
const MANY: usize = 20_000;
/// Fields that every account can have, but not every account has: those of contact sync.
const OPTIONAL: [&str; 2] = ["job_title", "postal_address"];

/// One account.
pub struct Pipedrive {
    api: Api,
    mapping: Mapping,
    country: String,
    employers: Employers,
    /// The fields that persons have, with their types.
    fields: OnceCell<BTreeMap<String, String>>,
    /// What organizations are called.
    names: Mutex<BTreeMap<u64, String>>,
}

impl fmt::Debug for Pipedrive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipedrive").finish_non_exhaustive()
    }
}

impl Pipedrive {
    /// Where Pipedrive's API is, for every company.
    pub const URL: &str = "https://api.pipedrive.com/";

    /// The account that `pass` opens. `country` (ISO 3166) is that of numbers without a prefix.
    pub fn new(http: Http, url: Url, pass: Pass, mapping: Mapping, country: &str) -> Self {
        Self {
            api: Api::new(http, url, pass),
            mapping,
            country: country.to_owned(),
            employers: Employers::default(),
            fields: OnceCell::new(),
            names: Mutex::default(),
        }
    }

    /// The same, which knows which domains name an employer.
    #[must_use]
    pub(super) fn knowing(self, employers: Employers) -> Self {
        Self { employers, ..self }
    }

    /// Whether the token opens what is needed; answers the company's number and name. Pipedrive tells whether
    /// its user may add persons; whether they may change those of others, no write is made to find out.
    pub async fn check(&self) -> Result<(String, String), CrmError> {
        let me = self.api.me().await?;
        self.api.list(None, None, 1).await?;
        self.api.fields().await?;
        let may = self.api.permissions(me.id).await?;
        if may.is_some_and(|may| may.can_add_people == Some(false)) {
            return Err(CrmError::Refused(
                "the token's user may not add people; give them the permission in Pipedrive".into(),
            ));
        }
        Ok((me.company_id.to_string(), me.company_name))
    }

    /// The record with this id, if it is there. Of one that was merged into another Pipedrive's documents do
    /// not say what it answers: if that is the other, it is that one.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        match self.fetch(id).await? {
            Some(person) => self.record(&person).await.map(Some),
            None => Ok(None),
        }
    }

    async fn fetch(&self, id: &str) -> Result<Option<Person>, CrmError> {
        let person = self.api.get(id).await?;
        Ok(person.filter(|person| !person.is_deleted))
    }

    async fn record(&self, person: &Person) -> Result<Record, CrmError> {
        let organization = self.organization(person).await?;
        Ok(self.read(person, organization.as_deref()))
    }

    async fn records(&self, persons: &[Person]) -> Result<Vec<Record>, CrmError> {
        let names = self.names_of(persons).await?;
        let name = |person: &Person| names.get(&person.org_id?).map(String::as_str);
        Ok(persons.iter().map(|person| self.read(person, name(person))).collect())
    }

    fn read(&self, person: &Person, organization: Option<&str>) -> Record {
        let Layout { mapping, fields, .. } =
            lay_out(&self.mapping, Some(person), organization, &Contact::default());
        let version = mapping.version(&fields);
        let mut contact = mapping.read(&fields, &self.country);
        if let Some(name) = contact.name.as_mut().map(|name| &mut name.value)
            && name.given.is_none()
            && name.family.is_none()
        {
            name.given = person.text("first_name");
            name.family = person.text("last_name");
        }
        let filled = mapping.filled(&fields);
        let changed_at = person.updated_at();
        Record { id: person.id.to_string(), version, contact, filled, changed_at }
    }

    /// What the person's organization is called.
    async fn organization(&self, person: &Person) -> Result<Option<String>, CrmError> {
        let mut names = self.names_of(std::slice::from_ref(person)).await?;
        Ok(person.org_id.and_then(|id| names.remove(&id)))
    }

    /// What the organizations of these persons are called.
    async fn names_of(&self, persons: &[Person]) -> Result<BTreeMap<u64, String>, CrmError> {
        let ids: BTreeSet<u64> = persons.iter().filter_map(|person| person.org_id).collect();
        let mut known: BTreeMap<u64, String> = {
            let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            ids.iter().filter_map(|id| Some((*id, names.get(id)?.clone()))).collect()
        };
        let unknown: Vec<u64> = ids.into_iter().filter(|id| !known.contains_key(id)).collect();
        let found = self.api.organizations(&unknown).await?;
        known.extend(found.into_iter().map(|it| (it.id, it.name)));
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() > MANY {
            names.clear();
        }
        names.extend(known.iter().map(|(id, name)| (*id, name.clone())));
        Ok(known)
    }

    /// The organization that a contact belongs to: by the domain of its address, then by name.
    pub async fn account(&self, contact: &Contact) -> Result<Sought, CrmError> {
        company::find(&self.api, &self.employers, contact).await
    }

    /// Who can own records.
    pub async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        self.api.users().await
    }

    /// The fields that persons have, with their types; asked for once.
    async fn fields(&self) -> Result<&BTreeMap<String, String>, CrmError> {
        self.fields.get_or_try_init(|| self.api.fields()).await
    }

    /// The fields of a mapping that persons have not.
    pub async fn unknown_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        let known = self.fields().await?;
        let is_known = |name: &str| {
            let code = name.split_once('.').map_or(name, |(code, _)| code);
            list_of(name).is_some() || OPTIONAL.contains(&code) || known.contains_key(name)
        };
        Ok(mapping.mapped().filter(|name| !is_known(name)).map(str::to_owned).collect())
    }

    /// A person laid out for a write: what the account has no field for is hidden.
    async fn lay_out(
        &self,
        person: Option<&Person>,
        organization: Option<&str>,
        room: &Contact,
    ) -> Result<Layout, CrmError> {
        let known = self.fields().await?;
        let mut mapping = self.mapping.clone();
        mapping.hide(|field| {
            let code = field.split_once('.').map_or(field, |(code, _)| code);
            OPTIONAL.contains(&code) && !known.contains_key(code)
        });
        Ok(lay_out(&mapping, person, organization, room))
    }

    /// What a write would do.
    pub async fn preview(
        &self,
        id: Option<&str>,
        before: &Contact,
        after: &Contact,
    ) -> Result<Change, CrmError> {
        let person = match id {
            Some(id) => self.fetch(id).await?,
            None => None,
        };
        let planned = match &person {
            Some(person) => {
                self.plan_change(person, (before, after), Way::Forth { tried: None }).await?
            }
            None => self.plan_new(after).await?,
        };
        Ok(planned.change)
    }
}

//! An account at HubSpot as the CRM: contacts and companies of its CRM API v3
//! (<https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide>).
//!
//! HubSpot has no `ETag`, and its time of change moves with every view of a web page. A record's
//! version is therefore made of what is mapped of it; it is read and compared right before it is
//! written, and read again afterwards.

mod answer;
mod association;
mod changes;
mod company;
mod key;
mod moving;
mod request;
mod write;

use super::employer::{Employers, Sought};
use super::http::Http;
use super::mapping::{Change, Fields, Mapping};
use super::{CrmError, Owner, Pass, Record};
use crate::contact::Contact;
use answer::{Object, lacking};
use request::Api;
use std::fmt;
use url::Url;

/// The scope without which no contact is made or changed.
const WRITING: &str = "crm.objects.contacts.write";

/// One account.
pub struct HubSpot {
    api: Api,
    mapping: Mapping,
    country: String,
    employers: Employers,
}

impl fmt::Debug for HubSpot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubSpot").finish_non_exhaustive()
    }
}

impl HubSpot {
    /// Where HubSpot's API is, for accounts in all regions.
    pub const URL: &str = "https://api.hubapi.com/";

    /// The account that `pass` opens. `country` (ISO 3166) is that of numbers without a prefix.
    pub fn new(http: Http, url: Url, pass: Pass, mapping: Mapping, country: &str) -> Self {
        let (employers, country) = (Employers::default(), country.to_owned());
        Self { api: Api::new(http, url, pass), mapping, country, employers }
    }

    /// The same, which knows which domains name an employer.
    #[must_use]
    pub(super) fn knowing(self, employers: Employers) -> Self {
        Self { employers, ..self }
    }

    /// Whether the token opens what is needed; answers the account's number. Whether it may write is read off
    /// its scopes; a consent has those that were asked for, or is not given.
    pub async fn check(&self) -> Result<String, CrmError> {
        let account = self.api.account().await?;
        self.api.list("contacts", None, 1, ["email"].into_iter()).await?;
        self.api.list("companies", None, 1, ["domain"].into_iter()).await?;
        let scopes = self.api.scopes().await?;
        if scopes.is_some_and(|scopes| scopes.iter().all(|scope| scope != WRITING)) {
            return Err(lacking(WRITING));
        }
        Ok(account)
    }

    /// The record with this id, if it is there; of one that was merged with others, what they have become,
    /// which has an id of its own.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        Ok(self.fetch(id).await?.map(|object| self.record(&object)))
    }

    async fn fetch(&self, id: &str) -> Result<Option<Object>, CrmError> {
        let object = self.api.get(id, None, self.properties()).await?;
        Ok(object.filter(|object| !object.archived))
    }

    fn record(&self, object: &Object) -> Record {
        let (id, fields) = (object.id.clone(), object.fields());
        let version = self.mapping.version(&fields);
        let contact = self.mapping.read(&fields, &self.country);
        let (filled, changed_at) = (self.mapping.filled(&fields), object.updated_at());
        Record { id, version, contact, filled, changed_at }
    }

    /// The company that a contact belongs to: by the domain of its address, then by name.
    pub async fn account(&self, contact: &Contact) -> Result<Sought, CrmError> {
        company::find(&self.api, &self.employers, contact).await
    }

    /// Who can own records.
    pub async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        self.api.owners().await
    }

    /// The fields of a mapping that contacts have not.
    pub async fn unknown_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        let known = self.api.properties().await?;
        let missing = mapping.mapped().filter(|name| !known.contains_key(*name));
        Ok(missing.map(str::to_owned).collect())
    }

    /// The fields of a mapping whose values are HubSpot's own.
    pub async fn read_only_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        let known = self.api.properties().await?;
        let fixed = mapping.mapped().filter(|name| known.get(*name) == Some(&true));
        Ok(fixed.map(str::to_owned).collect())
    }

    /// What a write would do.
    pub async fn preview(
        &self,
        id: Option<&str>,
        before: &Contact,
        after: &Contact,
    ) -> Result<Change, CrmError> {
        let Some(id) = id else { return Ok(self.mapping.create(after, &self.country)) };
        let now = self.fetch(id).await?.map_or_else(Fields::new, Object::into_fields);
        Ok(self.mapping.change(&now, before, after, &self.country))
    }
}

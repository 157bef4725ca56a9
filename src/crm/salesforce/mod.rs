//! An org at Salesforce as the CRM: contacts and accounts by the REST API
//! (<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest.htm>).
//!
//! What is read is asked for in SOQL, which answers with the name of the account in place. Contacts
//! have no `ETag`, but a write can say `If-Unmodified-Since`, which tells one second from the next.
//! `SystemModstamp` moves with what is not ours, so a record's version is made of what is mapped of it.

mod answer;
mod changes;
mod company;
mod meaning;
mod people;
mod refusal;
mod request;
mod sign_in;
mod soql;
mod write;

pub(super) use sign_in::Org;

use super::http::Http;
use super::mapping::{Change, Fields, Mapping};
use super::{CrmError, Record};
use crate::contact::Contact;
use answer::Row;
use company::new_at_account;
use refusal::Trouble;
use request::Api;
use std::fmt;
use url::Url;
use zeroize::Zeroizing;

/// What is asked for of a contact beside what is mapped.
const ALWAYS: [&str; 7] = [
    "Id",
    "IsDeleted",
    "AccountId",
    "CreatedById",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
];

/// An app that an org lets in: a connected app, or an external client app.
pub struct App {
    /// The org's My Domain.
    pub url: Url,
    /// Its consumer key.
    pub key: String,
    /// Its consumer secret.
    pub secret: Zeroizing<String>,
}

/// One org.
pub struct Salesforce {
    api: Api,
    mapping: Mapping,
    country: String,
}

impl fmt::Debug for Salesforce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Salesforce").finish_non_exhaustive()
    }
}

impl Salesforce {
    /// The org that lets `app` in. `country` (ISO 3166) is that of numbers without a prefix.
    pub fn new(http: Http, app: App, mapping: Mapping, country: &str) -> Self {
        Self { api: Api::new(http, app), mapping, country: country.to_owned() }
    }

    /// Whether the app gets in and its user may do what is needed; answers the org's id.
    pub async fn check(&self) -> Result<String, CrmError> {
        let org = self.api.session(None).await?.told.id;
        let contacts = self.api.describe("Contact").await?;
        self.api.first("SELECT Id, Name, Website FROM Account LIMIT 1").await?;
        if !(contacts.createable && contacts.updateable) {
            return Err(CrmError::Refused(
                "the user that the app runs as may not create and edit contacts; give it a \
                 permission set that lets it read, create, edit and delete contacts"
                    .into(),
            ));
        }
        Ok(org)
    }

    /// The record with this id, if it is there.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        Ok(self.fetch(id).await?.map(|row| self.record(&row)))
    }

    async fn fetch(&self, id: &str) -> Result<Option<Row>, Trouble> {
        if !soql::is_id(id) {
            return Ok(None);
        }
        let query = format!("{} WHERE Id = {}", self.select(), soql::quoted(id));
        Ok(self.api.first(&query).await?.records.into_iter().next())
    }

    /// The beginning of every query for contacts. A field is named once, or the query is refused.
    fn select(&self) -> String {
        let mapped = self.mapping.properties().filter(|name| !ALWAYS.contains(name));
        let names: Vec<&str> = ALWAYS.into_iter().chain(mapped).collect();
        format!("SELECT {} FROM Contact", names.join(", "))
    }

    fn record(&self, row: &Row) -> Record {
        Record {
            id: row.id().to_owned(),
            version: self.mapping.version(row.fields()),
            contact: self.mapping.read(row.fields(), &self.country),
        }
    }

    /// The fields of a mapping that contacts have not, or that the app's user cannot write; of the
    /// account those that it has not.
    pub async fn unknown_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        let contacts = self.api.describe("Contact").await?;
        let shown = || mapping.fields.iter().filter(|field| !field.hidden);
        let accounts = if shown().any(|field| is_of_another(&field.property)) {
            self.api.describe("Account").await?
        } else {
            answer::Description::default()
        };
        let unknown = shown().filter(|field| {
            let name = field.property.as_str();
            match name.split_once('.') {
                Some(("Account", name)) => !accounts.has(name),
                Some(_) => true,
                None => !contacts.can_write(name, field.holds.is_none()),
            }
        });
        Ok(unknown.map(|field| field.property.clone()).collect())
    }

    /// What a write would do.
    pub async fn preview(
        &self,
        id: Option<&str>,
        before: &Contact,
        after: &Contact,
    ) -> Result<Change, CrmError> {
        let Some(id) = id else {
            let change = self.mapping.create(after, &self.country);
            return Ok(new_at_account(change, self.account(after).await?));
        };
        let now = self.fetch(id).await?.map_or_else(Fields::new, Row::into_fields);
        let change = self.mapping.change(&now, before, after, &self.country);
        self.at_account(change, &now, (before, after)).await
    }
}

/// Whether a field is not the contact's own, such as `Account.Name`.
fn is_of_another(property: &str) -> bool {
    property.contains('.')
}

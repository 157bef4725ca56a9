//! An org at Salesforce as the CRM: contacts, leads and accounts by the REST API
//! (<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest.htm>).
//!
//! What is read is asked for in SOQL, which answers with the name of the account in place. Records
//! have no `ETag`, but a write can say `If-Unmodified-Since`, which tells one second from the next.
//! `SystemModstamp` moves with what is not ours, so a record's version is made of what is mapped of it.

mod answer;
mod changes;
mod company;
mod lead_fields;
mod meaning;
mod object;
mod people;
mod refusal;
mod request;
mod sign_in;
mod soql;
mod worked;
mod write;

pub(super) use lead_fields::lead_mapping;
pub use object::is_lead;
pub(super) use sign_in::Org;

use super::employer::Employers;
use super::http::Http;
use super::mapping::{Change, Fields, Mapping};
use super::{CrmError, Record, Way};
use crate::contact::Contact;
use crate::store::crm_connections::NewPeople;
use answer::{Page, Row};
use company::new_at_account;
use object::Object;
use refusal::Trouble;
use request::Api;
use std::fmt;
use std::sync::OnceLock;
use url::Url;
use zeroize::Zeroizing;

/// An app that an org lets in: a connected app, or an external client app.
pub struct App {
    /// The org's My Domain.
    pub url: Url,
    /// Its consumer key.
    pub key: String,
    /// Its consumer secret.
    pub secret: Zeroizing<String>,
}

/// How often a record is followed to the one that it has become: a lead to a contact, and that to those it
/// was merged with.
const MERGES: usize = 5;

/// One org.
pub struct Salesforce {
    api: Api,
    /// Which field of a contact holds what.
    mapping: Mapping,
    /// Which field of a lead holds what.
    leads: Mapping,
    /// The same, without what the app's user may not see; once that was looked at.
    shown_leads: OnceLock<Mapping>,
    /// What new people are made as.
    makes: &'static Object,
    country: String,
    employers: Employers,
}

impl fmt::Debug for Salesforce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Salesforce").finish_non_exhaustive()
    }
}

impl Salesforce {
    /// The org that lets `app` in. `country` (ISO 3166) is that of numbers without a prefix.
    pub fn new(http: Http, app: App, mapping: Mapping, country: &str) -> Self {
        let leads = lead_mapping(&mapping);
        let (api, country) = (Api::new(http, app), country.to_owned());
        let (makes, employers) = (&object::CONTACT, Employers::default());
        Self { api, mapping, leads, shown_leads: OnceLock::new(), makes, country, employers }
    }

    /// The same, which makes new people as the connection says.
    #[must_use]
    pub fn making(self, new_people: NewPeople) -> Self {
        let makes = match new_people {
            NewPeople::Contact => &object::CONTACT,
            NewPeople::Lead => &object::LEAD,
        };
        Self { makes, ..self }
    }

    /// The same, which knows which domains name an employer.
    #[must_use]
    pub(super) fn knowing(self, employers: Employers) -> Self {
        Self { employers, ..self }
    }

    /// Whether new people have accounts.
    pub(super) const fn has_accounts(&self) -> bool {
        self.makes.has_account
    }

    /// Whether the app's user may make leads.
    pub async fn can_make_leads(&self) -> Result<bool, CrmError> {
        let leads = self.api.describe(object::LEAD.name).await?;
        Ok(leads.createable && leads.updateable)
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

    /// The record with this id as it is now, or the one that it has become.
    async fn fetch(&self, id: &str) -> Result<Option<Row>, Trouble> {
        let mut row = self.fetch_one(id).await?;
        for _ in 0..MERGES {
            let Some((_, other)) = row.as_ref().and_then(Row::has_become) else { break };
            row = self.fetch_one(&other).await?;
        }
        Ok(row.filter(|row| !row.is_deleted() && !row.is_converted()))
    }

    async fn fetch_one(&self, id: &str) -> Result<Option<Row>, Trouble> {
        if !soql::is_id(id) {
            return Ok(None);
        }
        let object = Object::of(id);
        let query = || format!("{} WHERE Id = {}", self.select(object), soql::quoted(id));
        let mut found = self.api.first_of_all(&query()).await;
        if self.knows_better(object, &found).await? {
            found = self.api.first_of_all(&query()).await;
        }
        Ok(found?.records.into_iter().next())
    }

    /// Which field of a kind of records holds what.
    fn mapped(&self, object: &Object) -> &Mapping {
        if object.is_lead() { self.shown_leads.get().unwrap_or(&self.leads) } else { &self.mapping }
    }

    /// The beginning of every query for a kind of records.
    fn select(&self, object: &Object) -> String {
        object.select(self.mapped(object))
    }

    /// The first page of a kind of records that are there and meet a condition.
    async fn present(
        &self,
        object: &Object,
        condition: &str,
        order: &str,
    ) -> Result<Page, Trouble> {
        let (select, present) = (self.select(object), object.present);
        let query = format!("{select} WHERE ({condition}) AND {present}{order}");
        object.or_nobody(self.api.first(&query).await)
    }

    fn record(&self, row: &Row) -> Record {
        let mapping = self.mapped(Object::of(row.id()));
        Record {
            id: row.id().to_owned(),
            version: mapping.version(row.fields()),
            contact: mapping.read(row.fields(), &self.country),
            filled: mapping.filled(row.fields()),
            changed_at: row.time("LastModifiedDate"),
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
                None if field.is_only_read() => !contacts.has(name),
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
            if self.makes.is_lead() {
                self.look_at_leads().await?;
            }
            let change = self.mapped(self.makes).create(after, &self.country);
            return Ok(if self.has_accounts() {
                new_at_account(change, self.account(after).await?.one())
            } else {
                change
            });
        };
        let row = self.fetch(id).await?;
        let object = Object::of(row.as_ref().map_or(id, Row::id));
        let now = row.map_or_else(Fields::new, Row::into_fields);
        self.change_of(object, &now, (before, after), Way::Forth { tried: None }).await
    }

    /// What a change of a contact is in a record.
    async fn change_of(
        &self,
        object: &Object,
        now: &Fields,
        (before, after): (&Contact, &Contact),
        way: Way<'_>,
    ) -> Result<Change, CrmError> {
        let change = self.mapped(object).change(now, before, after, &self.country);
        if object.has_account {
            self.at_account(change, now, (before, after), way).await
        } else {
            Ok(change)
        }
    }
}

/// Whether a field is not the contact's own, such as `Account.Name`.
fn is_of_another(property: &str) -> bool {
    property.contains('.')
}

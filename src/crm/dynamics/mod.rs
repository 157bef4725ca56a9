//! An environment of Microsoft Dynamics 365 as the CRM: contacts and accounts of the Dataverse Web
//! API 9.2, which is `OData` 4.0
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview>).
//!
//! Every row has an `ETag`, which changes with whatever a flow or plug-in writes to it. A record's
//! version is therefore made of what is mapped of it; right before a write it is read and compared,
//! and the write names the `ETag` of what was read, so that nothing comes in between.

mod answer;
mod app;
mod changes;
mod columns;
mod company;
mod position;
mod query;
mod request;
mod rights;
mod worked;
mod write;

pub use app::App;

use super::employer::{Employers, Sought};
use super::http::Http;
use super::mapping::{Change, Fields, Mapping};
use super::{CrmError, Owner, Record, Way};
use crate::contact::Contact;
use crate::source::oauth::BadCertificate;
use answer::Row;
use company::Write;
use request::Api;
use std::fmt;
use url::Url;
use zeroize::Zeroizing;

/// Pages of users that are read.
const MAX_USER_PAGES: usize = 20;

/// One environment.
pub struct Dynamics {
    api: Api,
    mapping: Mapping,
    country: String,
    employers: Employers,
}

impl fmt::Debug for Dynamics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dynamics").finish_non_exhaustive()
    }
}

impl Dynamics {
    /// The environment at `url`, signed in to as an app with its secret, or with its certificate and
    /// key as PEM. `country` (ISO 3166) is that of numbers without a prefix.
    pub fn new(
        http: Http,
        url: Url,
        app: App,
        secret: &Zeroizing<String>,
        mapping: Mapping,
        country: &str,
    ) -> Result<Self, BadCertificate> {
        let api = Api::new(http, url, app, secret)?;
        let (employers, country) = (Employers::default(), country.to_owned());
        Ok(Self { api, mapping, country, employers })
    }

    /// The same, which knows which domains name an employer.
    #[must_use]
    pub(super) fn knowing(self, employers: Employers) -> Self {
        Self { employers, ..self }
    }

    /// The address of an environment, of whatever page of it was entered.
    pub fn environment(mut url: Url) -> Url {
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// Whether the app may do what is needed: be there, read, and write.
    pub async fn check(&self) -> Result<(), CrmError> {
        let me: Option<Row> = self.api.get("WhoAmI", &[]).await?;
        let Some(user) = me.and_then(|me| me.id("UserId")) else {
            return Err(CrmError::Refused(
                "there is no Dynamics 365 at its address; check it".into(),
            ));
        };
        let columns = self.columns();
        self.api.list("contacts", &[("$select", &columns), ("$top", "1")], "").await?;
        self.api.list("accounts", &[("$select", "name"), ("$top", "1")], "").await?;
        rights::check(&self.api, &user).await
    }

    /// The record with this id, if it is there and in use; of one that was merged into another, that one.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        Ok(self.fetch(id).await?.map(|row| self.fetched(id, &row)))
    }

    /// The record of a row that was asked for by an id.
    fn fetched(&self, id: &str, row: &Row) -> Record {
        self.record(row.id("contactid").unwrap_or_else(|| id.to_owned()), row)
    }

    fn record(&self, id: String, row: &Row) -> Record {
        let fields = row.fields(&self.mapping);
        let version = row.version(&self.mapping);
        let contact = self.mapping.read(&fields, &self.country);
        let (filled, changed_at) = (self.mapping.filled(&fields), row.modified());
        Record { id, version, contact, filled, changed_at }
    }

    /// The company that a contact belongs to: by the domain of its address, then by name.
    pub async fn account(&self, contact: &Contact) -> Result<Sought, CrmError> {
        company::find(&self.api, &self.employers, contact).await
    }

    /// Who can own records: people, not apps.
    pub async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        let options = [
            ("$select", "fullname,internalemailaddress"),
            ("$filter", "isdisabled eq false and accessmode eq 0"),
            ("$orderby", "fullname asc"),
        ];
        let (mut owners, size) = (Vec::new(), "odata.maxpagesize=500");
        let mut page = Some(self.api.list("systemusers", &options, size).await?);
        for _ in 0..MAX_USER_PAGES {
            let Some(some) = page.take() else { break };
            owners.extend(some.value.iter().filter_map(|user| {
                let text = |column: &str| user.text(column).unwrap_or_default().to_owned();
                let (name, email) = (text("fullname"), text("internalemailaddress"));
                Some(Owner { id: user.id("systemuserid")?, name, email })
            }));
            if let Some(next) = some.next {
                page = self.api.follow(&next, size).await?;
            }
        }
        Ok(owners)
    }

    /// The fields of a mapping that contacts have not, or that cannot be read and written.
    pub async fn unknown_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        let known = columns::all(&self.api).await?;
        let missing = mapping.mapped().filter(|name| !known.contains_key(*name));
        Ok(missing.map(str::to_owned).collect())
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
            return Ok(self.with_company(change, after, Write::New(None)).await?.0);
        };
        let now = self.fetch(id).await?;
        let change = match &now {
            Some(now) => self.change(now, before, after),
            None => self.mapping.change(&Fields::new(), before, after, &self.country),
        };
        let write = Write::Update(now.as_ref(), before, Way::Forth { tried: None });
        Ok(self.with_company(change, after, write).await?.0)
    }
}

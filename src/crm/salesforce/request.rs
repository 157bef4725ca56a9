//! The requests that are made of an org's REST API.

use super::App;
use super::answer::{Description, Page, Saved};
use super::object::Object;
use super::refusal::{Trouble, trouble};
use super::sign_in::{Org, at, sign_in};
use crate::crm::CrmError;
use crate::crm::http::{Answer, Http};
use crate::crm::mapping::Fields;
use crate::crm::pace::Pace;
use crate::crm::sessions::{Session, key};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use std::time::Duration;

/// The version of the API: that of Winter '24, which orgs answer for years.
const VERSION: &str = "v59.0";
/// The longest answer that is read: a page of contacts.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// Salesforce counts the requests of a day (100,000 and more, by licences) and, of those that take
/// more than 20 seconds, how many there are at once (25), but none of a second: this is to be polite.
const PACE: Pace = Pace { every: Duration::from_millis(25), at_once: 25 };
/// The rows of a page: the most that there can be.
const PAGE: (&str, &str) = ("Sforce-Query-Options", "batchSize=2000");
/// Whom the org's duplicate rules find is told, and nobody is made in spite of them. They look among all
/// contacts: where contacts are private, the app's user sees its own only
/// (<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm>).
const DUPLICATES: (&str, &str) = (
    "Sforce-Duplicate-Rule-Header",
    "allowSave=false; includeRecordDetails=true; runAsCurrentUser=false",
);

/// One request.
struct Call<'a> {
    method: Method,
    path: &'a [&'a str],
    query: Option<(&'a str, &'a str)>,
    body: Option<Value>,
    headers: &'a [(&'a str, &'a str)],
}

/// The API of one org.
pub(super) struct Api {
    http: Http,
    app: App,
    /// Stands for the connection where its session and its pace are kept.
    key: String,
}

impl Api {
    pub(super) fn new(http: Http, app: App) -> Self {
        let key = key(&["salesforce", app.url.as_str(), &app.key, &app.secret]);
        Self { http, app, key }
    }

    /// A session with another token than one that was refused.
    pub(super) async fn session(
        &self,
        refused: Option<&SecretString>,
    ) -> Result<Session<Org>, CrmError> {
        let sign_in = sign_in(&self.http, &self.app);
        self.http.orgs().get(&self.key, refused, sign_in).await
    }

    /// The first page of what a query finds.
    pub(super) async fn first(&self, soql: &str) -> Result<Page, Trouble> {
        self.read(&["query"], Some(("q", soql)), &[PAGE]).await
    }

    /// The first page of what a query finds, also in the recycle bin.
    pub(super) async fn first_of_all(&self, soql: &str) -> Result<Page, Trouble> {
        self.read(&["queryAll"], Some(("q", soql)), &[PAGE]).await
    }

    /// The page that another one named, of either kind of query.
    pub(super) async fn next(&self, locator: &str) -> Result<Page, Trouble> {
        self.read(&["query", locator], None, &[PAGE]).await
    }

    /// What can be done with a kind of records.
    pub(super) async fn describe(&self, kind: &str) -> Result<Description, Trouble> {
        match self.read(&["sobjects", kind, "describe"], None, &[]).await {
            // A kind that the user may not see is not there for it.
            Err(Trouble::Gone) => Ok(Description::default()),
            described => described,
        }
    }

    /// Makes a contact, a lead or an account; answers its id.
    pub(super) async fn create(&self, kind: &str, fields: &Fields) -> Result<String, Trouble> {
        let call = Call {
            method: Method::POST,
            path: &["sobjects", kind],
            query: None,
            body: Some(body(fields)),
            headers: &[DUPLICATES],
        };
        Ok(self.ask(&call).await?.read::<Saved>()?.id)
    }

    /// Changes some fields of a contact or lead, if nobody did since `unmodified_since`; an empty one is
    /// cleared.
    pub(super) async fn patch(
        &self,
        id: &str,
        fields: &Fields,
        unmodified_since: Option<&str>,
    ) -> Result<(), Trouble> {
        let since = unmodified_since.map(|at| ("If-Unmodified-Since", at));
        let headers: Vec<(&str, &str)> = since.into_iter().chain([DUPLICATES]).collect();
        let call = Call {
            method: Method::PATCH,
            path: &["sobjects", Object::of(id).name, id],
            query: None,
            body: Some(body(fields)),
            headers: &headers,
        };
        self.ask(&call).await.map(|_| ())
    }

    /// Moves a contact or lead to the recycle bin, where it is for 15 days.
    pub(super) async fn delete(&self, id: &str) -> Result<(), Trouble> {
        let path = ["sobjects", Object::of(id).name, id];
        let call =
            Call { method: Method::DELETE, path: &path, query: None, body: None, headers: &[] };
        self.ask(&call).await.map(|_| ())
    }

    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        query: Option<(&str, &str)>,
        headers: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        let call = Call { method: Method::GET, path, query, body: None, headers };
        Ok(self.ask(&call).await?.read()?)
    }

    /// Makes a request; once more with a new session if the present one has ended.
    async fn ask(&self, call: &Call<'_>) -> Result<Answer, Trouble> {
        let session = self.session(None).await?;
        match self.ask_in(&session, call).await {
            Err(Trouble::Session) => {
                let session = self.session(Some(&session.token)).await?;
                self.ask_in(&session, call).await
            }
            answered => answered,
        }
    }

    async fn ask_in(&self, session: &Session<Org>, call: &Call<'_>) -> Result<Answer, Trouble> {
        let path: Vec<&str> =
            ["services", "data", VERSION].into_iter().chain(call.path.iter().copied()).collect();
        let mut url = at(&session.told.address, &path)?;
        if let Some((name, value)) = call.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        self.http.pace(&self.key, PACE).await;
        let request = self.http.client().request(call.method.clone(), url);
        let mut request = request.bearer_auth(session.token.expose_secret());
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let answer = self.http.exchange(request, MAX_ANSWER).await?;
        trouble(&answer).map_or(Ok(answer), Err)
    }
}

/// Fields as Salesforce takes them: an empty one is null.
fn body(fields: &Fields) -> Value {
    let fields = fields.iter().map(|(name, text)| {
        let value = if text.is_empty() { Value::Null } else { Value::String(text.clone()) };
        (name.clone(), value)
    });
    Value::Object(fields.collect::<Map<String, Value>>())
}

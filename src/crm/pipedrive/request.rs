//! The requests that are made of Pipedrive's API, no faster than it allows.

use super::answer::{
    FieldDetails, Hit, Items, Me, Organization, Page, Permissions, Person, User, invalid, refusal,
    stamp,
};
use crate::clock::Millis;
use crate::crm::http::{Answer, Http};
use crate::crm::noting::Answered;
use crate::crm::pace::Pace;
use crate::crm::pass::{Pass, Shown};
use crate::crm::{CrmError, Owner};
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// The longest answer that is read: a page of persons.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// The least that a plan allows a token is 20 requests in two seconds, searches among them;
/// <https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting>.
const USUAL: (&str, Pace) = ("any", Pace { every: Duration::from_millis(140), at_once: 5 });
/// The search answers ten requests in two seconds.
const SEARCH: (&str, Pace) = ("search", Pace { every: Duration::from_millis(400), at_once: 5 });
/// The most that one page has.
pub(super) const PAGE: usize = 500;
/// Organizations that can be asked for by id at once.
const IDS: usize = 100;
/// Pages of fields that are read.
const MAX_FIELD_PAGES: usize = 10;

/// What came of making or changing a person, or making an organization.
pub(super) enum Taken<T = Person> {
    /// It is there.
    Done(T),
    /// It does not take these values, as one sentence.
    Invalid(String),
    /// There is no such person.
    Gone,
}

impl<T> Answered for Taken<T> {
    fn has_made_nothing(&self) -> bool {
        !matches!(self, Self::Done(_))
    }
}

/// What there is of a person.
pub(super) enum Look {
    /// It is there, or was, or has become another one.
    Shown(Box<Person>),
    /// It is deleted for good.
    Gone,
    /// Nothing, or nothing that may be seen.
    Nothing,
}

/// The API of one company's account.
pub(super) struct Api {
    http: Http,
    base: Url,
    pass: Pass,
}

impl Api {
    pub(super) const fn new(http: Http, base: Url, pass: Pass) -> Self {
        Self { http, base, pass }
    }

    /// One page of all persons, or of those that changed since a time, in that order.
    pub(super) async fn list(
        &self,
        since: Option<Millis>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Vec<Person>>, CrmError> {
        let sort = if since.is_some() { "update_time" } else { "id" };
        self.sorted((sort, "asc"), since, cursor, limit).await
    }

    /// One page of the persons that changed since a time, the last ones first.
    pub(super) async fn latest(
        &self,
        since: Millis,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Vec<Person>>, CrmError> {
        self.sorted(("update_time", "desc"), Some(since), cursor, limit).await
    }

    async fn sorted(
        &self,
        (by, direction): (&str, &str),
        since: Option<Millis>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Vec<Person>>, CrmError> {
        let mut url = self.url(&["api", "v2", "persons"])?;
        url.query_pairs_mut()
            .append_pair("limit", &limit.to_string())
            .append_pair("sort_by", by)
            .append_pair("sort_direction", direction);
        if let Some(since) = since.and_then(stamp) {
            url.query_pairs_mut().append_pair("updated_since", &since);
        }
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        expect(self.ask(Method::GET, url, None, None).await?)?.read()
    }

    /// The person with this id.
    pub(super) async fn get(&self, id: &str) -> Result<Option<Person>, CrmError> {
        self.get_with(id, &[]).await
    }

    /// The same, with further fields that Pipedrive shows only when it is asked to.
    pub(super) async fn get_with(
        &self,
        id: &str,
        further: &[&str],
    ) -> Result<Option<Person>, CrmError> {
        match self.person(id, further).await? {
            answer if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) => Ok(None),
            answer => Ok(expect(answer)?.read::<Page<Person>>()?.data),
        }
    }

    /// What there is of a person whom the list does not name.
    pub(super) async fn look(&self, id: &str) -> Result<Look, CrmError> {
        let answer = self.person(id, &[]).await?;
        match answer.status {
            StatusCode::GONE => return Ok(Look::Gone),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => return Ok(Look::Nothing),
            _ => {}
        }
        let person = expect(answer)?.read::<Page<Person>>()?.data;
        Ok(person.map_or(Look::Nothing, |person| Look::Shown(Box::new(person))))
    }

    async fn person(&self, id: &str, further: &[&str]) -> Result<Answer, CrmError> {
        let mut url = self.url(&["api", "v2", "persons", id])?;
        if !further.is_empty() {
            url.query_pairs_mut().append_pair("include_fields", &further.join(","));
        }
        self.ask(Method::GET, url, None, None).await
    }

    /// Makes a person.
    pub(super) async fn create(&self, body: Map<String, Value>) -> Result<Taken, CrmError> {
        let url = self.url(&["api", "v2", "persons"])?;
        taken(&self.ask(Method::POST, url, Some(Value::Object(body)), None).await?)
    }

    /// Makes an organization.
    pub(super) async fn create_organization(
        &self,
        body: Value,
    ) -> Result<Taken<Organization>, CrmError> {
        let url = self.url(&["api", "v2", "organizations"])?;
        taken(&self.ask(Method::POST, url, Some(body), None).await?)
    }

    /// Changes some fields of a person; a list is replaced as a whole.
    pub(super) async fn patch(
        &self,
        id: &str,
        body: Map<String, Value>,
    ) -> Result<Taken, CrmError> {
        let url = self.url(&["api", "v2", "persons", id])?;
        taken(&self.ask(Method::PATCH, url, Some(Value::Object(body)), None).await?)
    }

    /// Marks a person as deleted; Pipedrive removes it after 30 days.
    pub(super) async fn delete(&self, id: &str) -> Result<(), CrmError> {
        let url = self.url(&["api", "v2", "persons", id])?;
        let answer = self.ask(Method::DELETE, url, None, None).await?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(());
        }
        expect(answer).map(|_| ())
    }

    /// Persons with this in a field (`email` or `name`), in whole or, for an address, a part of it.
    pub(super) async fn persons(
        &self,
        field: &str,
        term: &str,
        exact: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, CrmError> {
        self.search("persons", field, term, exact, limit).await
    }

    /// Organizations with this in their name, or of exactly this name; case is the same.
    pub(super) async fn organizations_named(
        &self,
        name: &str,
        exact: bool,
        limit: usize,
    ) -> Result<Vec<Organization>, CrmError> {
        self.search("organizations", "name", name, exact, limit).await
    }

    async fn search<T: DeserializeOwned>(
        &self,
        kind: &str,
        field: &str,
        term: &str,
        exact: bool,
        limit: usize,
    ) -> Result<Vec<T>, CrmError> {
        let mut url = self.url(&["api", "v2", kind, "search"])?;
        url.query_pairs_mut()
            .append_pair("term", term)
            .append_pair("fields", field)
            .append_pair("exact_match", if exact { "true" } else { "false" })
            .append_pair("limit", &limit.to_string());
        let answer = expect(self.ask(Method::GET, url, None, Some(SEARCH)).await?)?;
        let page: Page<Items<T>> = answer.read()?;
        Ok(page
            .data
            .map(|data| data.items.into_iter().map(|it| it.item).collect())
            .unwrap_or_default())
    }

    /// The organizations with these ids, as far as they are there.
    pub(super) async fn organizations(&self, ids: &[u64]) -> Result<Vec<Organization>, CrmError> {
        let mut all = Vec::new();
        for some in ids.chunks(IDS) {
            let mut url = self.url(&["api", "v2", "organizations"])?;
            let text: Vec<String> = some.iter().map(u64::to_string).collect();
            url.query_pairs_mut()
                .append_pair("ids", &text.join(","))
                .append_pair("limit", &IDS.to_string());
            let answer = expect(self.ask(Method::GET, url, None, None).await?)?;
            let page: Page<Vec<Organization>> = answer.read()?;
            all.extend(page.data.unwrap_or_default());
        }
        Ok(all)
    }

    /// Who the token is of.
    pub(super) async fn me(&self) -> Result<Me, CrmError> {
        let url = self.url(&["api", "v1", "users", "me"])?;
        let answer = expect(self.ask(Method::GET, url, None, None).await?)?;
        let me: Page<Me> = answer.read()?;
        me.data.ok_or_else(|| CrmError::Refused("it does not say whose the token is".into()))
    }

    /// What a user may do, as far as Pipedrive tells it
    /// (<https://developers.pipedrive.com/docs/api/v1/Users#getUserPermissions>).
    pub(super) async fn permissions(&self, user: u64) -> Result<Option<Permissions>, CrmError> {
        let url = self.url(&["api", "v1", "users", &user.to_string(), "permissions"])?;
        let answer = expect(self.ask(Method::GET, url, None, None).await?);
        let told = CrmError::if_told(answer.and_then(|told| told.read()))?;
        Ok(told.and_then(|page: Page<Permissions>| page.data))
    }

    /// Who can own persons: the account's active users.
    pub(super) async fn users(&self) -> Result<Vec<Owner>, CrmError> {
        let url = self.url(&["api", "v1", "users"])?;
        let answer = expect(self.ask(Method::GET, url, None, None).await?)?;
        let page: Page<Vec<User>> = answer.read()?;
        let active = page.data.unwrap_or_default().into_iter();
        let active = active.filter(|user| user.active_flag != Some(false));
        let owner =
            |user: User| Owner { id: user.id.to_string(), name: user.name, email: user.email };
        Ok(active.map(owner).collect())
    }

    /// The fields that persons have, with their types.
    pub(super) async fn fields(&self) -> Result<BTreeMap<String, String>, CrmError> {
        let (mut fields, mut cursor) = (BTreeMap::new(), None::<String>);
        for _ in 0..MAX_FIELD_PAGES {
            let mut url = self.url(&["api", "v2", "personFields"])?;
            url.query_pairs_mut().append_pair("limit", &PAGE.to_string());
            if let Some(cursor) = &cursor {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            let answer = expect(self.ask(Method::GET, url, None, None).await?)?;
            let page: Page<Vec<FieldDetails>> = answer.read()?;
            cursor = page.next();
            let all = page.data.unwrap_or_default().into_iter();
            fields.extend(all.map(|field| (field.field_code, field.field_type)));
            if cursor.is_none() {
                break;
            }
        }
        Ok(fields)
    }

    /// An address of the API; what comes from outside is one segment, whatever it holds.
    fn url(&self, path: &[&str]) -> Result<Url, CrmError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| CrmError::no_address())?.pop_if_empty().extend(path);
        Ok(url)
    }

    async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<Value>,
        more: Option<(&str, Pace)>,
    ) -> Result<Answer, CrmError> {
        self.http.allow(&url)?;
        let paces: Vec<(&str, Pace)> = [USUAL].into_iter().chain(more).collect();
        let request = |shown: &Shown| {
            let request = self.http.client().request(method.clone(), url.clone());
            let token = shown.token.expose_secret();
            let request = if shown.is_access {
                request.bearer_auth(token)
            } else {
                let mut token = HeaderValue::from_str(token).map_err(|_| self.pass.refused())?;
                token.set_sensitive(true);
                request.header("x-api-token", token)
            };
            Ok(body.iter().fold(request, RequestBuilder::json))
        };
        self.pass.ask(&self.http, &paces, MAX_ANSWER, request).await
    }
}

fn expect(answer: Answer) -> Result<Answer, CrmError> {
    if answer.status.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
}

fn taken<T: DeserializeOwned>(answer: &Answer) -> Result<Taken<T>, CrmError> {
    if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return Ok(Taken::Gone);
    }
    if answer.status.is_success() {
        let page: Page<T> = answer.read()?;
        return page.data.map(Taken::Done).ok_or_else(CrmError::not_understood);
    }
    match invalid(answer) {
        Some(why) => Ok(Taken::Invalid(why)),
        None => Err(refusal(answer)),
    }
}

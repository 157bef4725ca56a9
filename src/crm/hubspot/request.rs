//! The requests that are made of HubSpot's API, no faster than it allows.

use super::answer::{
    AccountDetails, Object, OwnerDetails, Page, PropertyDetails, TokenDetails, Trouble, refusal,
};
use crate::crm::http::{Answer, Http};
use crate::crm::mapping::Fields;
use crate::crm::noting::Answered;
use crate::crm::pace::Pace;
use crate::crm::pass::{Pass, Shown};
use crate::crm::{CrmError, Owner};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// The longest answer that is read: a page of contacts.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// The least of what an app is allowed is 100 requests in ten seconds, whenever these begin; what asks at once
/// counts with what comes after it:
/// <https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines>.
const ANY: (&str, Pace) = ("any", Pace { every: Duration::from_millis(120), at_once: 10 });
/// What any request keeps to.
pub(super) const USUAL: &[(&str, Pace)] = &[ANY];
/// The search answers five requests a second, for the whole account.
const SEARCH: &[(&str, Pace)] =
    &[("search", Pace { every: Duration::from_millis(250), at_once: 1 }), ANY];
/// Pages of owners that are read.
const MAX_OWNER_PAGES: usize = 20;

/// What came of making or changing a record.
pub(super) enum Taken {
    /// It is there.
    Done(Object),
    /// Another record has the e-mail address already; its id, if told.
    Exists(Option<String>),
    /// It does not take these values, as one sentence.
    Invalid(String),
    /// There is no such record.
    Gone,
}

impl Answered for Taken {
    fn has_made_nothing(&self) -> bool {
        !matches!(self, Self::Done(_))
    }
}

/// What is looked for.
pub(super) struct Search<'a> {
    pub(super) kind: &'static str,
    /// Property, operator and value; all of them must hold, or `either` of them.
    pub(super) filters: &'a [(&'a str, &'a str, &'a str)],
    pub(super) either: bool,
    pub(super) sort: &'a str,
    pub(super) after: Option<&'a str>,
    pub(super) limit: usize,
}

/// The API of one account.
pub(super) struct Api {
    http: Http,
    base: Url,
    pass: Pass,
}

impl Api {
    pub(super) const fn new(http: Http, base: Url, pass: Pass) -> Self {
        Self { http, base, pass }
    }

    /// One page of all contacts or companies.
    pub(super) async fn list<'a>(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
        properties: impl Iterator<Item = &'a str>,
    ) -> Result<Page<Object>, CrmError> {
        let mut url = self.url(&["crm", "v3", "objects", kind])?;
        url.query_pairs_mut()
            .append_pair("limit", &limit.to_string())
            .append_pair("archived", "false")
            .append_pair("properties", &properties.collect::<Vec<_>>().join(","));
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        expect(self.ask(Method::GET, url, None, USUAL).await?)?.read()
    }

    /// One page of what is looked for.
    pub(super) async fn search<'a>(
        &self,
        search: &Search<'_>,
        properties: impl Iterator<Item = &'a str>,
    ) -> Result<Page<Object>, CrmError> {
        let url = self.url(&["crm", "v3", "objects", search.kind, "search"])?;
        let filters = search.filters.iter().map(|(name, operator, value)| {
            json!({"propertyName": name, "operator": operator, "value": value})
        });
        let filters: Vec<Value> = filters.collect();
        let groups: Vec<&[Value]> =
            if search.either { filters.chunks(1).collect() } else { vec![&filters] };
        let groups: Vec<Value> = groups.into_iter().map(|some| json!({"filters": some})).collect();
        let body = json!({
            "filterGroups": groups,
            "sorts": [search.sort],
            "properties": properties.collect::<Vec<_>>(),
            "limit": search.limit,
            "after": search.after.unwrap_or("0"),
        });
        expect(self.ask(Method::POST, url, Some(body), SEARCH).await?)?.read()
    }

    /// The contact with this id, or with this value of a property that is unique.
    pub(super) async fn get<'a>(
        &self,
        id: &str,
        by: Option<&str>,
        properties: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Object>, CrmError> {
        let mut url = self.url(&["crm", "v3", "objects", "contacts", id])?;
        let properties = properties.collect::<Vec<_>>().join(",");
        url.query_pairs_mut().append_pair("properties", &properties);
        if let Some(by) = by {
            url.query_pairs_mut().append_pair("idProperty", by);
        }
        self.object(url).await
    }

    /// A company with its name, if it is there; of one that was merged with others, what they have become.
    pub(super) async fn company(&self, id: &str) -> Result<Option<Object>, CrmError> {
        let mut url = self.url(&["crm", "v3", "objects", "companies", id])?;
        url.query_pairs_mut().append_pair("properties", "name");
        self.object(url).await
    }

    async fn object(&self, url: Url) -> Result<Option<Object>, CrmError> {
        let answer = self.ask(Method::GET, url, None, USUAL).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        expect(answer)?.read().map(Some)
    }

    /// Those of some contacts, 100 at most, that are in the bin.
    pub(super) async fn archived(&self, ids: &[&str]) -> Result<Vec<Object>, CrmError> {
        let mut url = self.url(&["crm", "v3", "objects", "contacts", "batch", "read"])?;
        url.query_pairs_mut().append_pair("archived", "true");
        let inputs: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        let body = json!({"inputs": inputs, "properties": [], "propertiesWithHistory": []});
        let answer = expect(self.ask(Method::POST, url, Some(body), USUAL).await?)?;
        answer.read().map(|page: Page<Object>| page.results)
    }

    /// Makes a contact or company.
    pub(super) async fn create(&self, kind: &str, fields: &Fields) -> Result<Taken, CrmError> {
        let body = json!({"properties": fields, "associations": []});
        let url = self.url(&["crm", "v3", "objects", kind])?;
        taken(&self.ask(Method::POST, url, Some(body), USUAL).await?)
    }

    /// Changes some fields of a contact; an empty one is cleared.
    pub(super) async fn patch(&self, id: &str, fields: &Fields) -> Result<Taken, CrmError> {
        let url = self.url(&["crm", "v3", "objects", "contacts", id])?;
        let body = json!({"properties": fields});
        taken(&self.ask(Method::PATCH, url, Some(body), USUAL).await?)
    }

    /// Moves a contact to HubSpot's bin, where it is for 90 days.
    pub(super) async fn archive(&self, id: &str) -> Result<(), CrmError> {
        let url = self.url(&["crm", "v3", "objects", "contacts", id])?;
        let answer = self.ask(Method::DELETE, url, None, USUAL).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        expect(answer).map(|_| ())
    }

    /// The number of the account.
    pub(super) async fn account(&self) -> Result<String, CrmError> {
        let url = self.url(&["account-info", "v3", "details"])?;
        let answer = expect(self.ask(Method::GET, url, None, USUAL).await?)?;
        answer.read().map(|details: AccountDetails| details.portal_id.to_string())
    }

    /// The scopes of a token that an admin entered, as far as HubSpot tells them
    /// (<https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview>).
    pub(super) async fn scopes(&self) -> Result<Option<Vec<String>>, CrmError> {
        let Some(token) = self.pass.entered() else { return Ok(None) };
        let url = self.url(&["oauth", "v2", "private-apps", "get", "access-token-info"])?;
        let body = json!({"tokenKey": token.expose_secret()});
        let answer = expect(self.ask(Method::POST, url, Some(body), USUAL).await?);
        CrmError::if_told(answer.and_then(|told| told.read()))
            .map(|told| told.map(|details: TokenDetails| details.scopes))
    }

    /// Who can own contacts.
    pub(super) async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        let (mut owners, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MAX_OWNER_PAGES {
            let mut url = self.url(&["crm", "v3", "owners"])?;
            url.query_pairs_mut().append_pair("limit", "100");
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("after", after);
            }
            let answer = expect(self.ask(Method::GET, url, None, USUAL).await?)?;
            let page: Page<OwnerDetails> = answer.read()?;
            after = page.next();
            owners.extend(page.results.into_iter().map(|owner| {
                let names = [owner.first_name, owner.last_name].into_iter().flatten();
                let name = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
                Owner { id: owner.id, name, email: owner.email.unwrap_or_default() }
            }));
            if after.is_none() {
                break;
            }
        }
        Ok(owners)
    }

    /// The properties that contacts have, and whether they are only read.
    pub(super) async fn properties(&self) -> Result<BTreeMap<String, bool>, CrmError> {
        let url = self.url(&["crm", "v3", "properties", "contacts"])?;
        let answer = expect(self.ask(Method::GET, url, None, USUAL).await?)?;
        let page: Page<PropertyDetails> = answer.read()?;
        let properties = page.results.into_iter();
        Ok(properties.map(|it| (it.name, it.modification_metadata.read_only_value)).collect())
    }

    /// An address of the API; what comes from outside is one segment, whatever it holds.
    pub(super) fn url(&self, path: &[&str]) -> Result<Url, CrmError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| CrmError::no_address())?.pop_if_empty().extend(path);
        Ok(url)
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<Value>,
        paces: &[(&str, Pace)],
    ) -> Result<Answer, CrmError> {
        self.http.allow(&url)?;
        let request = |shown: &Shown| {
            let request = self.http.client().request(method.clone(), url.clone());
            let request = request.bearer_auth(shown.token.expose_secret());
            Ok(body.iter().fold(request, RequestBuilder::json))
        };
        self.pass.ask(&self.http, paces, MAX_ANSWER, request).await
    }
}

pub(super) fn expect(answer: Answer) -> Result<Answer, CrmError> {
    if answer.status.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
}

fn taken(answer: &Answer) -> Result<Taken, CrmError> {
    if answer.status.is_success() { answer.read().map(Taken::Done) } else { refused(answer) }
}

/// Why nothing was made or changed.
pub(super) fn refused(answer: &Answer) -> Result<Taken, CrmError> {
    match (answer.status, Trouble::of(answer)) {
        (StatusCode::CONFLICT, trouble) => {
            Ok(Taken::Exists(trouble.and_then(|trouble| trouble.existing())))
        }
        (StatusCode::NOT_FOUND, _) => Ok(Taken::Gone),
        (StatusCode::BAD_REQUEST, Some(trouble)) => Ok(Taken::Invalid(trouble.invalid())),
        _ => Err(refusal(answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::pace::Paces;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn nobody_is_asked_a_hundred_times_in_any_ten_seconds() {
        let (paces, mut asked) = (Paces::default(), Vec::new());
        for nth in 0..400 {
            // At rest for a while, and then all at once again.
            if nth == 150 {
                tokio::time::sleep(Duration::from_secs(7)).await;
            }
            for (what, pace) in if nth % 5 == 0 { SEARCH } else { USUAL } {
                paces.wait(what, *pace).await;
            }
            asked.push(Instant::now());
        }
        let within = |from: &Instant| {
            asked.iter().filter(|at| (*from..*from + Duration::from_secs(10)).contains(at)).count()
        };
        let most = asked.iter().map(within).max();
        assert!(most.is_some_and(|most| (80..100).contains(&most)), "{most:?}");
    }
}

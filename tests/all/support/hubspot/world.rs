//! What there is in the account, and what goes wrong there.

use super::{TOKEN, detailed, refusal};
use crate::support::emulator::{Held, Holding};
use crate::support::sign_in_service::account_of;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use undersigned::clock::Clock;

/// Properties that contacts have, and whether they can be written.
pub(super) const PROPERTIES: [(&str, bool); 25] = [
    ("salutation", true),
    ("firstname", true),
    ("lastname", true),
    ("jobtitle", true),
    ("company", true),
    ("email", true),
    ("hs_additional_emails", false),
    ("phone", true),
    ("mobilephone", true),
    ("hs_whatsapp_phone_number", true),
    ("fax", true),
    ("hs_calculated_phone_number", false),
    ("website", true),
    ("hs_linkedin_url", true),
    ("address", true),
    ("zip", true),
    ("city", true),
    ("state", true),
    ("country", true),
    ("hubspot_owner_id", true),
    ("lastmodifieddate", false),
    ("createdate", false),
    ("hs_merged_object_ids", false),
    ("num_notes", false),
    ("num_associated_deals", false),
];

/// Properties that companies have.
pub(super) const COMPANY_PROPERTIES: [(&str, bool); 8] = [
    ("name", true),
    ("domain", true),
    ("address", true),
    ("zip", true),
    ("city", true),
    ("state", true),
    ("country", true),
    ("num_associated_contacts", false),
];
/// Where an app asks what its token may do; nobody needs a right to that.
pub(super) const TOKEN_INFO: &str = "/oauth/v2/private-apps/get/access-token-info";
/// What the token may do.
pub(super) const SCOPES: [&str; 6] = [
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
];
/// Who can own records: id, address, names.
pub(super) const OWNERS: [(&str, &str, &str, &str); 2] =
    [("77", "rep@kugellager.test", "Rita", "Rep"), ("78", "sam@kugellager.test", "Sam", "Sales")];

/// A fault on demand: what is asked with this in it is answered so, so many times.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    /// It is done all the same; only the answer is lost.
    pub(crate) done: bool,
    pub(crate) times: usize,
}

impl Fault {
    /// Whether it befalls a request; `$` is the end of its path.
    fn is_at(&self, asked: &str) -> bool {
        match self.path.strip_suffix('$') {
            Some(end) => asked.ends_with(end),
            None => asked.contains(self.path),
        }
    }
}

/// A contact or company.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) archived: bool,
    /// The token does not see it.
    pub(crate) hidden: bool,
    /// The companies that a contact is associated with.
    pub(crate) companies: BTreeMap<u64, Link>,
}

/// How a contact is associated with a company.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// It is the one before all others.
    pub(crate) primary: bool,
    /// A label of the account's own.
    pub(crate) label: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) contacts: BTreeMap<u64, Object>,
    pub(crate) companies: BTreeMap<u64, Object>,
    /// The contacts and companies to which the ids of merged ones lead.
    pub(super) merged: BTreeMap<u64, u64>,
    /// Properties that were made, of which no two records have the same value: the kind and the name.
    pub(crate) unique: BTreeSet<(String, String)>,
    pub(crate) faults: Vec<Fault>,
    pub(super) holding: Holding,
    /// The one token that opens the account; `None`: it has ended.
    pub(crate) token: Option<String>,
    /// Which account it is.
    pub(crate) number: u64,
    /// Whose access tokens open it, from which one on.
    pub(crate) admits: Option<(String, u64)>,
    /// Rights that the token lacks.
    pub(crate) lacks: Option<&'static str>,
    /// The search does not see what is younger than so many milliseconds.
    pub(crate) search_lag: i64,
    /// Every request, `GET /crm/…`.
    pub(crate) asked: Vec<String>,
    /// How often somebody asked too fast.
    pub(crate) too_fast: usize,
    recent: VecDeque<Instant>,
    searches: VecDeque<Instant>,
    last_id: u64,
}

impl World {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            contacts: BTreeMap::new(),
            companies: BTreeMap::new(),
            merged: BTreeMap::new(),
            unique: BTreeSet::new(),
            faults: Vec::new(),
            holding: Holding::default(),
            token: Some(TOKEN.into()),
            number: 4_711,
            admits: None,
            lacks: None,
            search_lag: 0,
            asked: Vec::new(),
            too_fast: 0,
            recent: VecDeque::new(),
            searches: VecDeque::new(),
            last_id: 50_000,
        }
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// A colleague makes a contact; answers its id.
    pub(crate) fn add(&mut self, properties: &[(&str, &str)]) -> u64 {
        self.insert("contacts", texts(properties))
    }

    /// A company with its domain and how many contacts it has.
    pub(crate) fn add_company(&mut self, name: &str, domain: &str, contacts: &str) -> u64 {
        let properties =
            [("name", name), ("domain", domain), ("num_associated_contacts", contacts)];
        self.insert_company(&properties)
    }

    pub(crate) fn insert_company(&mut self, properties: &[(&str, &str)]) -> u64 {
        self.insert("companies", texts(properties))
    }

    /// A colleague changes a contact.
    pub(crate) fn change(&mut self, id: u64, properties: &[(&str, &str)]) {
        let now = self.now();
        let contact = self.contacts.get_mut(&id).unwrap();
        for (name, text) in properties {
            contact.properties.insert((*name).into(), (*text).into());
        }
        contact.updated = now;
    }

    /// The token opens another account from now on, in which there is nobody.
    pub(crate) fn become_another(&mut self) {
        self.number += 1;
        self.contacts.clear();
    }

    /// A contact's property, empty if it has none.
    pub(crate) fn text(&self, id: u64, property: &str) -> String {
        self.contacts[&id].properties.get(property).cloned().unwrap_or_default()
    }

    /// The ids of the contacts that are not in the bin.
    pub(crate) fn there(&self) -> Vec<u64> {
        let there = self.contacts.iter().filter(|(_, contact)| !contact.archived);
        there.map(|(id, _)| *id).collect()
    }

    /// Holds back the next answer to what is asked at the end of this path.
    pub(crate) fn hold(&mut self, path: &'static str) -> Held {
        self.holding.hold(path)
    }

    /// How often something with `part` in it was asked.
    pub(crate) fn asked_for(&self, part: &str) -> usize {
        self.asked.iter().filter(|asked| asked.contains(part)).count()
    }

    pub(super) fn insert(&mut self, kind: &str, properties: BTreeMap<String, String>) -> u64 {
        let (now, id) = (self.now(), self.last_id + 1);
        let (created, updated, companies) = (now, now, BTreeMap::new());
        let (archived, hidden) = (false, false);
        let object = Object { properties, created, updated, archived, hidden, companies };
        self.objects_mut(kind).insert(id, object);
        self.last_id = id;
        id
    }

    fn objects(&self, kind: &str) -> &BTreeMap<u64, Object> {
        if kind == "companies" { &self.companies } else { &self.contacts }
    }

    pub(super) fn objects_mut(&mut self, kind: &str) -> &mut BTreeMap<u64, Object> {
        if kind == "companies" { &mut self.companies } else { &mut self.contacts }
    }

    /// Who has a value of a property.
    pub(super) fn with(&self, kind: &str, property: &str, value: &str) -> Option<u64> {
        let mut there = self.objects(kind).iter().filter(|(_, it)| !it.archived);
        let has = |it: &Object| it.properties.get(property).is_some_and(|text| text == value);
        there.find(|(_, it)| has(it)).map(|(id, _)| *id)
    }

    /// Who has an address, as the first or a further one.
    pub(super) fn with_email(&self, email: &str) -> Option<u64> {
        let has = |contact: &Object| {
            let first = contact.properties.get("email");
            let more = contact.properties.get("hs_additional_emails");
            let more = more.into_iter().flat_map(|texts| texts.split(';'));
            first
                .map(String::as_str)
                .into_iter()
                .chain(more)
                .any(|it| it.eq_ignore_ascii_case(email))
        };
        let mut there = self.contacts.iter().filter(|(_, contact)| !contact.archived);
        there.find(|(_, contact)| has(contact)).map(|(id, _)| *id)
    }

    /// Whether a request may go on; if not, what it is answered.
    pub(super) fn enter(&mut self, asked: &str, headers: &HeaderMap) -> Option<Response> {
        self.asked.push(asked.to_owned());
        let mut faults = self.faults.iter_mut();
        let fault = faults.find(|it| it.times > 0 && !it.done && it.is_at(asked));
        if let Some(fault) = fault {
            fault.times -= 1;
            return Some(trouble(fault.status));
        }
        if let Some(response) = self.limit(asked.ends_with("/search")) {
            return Some(response);
        }
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let is_token = bearer.is_some() && bearer == self.token.as_deref();
        if !is_token && !admits(self.admits.as_ref(), bearer) {
            let told = "The OAuth token used to make this call expired 4711 second(s) ago.";
            return Some(refusal(StatusCode::UNAUTHORIZED, "EXPIRED_AUTHENTICATION", told));
        }
        let lacks = self.lacks.filter(|scope| {
            let writes = !asked.starts_with("GET") && !asked.ends_with("/search");
            let is_of_it = scope.contains("schemas") == asked.contains("/properties/");
            let is_needed = !asked.ends_with(TOKEN_INFO);
            is_needed && is_of_it && (writes || !scope.contains("write"))
        });
        lacks.map(|scope| {
            let told = "This app hasn't been granted all required scopes to make this call.";
            let errors = json!([{"message": told, "context": {"requiredGranularScopes": [scope]}}]);
            detailed(StatusCode::FORBIDDEN, "MISSING_SCOPES", told, &errors)
        })
    }

    /// What is answered in place of what was done.
    pub(super) fn leave(&mut self, asked: &str) -> Option<Response> {
        let mut faults = self.faults.iter_mut();
        let fault = faults.find(|it| it.times > 0 && it.done && it.is_at(asked))?;
        fault.times -= 1;
        Some(trouble(fault.status))
    }

    /// 190 requests in ten seconds, five searches in one.
    fn limit(&mut self, is_search: bool) -> Option<Response> {
        let now = Instant::now();
        let forget = |times: &mut VecDeque<Instant>, age: Duration| {
            while times.front().is_some_and(|at| now - *at >= age) {
                times.pop_front();
            }
        };
        forget(&mut self.recent, Duration::from_secs(10));
        forget(&mut self.searches, Duration::from_secs(1));
        self.recent.push_back(now);
        if is_search {
            self.searches.push_back(now);
        }
        let policy = match () {
            () if self.recent.len() > 190 => "TEN_SECONDLY_ROLLING",
            () if self.searches.len() > 5 => "SECONDLY",
            () => return None,
        };
        self.too_fast += 1;
        Some(too_fast(policy))
    }
}

fn texts(properties: &[(&str, &str)]) -> BTreeMap<String, String> {
    let texts = properties.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    texts.collect()
}

impl Object {
    /// The company that a contact belongs to before all others.
    pub(crate) fn company(&self) -> Option<u64> {
        self.companies.iter().find(|(_, link)| link.primary).map(|(id, _)| *id)
    }

    /// Whether the search finds it.
    pub(super) fn is_found(&self) -> bool {
        !self.archived && !self.hidden
    }

    /// As the API shows it, with these properties.
    pub(super) fn shown(&self, id: u64, wanted: &[&str]) -> Value {
        let mut properties = self.properties.clone();
        properties.retain(|name, text| wanted.contains(&name.as_str()) && !text.is_empty());
        properties.insert("lastmodifieddate".into(), stamp(self.updated));
        properties.insert("createdate".into(), stamp(self.created));
        properties.insert("hs_object_id".into(), id.to_string());
        json!({
            "id": id.to_string(),
            "properties": properties,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "archived": self.archived,
        })
    }
}

/// Whether an access token (RFC 6750) is of somebody who is let in, and not of before.
pub(crate) fn admits(admits: Option<&(String, u64)>, bearer: Option<&str>) -> bool {
    let Some((account, from)) = admits else { return false };
    let shown = bearer.and_then(account_of);
    shown.is_some_and(|(of, which)| of == *account && which >= *from)
}

/// What is answered to who asks faster than a policy allows.
fn too_fast(policy: &str) -> Response {
    let body = json!({
        "status": "error", "category": "RATE_LIMITS", "errorType": "RATE_LIMIT",
        "message": format!("You have reached your {} limit.", policy.to_lowercase()),
        "policyName": policy,
        "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
    });
    (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
}

fn trouble(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return too_fast("TEN_SECONDLY_ROLLING");
    }
    let mut response = refusal(status, "INTERNAL_ERROR", "internal error: secretword");
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3600"));
    }
    response
}

pub(super) fn stamp(millis: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap();
    at.format(&Rfc3339).unwrap()
}

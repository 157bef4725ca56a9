//! What there is in the account, and what goes wrong there.

use super::worked::Work;
use super::{TOKEN, refusal};
use crate::support::emulator::Holding;
use crate::support::hubspot::{Fault, admits};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use undersigned::clock::Clock;

/// The time in which requests are counted.
const WINDOW: Duration = Duration::from_secs(2);
/// The faults that stand for a budget: a status of nobody.
pub(crate) const BUDGET_SPENT: u16 = 999;

#[derive(Debug)]
pub(crate) struct World {
    clock: Clock,
    /// As the API shows them, but for what is null.
    pub(crate) persons: BTreeMap<u64, Map<String, Value>>,
    /// What others do with persons.
    pub(super) work: Vec<(u64, Work)>,
    /// Persons that the token's user may not see.
    pub(crate) hidden: BTreeSet<u64>,
    /// Their names.
    pub(crate) organizations: BTreeMap<u64, String>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) holding: Holding,
    /// So many persons that are to be made are there only after [`World::finish`], and nobody hears of it.
    pub(crate) slow: usize,
    pub(super) unfinished: Vec<Map<String, Value>>,
    /// The one token that opens the account; `None`: it has ended.
    pub(crate) token: Option<String>,
    /// Which account it is.
    pub(crate) number: u64,
    /// Whose access tokens open it, from which one on.
    pub(crate) admits: Option<(String, u64)>,
    /// The app or user may not write.
    pub(crate) forbidden: Option<&'static str>,
    /// Its user may add persons.
    pub(crate) may_add: bool,
    /// The account has job titles and postal addresses.
    pub(crate) contact_sync: bool,
    /// The search does not see what is younger than so many seconds.
    pub(crate) search_lag: i64,
    /// Every request, `GET /api/…`.
    pub(crate) asked: Vec<String>,
    /// How often all persons were asked for, page by page.
    pub(crate) listed_by_id: usize,
    /// How often somebody asked too fast.
    pub(crate) too_fast: usize,
    recent: VecDeque<Instant>,
    searches: VecDeque<Instant>,
    /// Whose requests these are.
    counted: String,
    last_id: u64,
}

impl World {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            persons: BTreeMap::new(),
            work: Vec::new(),
            hidden: BTreeSet::new(),
            organizations: BTreeMap::new(),
            faults: Vec::new(),
            holding: Holding::default(),
            slow: 0,
            unfinished: Vec::new(),
            token: Some(TOKEN.into()),
            number: 4_711,
            admits: None,
            forbidden: None,
            may_add: true,
            contact_sync: true,
            search_lag: 0,
            asked: Vec::new(),
            listed_by_id: 0,
            too_fast: 0,
            recent: VecDeque::new(),
            searches: VecDeque::new(),
            counted: String::new(),
            last_id: 100,
        }
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().0 / 1000
    }

    /// A colleague makes a person; answers its id.
    pub(crate) fn add(&mut self, person: &Value) -> u64 {
        self.insert(person.as_object().unwrap().clone())
    }

    /// What was being made when the connection broke is there.
    pub(crate) fn finish(&mut self) {
        for person in std::mem::take(&mut self.unfinished) {
            self.insert(person);
        }
    }

    pub(super) fn insert(&mut self, mut person: Map<String, Value>) -> u64 {
        self.last_id += 1;
        let now = stamp(self.now());
        let name = person["name"].as_str().unwrap().to_owned();
        let (first, last) = name.rsplit_once(' ').unwrap_or(("", &name));
        for (key, value) in [
            ("id", json!(self.last_id)),
            ("first_name", json!(first)),
            ("last_name", json!(last)),
            ("add_time", json!(now)),
            ("update_time", json!(now)),
            ("is_deleted", json!(false)),
            ("visible_to", json!(3)),
        ] {
            person.insert(key.into(), value);
        }
        person.entry("owner_id").or_insert(json!(77));
        for key in ["emails", "phones"] {
            person.entry(key).or_insert(json!([]));
        }
        person.entry("custom_fields").or_insert(json!({}));
        self.persons.insert(self.last_id, person);
        self.last_id
    }

    pub(crate) fn add_organization(&mut self, name: &str) -> u64 {
        self.last_id += 1;
        self.organizations.insert(self.last_id, name.into());
        self.last_id
    }

    /// A colleague merges an organization into another one, to which its persons go over.
    pub(crate) fn merge_organizations(&mut self, id: u64, into: u64) {
        self.organizations.remove(&id).unwrap();
        for person in self.persons.values_mut() {
            if person.get("org_id").is_some_and(|it| *it == id) {
                person.insert("org_id".into(), json!(into));
            }
        }
    }

    /// Somebody changes a person; null clears a field.
    pub(crate) fn change(&mut self, id: u64, changes: &Value) {
        let now = stamp(self.now());
        let person = self.persons.get_mut(&id).unwrap();
        for (key, value) in changes.as_object().unwrap().clone() {
            match (value, person.get_mut(&key)) {
                (Value::Null, _) => drop(person.remove(&key)),
                (Value::Object(parts), Some(Value::Object(there))) => there.extend(parts),
                (value, _) => drop(person.insert(key, value)),
            }
        }
        person.insert("update_time".into(), json!(now));
    }

    /// A colleague merges a person into another, whose values are kept; blanks, addresses and numbers are taken
    /// over.
    pub(crate) fn merge(&mut self, id: u64, into: u64) {
        let gone = self.persons[&id].clone();
        let mut kept = self.persons[&into].clone();
        for (key, value) in &gone {
            let is_blank = kept.get(key).is_none_or(|it| it.is_null() || it == "");
            if is_blank {
                kept.insert(key.clone(), value.clone());
            }
        }
        for list in ["emails", "phones"] {
            let further = gone[list].as_array().unwrap().iter().cloned().map(|mut entry| {
                entry["primary"] = json!(false);
                entry
            });
            kept[list].as_array_mut().unwrap().extend(further);
        }
        kept.insert("update_time".into(), json!(stamp(self.now())));
        self.persons.insert(into, kept);
        self.hand_over(id, into);
        self.remove(id);
    }

    /// Somebody removes a person; no list names it afterwards.
    pub(crate) fn remove(&mut self, id: u64) {
        self.persons.get_mut(&id).unwrap().insert("is_deleted".into(), json!(true));
    }

    /// Whether a person is in lists, and found by searches.
    pub(super) fn lists(&self, person: &Map<String, Value>) -> bool {
        person["is_deleted"] == false && !self.hidden.contains(&person["id"].as_u64().unwrap())
    }

    /// The ids of the persons that are not deleted.
    pub(crate) fn there(&self) -> Vec<u64> {
        let there = self.persons.iter().filter(|(_, person)| person["is_deleted"] == false);
        there.map(|(id, _)| *id).collect()
    }

    /// A person as somebody sees it.
    pub(crate) fn person(&self, id: u64) -> Value {
        Value::Object(self.persons[&id].clone())
    }

    /// How often something with `part` in it was asked.
    pub(crate) fn asked_for(&self, part: &str) -> usize {
        self.asked.iter().filter(|asked| asked.contains(part)).count()
    }

    /// Whether a request may go on; if not, what it is answered.
    pub(super) fn enter(&mut self, asked: &str, headers: &HeaderMap) -> Option<Response> {
        self.asked.push(asked.to_owned());
        let mut faults = self.faults.iter_mut();
        let fault = faults.find(|it| it.times > 0 && !it.done && asked.contains(it.path));
        if let Some(fault) = fault {
            fault.times -= 1;
            return Some(trouble(fault.status));
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer =
            header(header::AUTHORIZATION.as_str()).and_then(|it| it.strip_prefix("Bearer "));
        let shown = header("x-api-token").or(bearer);
        if let Some(response) = self.limit(asked.ends_with("/search"), shown.unwrap_or_default()) {
            return Some(response);
        }
        let is_token = header("x-api-token").is_some_and(|it| Some(it) == self.token.as_deref());
        if !is_token && !admits(self.admits.as_ref(), bearer) {
            let told = "unauthorized access";
            return Some(refusal(StatusCode::UNAUTHORIZED, "ERR_UNAUTHORIZED", told));
        }
        let adds = asked.ends_with("POST /api/v2/persons");
        let may_not_add = (adds && !self.may_add).then_some("You do not have permission");
        let told = may_not_add.or(self.forbidden).filter(|_| !asked.starts_with("GET"))?;
        Some(refusal(StatusCode::FORBIDDEN, "ERR_FORBIDDEN", told))
    }

    /// What is answered in place of what was done.
    pub(super) fn leave(&mut self, asked: &str) -> Option<Response> {
        let mut faults = self.faults.iter_mut();
        let fault = faults.find(|it| it.times > 0 && it.done && asked.contains(it.path))?;
        fault.times -= 1;
        Some(trouble(fault.status))
    }

    /// In two seconds 20 requests with a token, ten of them searches.
    fn limit(&mut self, is_search: bool, token: &str) -> Option<Response> {
        let now = Instant::now();
        if self.counted != token {
            token.clone_into(&mut self.counted);
            self.recent.clear();
            self.searches.clear();
        }
        for times in [&mut self.recent, &mut self.searches] {
            while times.front().is_some_and(|at| now - *at >= WINDOW) {
                times.pop_front();
            }
        }
        self.recent.push_back(now);
        if is_search {
            self.searches.push_back(now);
        }
        if self.recent.len() > 20 || self.searches.len() > 10 {
            self.too_fast += 1;
            return Some(trouble(429));
        }
        None
    }
}

pub(super) fn trouble(status: u16) -> Response {
    let limited = matches!(status, 429 | BUDGET_SPENT);
    let code = if limited { StatusCode::TOO_MANY_REQUESTS } else { status.try_into().unwrap() };
    let mut response = refusal(code, "ERR_TROUBLE", "request over limit: secretword");
    if limited {
        let left = if status == BUDGET_SPENT { "0" } else { "29000" };
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-reset", HeaderValue::from_static("2"));
        headers.insert("x-daily-ratelimit-token-remaining", HeaderValue::from_static(left));
    }
    response
}

pub(super) fn stamp(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap().format(&Rfc3339).unwrap()
}

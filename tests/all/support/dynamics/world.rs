//! What there is in the environment, and what goes wrong there.

use super::{Asked, bad, refusal, related};
use crate::support::microsoft::assertion::Uploaded;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use undersigned::clock::{Clock, Millis};

/// The application user, and a colleague.
pub(super) const APP_USER: &str = "0d1156d2-1598-e711-80e8-00155db64062";
const COLLEAGUE: &str = "1d1156d2-1598-e711-80e8-00155db64062";

/// A fault on demand: what is asked with this in it is answered so, so many times.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) asked: &'static str,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    /// It is done all the same; only the answer is lost.
    pub(crate) done: bool,
}

/// A row of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) values: Map<String, Value>,
    pub(crate) version: u64,
}

/// The rows of a table by their ids.
pub(super) type Rows = BTreeMap<String, Row>;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(super) base: String,
    /// Where links lead.
    pub(crate) links: String,
    pub(super) contacts: Rows,
    /// Contacts that the application user may not read.
    pub(super) hidden: BTreeSet<String>,
    pub(super) accounts: Rows,
    pub(super) users: Rows,
    /// What is with contacts, by its table.
    pub(super) related: BTreeMap<&'static str, Rows>,
    /// Tables that the environment has not.
    pub(crate) without: Vec<&'static str>,
    /// Addresses of leads, which are duplicates of contacts with the same one.
    pub(crate) leads: Vec<&'static str>,
    /// Contacts that are gone, and since which version.
    pub(super) deleted: BTreeMap<String, u64>,
    pub(super) version: u64,
    /// What changed before this version is not known any more.
    pub(crate) forgotten: u64,
    /// Whether the changes of contacts are tracked.
    pub(crate) tracks: bool,
    /// Whether two contacts of one name are duplicates; of one address they always are.
    pub(crate) names_are_unique: bool,
    /// So long, in milliseconds, the rules do not know what has changed: Dynamics works out the codes that they
    /// compare every five minutes.
    pub(crate) rules_lag: i64,
    /// Whether two contacts of one mobile number are duplicates.
    pub(crate) mobiles_are_unique: bool,
    /// The most rows that a page has, whatever is asked for.
    pub(crate) page: usize,
    pub(crate) faults: Vec<Fault>,
    /// A right that the application user lacks.
    pub(crate) lacks: Option<&'static str>,
    /// The tokens that are good, and how often one was asked for.
    pub(super) tokens: BTreeSet<String>,
    pub(crate) signed_in: usize,
    /// The certificate of the app.
    pub(crate) uploaded: Uploaded,
    /// Every request, `GET contacts`.
    pub(crate) asked: Vec<String>,
    /// Changes that a colleague makes right before the next write comes in.
    pub(crate) just_before: Vec<(String, &'static str, &'static str)>,
    /// Requests under way at this moment; how often there were too many of them, or in five minutes.
    pub(super) at_once: usize,
    pub(crate) too_fast: usize,
    recent: VecDeque<Instant>,
    last_id: u64,
}

impl World {
    pub(super) fn new(clock: Clock, base: &str) -> Self {
        let mut world = Self {
            clock,
            base: base.to_owned(),
            links: base.to_owned(),
            contacts: Rows::new(),
            hidden: BTreeSet::new(),
            accounts: Rows::new(),
            users: Rows::new(),
            related: BTreeMap::new(),
            without: Vec::new(),
            leads: Vec::new(),
            deleted: BTreeMap::new(),
            version: 915_000,
            forgotten: 0,
            tracks: true,
            names_are_unique: false,
            rules_lag: 0,
            mobiles_are_unique: false,
            page: 50,
            faults: Vec::new(),
            lacks: None,
            tokens: BTreeSet::new(),
            signed_in: 0,
            uploaded: Uploaded::default(),
            asked: Vec::new(),
            just_before: Vec::new(),
            at_once: 0,
            too_fast: 0,
            recent: VecDeque::new(),
            last_id: 0,
        };
        for (name, mode) in [("Rita Rep", 0), ("# undersigned", 4)] {
            let values = json!({
                "fullname": name, "internalemailaddress": "rep@kugellager.test",
                "isdisabled": false, "accessmode": mode,
            });
            let id = world.new_id();
            world.users.insert(id, Row { values: values.as_object().unwrap().clone(), version: 1 });
        }
        world
    }

    pub(super) fn new_id(&mut self) -> String {
        self.last_id += 1;
        format!("{:08x}-0d87-e711-80e5-00155db19e6d", self.last_id)
    }

    /// The time now, as columns have it.
    pub(super) fn now(&self) -> String {
        Millis(self.clock.now().0 / 1000 * 1000).to_rfc3339()
    }

    /// A colleague makes a contact; answers its id.
    pub(crate) fn add(&mut self, values: &[(&str, &str)]) -> String {
        let id = self.new_id();
        let mut row = Row::default();
        let made = [("createdon", json!(self.now())), ("statecode", json!(0))];
        row.values.extend(made.map(|(name, value)| (name.to_owned(), value)));
        self.contacts.insert(id.clone(), row);
        self.change(&id, values);
        id
    }

    /// A colleague makes a company; answers its id.
    pub(crate) fn add_company(&mut self, name: &str, site: &str) -> String {
        self.add_account(&[("name", name), ("websiteurl", site)])
    }

    /// A colleague makes a company with these values; answers its id.
    pub(crate) fn add_account(&mut self, values: &[(&str, &str)]) -> String {
        let id = self.new_id();
        let values = values.iter().map(|(column, value)| ((*column).to_owned(), json!(value)));
        self.make_account(&id, values.collect());
        id
    }

    pub(super) fn make_account(&mut self, id: &str, mut values: Map<String, Value>) {
        values.insert("createdon".into(), json!(self.now()));
        values.insert("statecode".into(), json!(0));
        self.accounts.insert(id.to_owned(), Row { values, version: self.version });
    }

    /// A colleague changes texts of a contact; the company by the id of an account.
    pub(crate) fn change(&mut self, id: &str, values: &[(&str, &str)]) {
        let values = values.iter().map(|(name, text)| ((*name).to_owned(), json!(text)));
        let values = values.map(|(name, value)| match name.as_str() {
            "parentcustomerid" => ("_parentcustomerid_value".to_owned(), value),
            _ => (name, value),
        });
        self.set(id, values.collect());
    }

    /// A colleague takes a contact out of use, or back into it.
    pub(crate) fn set_state(&mut self, id: &str, state: u8) {
        self.set(id, Map::from_iter([("statecode".to_owned(), json!(state))]));
    }

    /// A colleague merges a contact into another one, whose values are kept: it is out of use, and names that.
    pub(crate) fn merge(&mut self, contact: &str, master: &str) {
        let merged = json!({"statecode": 1, "merged": true, "_masterid_value": master});
        self.set(contact, merged.as_object().unwrap().clone());
        self.set(master, Map::new());
    }

    /// A colleague merges a company into another one, likewise; the contacts of the one are with the other then.
    pub(crate) fn merge_accounts(&mut self, account: &str, master: &str) {
        let merged = json!({"statecode": 1, "merged": true, "_masterid_value": master});
        let values = &mut self.accounts.get_mut(account).unwrap().values;
        values.extend(merged.as_object().unwrap().clone());
        let is_there =
            |row: &Row| row.values.get("_parentcustomerid_value") == Some(&json!(account));
        let theirs = self.contacts.iter().filter(|(_, row)| is_there(row));
        for contact in theirs.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.change(&contact, &[("parentcustomerid", master)]);
        }
    }

    /// The application user loses the right to read a contact, which is told as if it were removed.
    pub(crate) fn hide(&mut self, id: &str) {
        self.version += 1;
        self.hidden.insert(id.to_owned());
        self.deleted.insert(id.to_owned(), self.version);
    }

    /// The application user loses the right to read a company.
    pub(crate) fn hide_company(&mut self, id: &str) {
        assert!(self.accounts.contains_key(id));
        self.hidden.insert(id.to_owned());
    }

    /// The application user may read a contact or company again, which tells nothing of itself.
    pub(crate) fn show(&mut self, id: &str) {
        self.hidden.remove(id);
        self.deleted.remove(id);
    }

    /// A colleague removes a contact.
    pub(crate) fn remove(&mut self, id: &str) {
        self.version += 1;
        self.contacts.remove(id).unwrap();
        self.cascade(id);
        self.deleted.insert(id.to_owned(), self.version);
    }

    fn set(&mut self, id: &str, values: Map<String, Value>) {
        self.set_as(COLLEAGUE, id, values);
    }

    /// Somebody changes a contact.
    pub(super) fn set_as(&mut self, user: &str, id: &str, values: Map<String, Value>) {
        self.version += 1;
        let (version, now) = (self.version, self.now());
        let row = self.contacts.get_mut(id).unwrap();
        row.values.extend(values);
        row.values.insert("modifiedon".into(), json!(now));
        row.values.insert("_modifiedby_value".into(), json!(user));
        row.version = version;
    }

    /// A contact's text, empty if it has none; of the company its name.
    pub(crate) fn text(&self, id: &str, column: &str) -> String {
        let values = &self.contacts[id].values;
        let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
        if column != "parentcustomerid" {
            return text(column).to_owned();
        }
        let company = self.accounts.get(text("_parentcustomerid_value"));
        company.map_or_else(String::new, |row| row.values["name"].as_str().unwrap().to_owned())
    }

    /// What a contact has.
    pub(crate) fn values(&self, id: &str) -> Map<String, Value> {
        self.contacts[id].values.clone()
    }

    /// The ids of the contacts.
    pub(crate) fn there(&self) -> Vec<String> {
        self.contacts.keys().cloned().collect()
    }

    /// How often something with `part` in it was asked.
    pub(crate) fn asked_for(&self, part: &str) -> usize {
        self.asked.iter().filter(|asked| asked.contains(part)).count()
    }

    /// All tokens end.
    pub(crate) fn end_tokens(&mut self) {
        self.tokens.clear();
    }

    /// What is answered before anything is done.
    pub(super) fn enter(&mut self, asked: &Asked) -> Option<Response> {
        let what = format!("{} {}", asked.method, asked.path);
        self.asked.push(what.clone());
        if let Some(refused) = self.limit() {
            return Some(refused);
        }
        let bearer = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        if !self.tokens.contains(bearer) {
            let told = "The token has expired.";
            return Some(refusal(StatusCode::UNAUTHORIZED, "", told).into_response());
        }
        for (name, value) in
            [("accept", "application/json"), ("odata-version", "4.0"), ("odata-maxversion", "4.0")]
        {
            if asked.header(name) != value {
                return Some(bad(&format!("{name} must be {value}")).into_response());
            }
        }
        let set = asked.path.split('(').next().unwrap_or_default();
        if let Some(privilege) = self.lacks.filter(|privilege| match asked.method.as_str() {
            "GET" => related::right(set) == Some(privilege),
            _ => !privilege.starts_with("prvRead") || *privilege == "prvReadContact",
        }) {
            let told = format!("Principal user (Anna, type=8) is missing {privilege} privilege");
            return Some(refusal(StatusCode::FORBIDDEN, "0x80040220", &told).into_response());
        }
        if asked.method != "GET" {
            for (id, column, text) in std::mem::take(&mut self.just_before) {
                self.change(&id, &[(column, text)]);
            }
        }
        self.fault(&format!("{what}?{}", asked.query), false)
    }

    /// What is answered in place of what was done.
    pub(super) fn leave(&mut self, asked: &Asked) -> Option<Response> {
        self.fault(&format!("{} {}?{}", asked.method, asked.path, asked.query), true)
    }

    fn fault(&mut self, what: &str, done: bool) -> Option<Response> {
        let is_it = |it: &Fault| it.done == done && what.contains(it.asked);
        let at = self.faults.iter().position(is_it)?;
        let fault = self.faults.remove(at);
        Some(trouble(fault.status, fault.code))
    }

    /// 6,000 requests in five minutes, and 52 at once.
    fn limit(&mut self) -> Option<Response> {
        let now = Instant::now();
        while self.recent.front().is_some_and(|at| now - *at >= Duration::from_mins(5)) {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        if self.recent.len() <= 6_000 && self.at_once <= 52 {
            return None;
        }
        self.too_fast += 1;
        Some(trouble(429, "0x80072322"))
    }
}

fn trouble(status: u16, code: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let mut answer = refusal(status, code, "Number of requests").into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
    }
    answer
}

//! What there is in the org, and what goes wrong there.

use super::activities::Activity;
use super::refusal;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use time::macros::format_description;
use undersigned::clock::Clock;

/// The app's consumer key and secret.
pub(crate) const KEY: &str = "3MVG9_key_of_the_app";
pub(crate) const SECRET: &str = "4F5D_secret_of_the_app";
/// The org, the user that the app runs as, and a colleague.
pub(super) const ORG: &str = "00D7Q000000ABCDUA2";
pub(super) const APP_USER: &str = "0057Q000000appUQAQ";
pub(super) const COLLEAGUE: &str = "0057Q000000colUQAQ";

/// A fault on demand: what is asked with this in it is answered so, so many times.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    /// It is done all the same; only the answer is lost.
    pub(crate) done: bool,
}

/// What happens when leads are asked for the next time, and contacts were before.
#[derive(Debug, Clone)]
pub(crate) enum AtLeads {
    /// A colleague converts this one right before.
    Converted(String),
    /// Salesforce does not answer.
    Down,
}

/// A contact, a lead or an account.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) fields: BTreeMap<String, String>,
    pub(super) created: i64,
    pub(super) created_by: &'static str,
    pub(super) modified: i64,
    pub(super) modified_by: &'static str,
    /// It is in the recycle bin.
    pub(crate) deleted: bool,
    /// The contact that a converted lead has become.
    pub(crate) converted_to: Option<String>,
    /// The record that was kept when it was merged with that.
    pub(super) merged_into: Option<String>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) contacts: BTreeMap<String, Object>,
    pub(crate) accounts: BTreeMap<String, Object>,
    pub(crate) leads: BTreeMap<String, Object>,
    /// What is with contacts and leads.
    pub(super) activities: BTreeMap<String, Activity>,
    /// A kind that the app's user may not see.
    pub(crate) unseen: Option<&'static str>,
    /// Fields that the app's user may not see, each with its kind.
    pub(crate) unseen_fields: Vec<(&'static str, &'static str)>,
    /// The list that countries are of, which have a field for their code then, as states have.
    pub(crate) countries: Option<&'static [&'static str]>,
    pub(crate) at_leads: Option<AtLeads>,
    pub(crate) faults: Vec<Fault>,
    /// So many contacts that are to be made are there only after [`World::finish`], and nobody hears of it.
    pub(crate) slow: usize,
    pub(super) unfinished: Vec<BTreeMap<String, String>>,
    /// The secret that the app has now.
    pub(crate) secret: String,
    /// Why nobody can sign in, as error and words.
    pub(crate) closed: Option<(&'static str, &'static str)>,
    /// What the sign-in says where requests go.
    pub(crate) instance: String,
    pub(super) sessions: BTreeSet<String>,
    pub(crate) sign_ins: usize,
    /// How many requests are left of the day.
    pub(crate) left: Option<usize>,
    /// The app's user may not write.
    pub(crate) read_only: bool,
    /// The app's user sees no contacts of others.
    pub(crate) private: bool,
    /// The org has no duplicate rules.
    pub(crate) without_rules: bool,
    /// The account that a duplicate rule finds like every new one.
    pub(crate) account_rule: Option<String>,
    /// A rule refuses contacts with this in a field.
    pub(crate) rule: Option<(&'static str, &'static str)>,
    /// What a colleague does right before the next write is looked at.
    pub(crate) meanwhile: Option<(String, &'static str, &'static str)>,
    /// The rows of a page.
    pub(crate) page: usize,
    pub(super) cursors: BTreeMap<String, Vec<Value>>,
    /// Every request, `GET /query`.
    pub(crate) asked: Vec<String>,
    /// Every query.
    pub(crate) queries: Vec<String>,
    last_id: usize,
}

impl World {
    pub(super) fn new(clock: Clock, url: &str) -> Self {
        Self {
            clock,
            contacts: BTreeMap::new(),
            accounts: BTreeMap::new(),
            leads: BTreeMap::new(),
            activities: BTreeMap::new(),
            unseen: None,
            unseen_fields: Vec::new(),
            countries: None,
            at_leads: None,
            faults: Vec::new(),
            slow: 0,
            unfinished: Vec::new(),
            secret: SECRET.into(),
            closed: None,
            instance: url.to_owned(),
            sessions: BTreeSet::new(),
            sign_ins: 0,
            left: None,
            read_only: false,
            private: false,
            without_rules: false,
            account_rule: None,
            rule: None,
            meanwhile: None,
            page: 50,
            cursors: BTreeMap::new(),
            asked: Vec::new(),
            queries: Vec::new(),
            last_id: 0,
        }
    }

    /// The time, which is known to the second.
    pub(super) fn now(&self) -> i64 {
        let now = self.clock.now().0;
        now - now.rem_euclid(1000)
    }

    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}7Q{:010}QAQ", self.last_id)
    }

    /// A colleague makes a contact; answers its id.
    pub(crate) fn add(&mut self, fields: &[(&str, &str)]) -> String {
        self.add_as("Contact", fields)
    }

    /// A colleague makes a lead; answers its id.
    pub(crate) fn add_lead(&mut self, fields: &[(&str, &str)]) -> String {
        self.add_as("Lead", fields)
    }

    fn add_as(&mut self, kind: &str, fields: &[(&str, &str)]) -> String {
        let fields = fields.iter().map(|(name, text)| ((*name).into(), (*text).into()));
        self.insert(kind, fields.collect(), COLLEAGUE)
    }

    /// A colleague converts a lead; answers the id of its contact.
    pub(crate) fn convert(&mut self, lead: &str) -> String {
        let fields = self.leads[lead].fields.clone();
        let account = self.add_account(&fields["Company"], "");
        let same =
            ["Salutation", "FirstName", "LastName", "Title", "Email", "Phone", "MobilePhone"];
        let mut fields: BTreeMap<String, String> =
            fields.into_iter().filter(|(name, _)| same.contains(&name.as_str())).collect();
        fields.insert("AccountId".into(), account);
        let contact = self.insert("Contact", fields, COLLEAGUE);
        self.hand_over(lead, Some(&contact));
        let now = self.now();
        let lead = self.leads.get_mut(lead).unwrap();
        (lead.converted_to, lead.modified) = (Some(contact.clone()), now);
        contact
    }

    /// Whether the app's user sees such records.
    pub(super) fn has(&self, kind: &str) -> bool {
        self.unseen != Some(kind)
    }

    /// Whether the app's user sees such a field.
    pub(super) fn shows_field(&self, kind: &str, name: &str) -> bool {
        !self.unseen_fields.contains(&(kind, name))
            && (self.countries.is_some()
                || !(name.ends_with("CountryCode") || name.ends_with("StateCode")))
    }

    /// The contacts, or the leads.
    pub(super) fn of(&self, kind: &str) -> &BTreeMap<String, Object> {
        if kind == "Lead" { &self.leads } else { &self.contacts }
    }

    pub(super) fn of_mut(&mut self, kind: &str) -> &mut BTreeMap<String, Object> {
        if kind == "Lead" { &mut self.leads } else { &mut self.contacts }
    }

    pub(super) fn insert(
        &mut self,
        kind: &str,
        fields: BTreeMap<String, String>,
        created_by: &'static str,
    ) -> String {
        let prefix = if kind == "Lead" { "00Q" } else { "003" };
        let (id, now) = (self.new_id(prefix), self.now());
        let (created, modified, deleted, converted_to) = (now, now, false, None);
        let (merged_into, modified_by) = (None, created_by);
        let object = Object {
            fields,
            created,
            created_by,
            modified,
            modified_by,
            deleted,
            converted_to,
            merged_into,
        };
        self.of_mut(kind).insert(id.clone(), object);
        id
    }

    /// What was being made when the connection broke is there.
    pub(crate) fn finish(&mut self) {
        for fields in std::mem::take(&mut self.unfinished) {
            self.insert("Contact", fields, APP_USER);
        }
    }

    /// An account; answers its id.
    pub(crate) fn add_account(&mut self, name: &str, website: &str) -> String {
        let fields = [("Name", name), ("Website", website)];
        let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let (id, now) = (self.new_id("001"), self.now());
        let object = Object {
            fields,
            created: now,
            created_by: COLLEAGUE,
            modified: now,
            modified_by: COLLEAGUE,
            deleted: false,
            converted_to: None,
            merged_into: None,
        };
        self.accounts.insert(id.clone(), object);
        id
    }

    /// A colleague changes a contact or lead.
    pub(crate) fn change(&mut self, id: &str, name: &str, text: &str) {
        let now = self.now();
        let contact = self.of_mut(kind_of(id)).get_mut(id).unwrap();
        contact.fields.insert(name.into(), text.into());
        (contact.modified, contact.modified_by) = (now, COLLEAGUE);
    }

    /// A colleague merges a contact with another one, which is kept and has its values from now on.
    pub(crate) fn merge(&mut self, contact: &str, kept: &str) {
        let now = self.now();
        let gone = self.contacts.get_mut(contact).unwrap();
        (gone.deleted, gone.modified, gone.merged_into) = (true, now, Some(kept.to_owned()));
        let fields = gone.fields.clone();
        self.hand_over(contact, Some(kept));
        let kept = self.contacts.get_mut(kept).unwrap();
        (kept.fields, kept.modified, kept.modified_by) = (fields, now, COLLEAGUE);
    }

    /// A colleague merges an account into another one, whose values are kept; its contacts go over to that.
    pub(crate) fn merge_accounts(&mut self, account: &str, kept: &str) {
        let now = self.now();
        let gone = self.accounts.get_mut(account).unwrap();
        (gone.deleted, gone.modified, gone.merged_into) = (true, now, Some(kept.to_owned()));
        for contact in self.contacts.values_mut() {
            if contact.fields.get("AccountId").is_some_and(|id| id == account) {
                contact.fields.insert("AccountId".into(), kept.to_owned());
            }
        }
    }

    /// A colleague moves a contact or lead to the recycle bin, and what is with it.
    pub(crate) fn delete(&mut self, id: &str) {
        self.hand_over(id, None);
        let now = self.now();
        let contact = self.of_mut(kind_of(id)).get_mut(id).unwrap();
        (contact.deleted, contact.modified) = (true, now);
    }

    /// Whether the app's user sees a contact.
    pub(super) fn shows(&self, contact: &Object) -> bool {
        let owner = contact.fields.get("OwnerId").map_or(APP_USER, String::as_str);
        !self.private || owner == APP_USER
    }

    /// A field of a contact or lead, empty if it has none.
    pub(crate) fn text(&self, id: &str, field: &str) -> String {
        self.of(kind_of(id))[id].fields.get(field).cloned().unwrap_or_default()
    }

    /// The ids of the contacts that are not in the recycle bin.
    pub(crate) fn there(&self) -> Vec<String> {
        let there = self.contacts.iter().filter(|(_, contact)| !contact.deleted);
        there.map(|(id, _)| id.clone()).collect()
    }

    /// Every session ends.
    pub(crate) fn end_sessions(&mut self) {
        self.sessions.clear();
    }

    /// Whether a request may go on; if not, what it is answered.
    pub(super) fn enter(&mut self, asked: &str, headers: &HeaderMap) -> Option<Response> {
        self.asked.push(asked.to_owned());
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        if !bearer.is_some_and(|token| self.sessions.contains(token)) {
            let told = "Session expired or invalid";
            return Some(refusal(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", told, &[]));
        }
        if let Some(fault) = self.take_fault(asked, false) {
            return Some(fault);
        }
        if let Some(left) = &mut self.left {
            if *left == 0 {
                let told = "TotalRequests Limit exceeded.";
                return Some(refusal(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", told, &[]));
            }
            *left -= 1;
        }
        None
    }

    /// What is answered in place of what was done.
    pub(super) fn leave(&mut self, asked: &str) -> Option<Response> {
        self.take_fault(asked, true)
    }

    fn take_fault(&mut self, asked: &str, done: bool) -> Option<Response> {
        let found = self.faults.iter().position(|it| it.done == done && asked.contains(it.path))?;
        let fault = self.faults.remove(found);
        let status = StatusCode::from_u16(fault.status).unwrap();
        Some(refusal(status, fault.code, "secretword", &[]))
    }
}

fn kind_of(id: &str) -> &'static str {
    if id.starts_with("00Q") { "Lead" } else { "Contact" }
}

/// A day as Salesforce writes it.
pub(super) fn day(millis: i64) -> String {
    stamp(millis).split('T').next().unwrap().to_owned()
}

/// A time as Salesforce writes it.
pub(super) fn stamp(millis: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(millis / 1000).unwrap();
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].000+0000");
    at.format(form).unwrap()
}

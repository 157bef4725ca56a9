//! Contacts and leads one by one: made, changed, deleted, and what the org's rules say to it.

use super::world::{APP_USER, COLLEAGUE, Object, World};
use super::{Shared, detailed, refusal, schema};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How a request has to ask for the org's duplicate rules: among what its user sees, or among all.
const RULES: &str = "allowSave=false; includeRecordDetails=true; runAsCurrentUser=";

/// The states that the list of the United States has; no other country has any.
const STATES: [(&str, &str); 2] = [("CA", "California"), ("TX", "Texas")];

type Body = Json<Map<String, Value>>;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/sobjects/Account", post(create_account))
        .route("/sobjects/{kind}", post(create))
        .route("/sobjects/{kind}/{id}", patch(change).delete(delete))
        .route("/sobjects/{kind}/describe", get(describe))
}

async fn describe(State(shared): State<Shared>, Path(kind): Path<String>) -> Response {
    let world = shared.lock().unwrap();
    match schema::of(&kind).filter(|_| world.has(&kind)) {
        Some(fields) => {
            let can_write = !world.read_only && kind != "Account";
            let is_seen = |name: &str| world.shows_field(&kind, name);
            Json(schema::describe(&kind, fields, can_write, is_seen)).into_response()
        }
        None => gone(),
    }
}

async fn create(
    State(shared): State<Shared>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    Json(new): Body,
) -> Response {
    let mut world = shared.lock().unwrap();
    if !world.has(&kind) {
        return gone();
    }
    let fields = match world.taken(&kind, &BTreeMap::new(), &new) {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    if let Some(refused) = world.alike(None, &fields, &headers) {
        return refused;
    }
    if kind == "Contact" && world.slow > 0 {
        world.slow -= 1;
        world.unfinished.push(fields);
        return refusal(StatusCode::BAD_GATEWAY, "", "secretword", &[]);
    }
    let id = world.insert(&kind, fields, APP_USER);
    let body = json!({"id": id, "success": true, "errors": []});
    (StatusCode::CREATED, Json(body)).into_response()
}

async fn create_account(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(new): Body,
) -> Response {
    sees_all(&headers);
    let mut world = shared.lock().unwrap();
    let takes = |(name, value): (&String, &Value)| {
        let field = schema::ACCOUNT.iter().find(|field| field.name == name);
        let text = value.as_str().unwrap_or_default();
        field.is_some_and(|field| {
            field.writable && !text.is_empty() && text.chars().count() <= field.most
        })
    };
    if world.read_only || !new.contains_key("Name") || !new.iter().all(takes) {
        let told = "secretword";
        return refusal(StatusCode::BAD_REQUEST, "INVALID_FIELD_FOR_INSERT_UPDATE", told, &[]);
    }
    if let Some(id) = &world.account_rule {
        return duplicates(&[("Account", id.clone())]);
    }
    let (name, site) = (new["Name"].as_str().unwrap(), new.get("Website"));
    let id = world.add_account(name, site.and_then(Value::as_str).unwrap_or_default());
    (StatusCode::CREATED, Json(json!({"id": id, "success": true, "errors": []}))).into_response()
}

async fn change(
    State(shared): State<Shared>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json(changes): Body,
) -> Response {
    let mut world = shared.lock().unwrap();
    if let Some((id, name, text)) = world.meanwhile.take() {
        if name == "IsConverted" {
            world.convert(&id);
        } else {
            world.change(&id, name, text);
        }
    }
    let there = world.of(&kind).get(&id).filter(|it| !it.deleted);
    let Some(contact) = there else { return gone() };
    if contact.converted_to.is_some() {
        let told = "cannot reference converted lead";
        return refusal(StatusCode::BAD_REQUEST, "CANNOT_UPDATE_CONVERTED_LEAD", told, &[]);
    }
    if let Some(since) = headers.get("if-unmodified-since") {
        let since = since.to_str().unwrap().replace("GMT", "+0000");
        let Ok(since) = OffsetDateTime::parse(&since, &Rfc2822) else {
            return refusal(StatusCode::BAD_REQUEST, "INVALID_HEADER", "no date", &[]);
        };
        if contact.modified > since.unix_timestamp() * 1000 {
            let told = "the record was modified";
            return refusal(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", told, &[]);
        }
    }
    let before = contact.fields.clone();
    let fields = match world.taken(&kind, &before, &changes) {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    if let Some(refused) = world.alike(Some(&id), &fields, &headers) {
        return refused;
    }
    let now = world.now();
    let contact = world.of_mut(&kind).get_mut(&id).unwrap();
    (contact.fields, contact.modified, contact.modified_by) = (fields, now, APP_USER);
    StatusCode::NO_CONTENT.into_response()
}

async fn delete(
    State(shared): State<Shared>,
    Path((kind, id)): Path<(String, String)>,
) -> Response {
    let mut world = shared.lock().unwrap();
    match world.of(&kind).get(&id) {
        Some(contact) if !contact.deleted => {
            world.delete(&id);
            StatusCode::NO_CONTENT.into_response()
        }
        Some(_) => refusal(StatusCode::NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted", &[]),
        None => gone(),
    }
}

fn gone() -> Response {
    let told = "The requested resource does not exist";
    refusal(StatusCode::NOT_FOUND, "NOT_FOUND", told, &[])
}

impl World {
    /// The fields after a change, unless it is not to be taken.
    fn taken(
        &self,
        kind: &str,
        before: &BTreeMap<String, String>,
        changes: &Map<String, Value>,
    ) -> Result<BTreeMap<String, String>, Box<Response>> {
        if self.read_only {
            let told = "insufficient access rights on object id";
            return Err(Box::new(refusal(
                StatusCode::FORBIDDEN,
                "INSUFFICIENT_ACCESS_OR_READONLY",
                told,
                &[],
            )));
        }
        let mut after = before.clone();
        for (name, value) in changes {
            let field = schema::of(kind).unwrap().iter().find(|field| field.name == name);
            let text = value.as_str().unwrap_or_default();
            let code = match field.filter(|_| self.shows_field(kind, name)) {
                None => {
                    let told = format!("No such column '{name}' on sobject of type {kind}");
                    return Err(Box::new(refusal(
                        StatusCode::BAD_REQUEST,
                        "INVALID_FIELD",
                        &told,
                        &[],
                    )));
                }
                Some(field) if !field.writable => "INVALID_FIELD_FOR_INSERT_UPDATE",
                Some(_) if !(value.is_string() || value.is_null()) => "JSON_PARSER_ERROR",
                // An empty one is null.
                Some(_) if value.is_string() && text.is_empty() => "JSON_PARSER_ERROR",
                Some(field) if text.chars().count() > field.most => "STRING_TOO_LONG",
                Some(_) if name == "Email" && !text.is_empty() && !text.contains('@') => {
                    "INVALID_EMAIL_ADDRESS"
                }
                Some(_)
                    if name.ends_with("Country")
                        && !text.is_empty()
                        && self.countries.is_some_and(|list| !list.contains(&text)) =>
                {
                    "FIELD_INTEGRITY_EXCEPTION"
                }
                Some(_) if name == "AccountId" && !text.is_empty() => {
                    if self.accounts.get(text).is_some_and(|account| !account.deleted) {
                        ""
                    } else {
                        "INVALID_CROSS_REFERENCE_KEY"
                    }
                }
                Some(_) if name == "OwnerId" && ![APP_USER, COLLEAGUE].contains(&text) => {
                    "INVALID_CROSS_REFERENCE_KEY"
                }
                Some(_) if self.rule.is_some_and(|(of, not)| of == name && text.contains(not)) => {
                    "FIELD_CUSTOM_VALIDATION_EXCEPTION"
                }
                Some(_) => "",
            };
            if !code.is_empty() {
                let told = format!("{name}: secretword {text}");
                return Err(Box::new(refusal(StatusCode::BAD_REQUEST, code, &told, &[name])));
            }
            after.insert(name.clone(), text.to_owned());
            if let Some(state) = name.strip_suffix("Code").filter(|it| it.ends_with("State")) {
                let called = STATES.iter().find(|(code, _)| *code == text).map_or("", |it| it.1);
                after.insert(state.to_owned(), called.to_owned());
            }
        }
        if let Some(state) = self.state_elsewhere(&after) {
            let (told, code) = (format!("{state}: secretword"), "FIELD_INTEGRITY_EXCEPTION");
            return Err(Box::new(refusal(StatusCode::BAD_REQUEST, code, &told, &[&state])));
        }
        for name in schema::required(kind) {
            if after.get(*name).is_none_or(String::is_empty) {
                let told = format!("Required fields are missing: [{name}]");
                let code = "REQUIRED_FIELD_MISSING";
                return Err(Box::new(refusal(StatusCode::BAD_REQUEST, code, &told, &[name])));
            }
        }
        Ok(after)
    }

    /// The field of a state that is none of its country's, where both are of lists.
    fn state_elsewhere(&self, fields: &BTreeMap<String, String>) -> Option<String> {
        self.countries?;
        let text = |name: String| fields.get(&name).map_or("", String::as_str);
        let states = ["Mailing", ""].into_iter().filter(|of| {
            let country = (text(format!("{of}CountryCode")), text(format!("{of}Country")));
            let state = text(format!("{of}State"));
            let has_states = country.0 == "US" || country.1 == "United States";
            let is_listed = has_states && STATES.iter().any(|(_, name)| *name == state);
            !state.is_empty() && !is_listed
        });
        states.map(|of| format!("{of}State")).next()
    }

    /// Whom the org's rules find like somebody: with their name and address, or their name and phone.
    fn alike(
        &self,
        own: Option<&str>,
        fields: &BTreeMap<String, String>,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let sees_all = sees_all(headers);
        let text = |of: &BTreeMap<String, String>, name: &str| {
            of.get(name).map(|text| text.to_lowercase()).filter(|text| !text.is_empty())
        };
        let same = |of: &BTreeMap<String, String>, name: &str| {
            text(fields, name).is_some_and(|it| Some(it) == text(of, name))
        };
        let is_alike = |id: &String, it: &Object| {
            !it.deleted
                && it.converted_to.is_none()
                && own != Some(id.as_str())
                && (sees_all || self.shows(it))
                && (["LastName", "Email"].iter().all(|name| same(&it.fields, name))
                    || ["FirstName", "LastName", "Phone"].iter().all(|name| same(&it.fields, name)))
        };
        let alike = |kind: &'static str| {
            let of_kind = self.of(kind).iter().filter(|(id, it)| is_alike(id, it));
            of_kind.map(move |(id, _)| (kind, id.clone()))
        };
        let found: Vec<_> = alike("Contact").chain(alike("Lead")).collect();
        (!found.is_empty() && !self.without_rules).then(|| duplicates(&found))
    }
}

/// Whether the duplicate rules are to look beyond what the user sees.
fn sees_all(headers: &HeaderMap) -> bool {
    let rules = headers.get("sforce-duplicate-rule-header").and_then(|it| it.to_str().ok());
    match rules.and_then(|rules| rules.strip_prefix(RULES)) {
        Some("true") => false,
        Some("false") => true,
        _ => panic!("the duplicate rules are not asked for: {rules:?}"),
    }
}

/// What the rules say of likenesses.
fn duplicates(found: &[(&str, String)]) -> Response {
    let results = found.iter().map(|(kind, id)| {
        json!({
            "entityType": kind, "errors": [], "matchEngine": "ExactMatchEngine",
            "rule": format!("Standard_{kind}_Match_Rule"), "size": 1, "success": true,
            "matchRecords": [{
                "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                "record": {"attributes": {"type": kind}, "Id": id},
            }],
        })
    });
    let results: Vec<Value> = results.collect();
    let told = "Use one of these records?";
    detailed(
        StatusCode::BAD_REQUEST,
        json!({
            "errorCode": "DUPLICATES_DETECTED",
            "message": told,
            "duplicateResut": {
                "allowSave": true, "duplicateRule": "Standard_Contact_Duplicate_Rule",
                "duplicateRuleEntityType": "Contact", "errorMessage": told,
                "matchResults": results,
            },
        }),
    )
}

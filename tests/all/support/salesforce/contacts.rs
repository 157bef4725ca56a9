//! Contacts one by one: made, changed, deleted, and what the org's rules say to it.

use super::world::{APP_USER, COLLEAGUE, World};
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

type Body = Json<Map<String, Value>>;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/sobjects/Contact", post(create))
        .route("/sobjects/Account", post(create_account))
        .route("/sobjects/Contact/{id}", patch(change).delete(delete))
        .route("/sobjects/Contact/describe", get(contacts))
        .route("/sobjects/Account/describe", get(accounts))
}

async fn contacts(State(shared): State<Shared>) -> Json<Value> {
    let can_write = !shared.lock().unwrap().read_only;
    Json(schema::describe("Contact", &schema::CONTACT, can_write))
}

async fn accounts() -> Json<Value> {
    Json(schema::describe("Account", &schema::ACCOUNT, false))
}

async fn create(State(shared): State<Shared>, headers: HeaderMap, Json(new): Body) -> Response {
    let mut world = shared.lock().unwrap();
    let fields = match world.taken(&BTreeMap::new(), &new) {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    if let Some(refused) = world.alike(None, &fields, &headers) {
        return refused;
    }
    let id = world.insert(fields, APP_USER);
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
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(changes): Body,
) -> Response {
    let mut world = shared.lock().unwrap();
    if let Some((id, name, text)) = world.meanwhile.take() {
        world.change(&id, name, text);
    }
    let Some(contact) = world.contacts.get(&id).filter(|it| !it.deleted) else { return gone() };
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
    let fields = match world.taken(&before, &changes) {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    if let Some(refused) = world.alike(Some(&id), &fields, &headers) {
        return refused;
    }
    let now = world.now();
    let contact = world.contacts.get_mut(&id).unwrap();
    (contact.fields, contact.modified) = (fields, now);
    StatusCode::NO_CONTENT.into_response()
}

async fn delete(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let mut world = shared.lock().unwrap();
    match world.contacts.get(&id) {
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
            let field = schema::CONTACT.iter().find(|field| field.name == name);
            let text = value.as_str().unwrap_or_default();
            let code = match field {
                None => {
                    let told = format!("No such column '{name}' on sobject of type Contact");
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
                Some(_) if name == "AccountId" && !text.is_empty() => {
                    if self.accounts.contains_key(text) {
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
        }
        if after.get("LastName").is_none_or(String::is_empty) {
            let told = "Required fields are missing: [LastName]";
            let code = "REQUIRED_FIELD_MISSING";
            return Err(Box::new(refusal(StatusCode::BAD_REQUEST, code, told, &["LastName"])));
        }
        Ok(after)
    }

    /// Whom the org's rules find like a contact: with its name and address, or its name and phone.
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
        let contacts = self.contacts.iter().filter(|(id, it)| {
            !it.deleted
                && own != Some(id.as_str())
                && (sees_all || self.shows(it))
                && (["LastName", "Email"].iter().all(|name| same(&it.fields, name))
                    || ["FirstName", "LastName", "Phone"].iter().all(|name| same(&it.fields, name)))
        });
        let contacts = contacts.map(|(id, _)| ("Contact", id.clone()));
        let lead = text(fields, "Email").and_then(|email| self.leads.get(&email));
        let found: Vec<_> = contacts.chain(lead.map(|id| ("Lead", id.clone()))).collect();
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

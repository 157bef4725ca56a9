//! Which properties contacts and companies have, those that are made for an account, and which values they
//! take.

use super::world::{COMPANY_PROPERTIES, OWNERS, PROPERTIES, World};
use super::{Shared, detailed, refusal};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/crm/v3/properties/{kind}", get(all).post(make))
        .route("/crm/v3/properties/{kind}/{name}", get(one))
}

/// The most properties with unique values that an account may have of a kind.
const MOST_UNIQUE: usize = 10;

fn usual(kind: &str) -> Option<&'static [(&'static str, bool)]> {
    match kind {
        "contacts" => Some(&PROPERTIES),
        "companies" => Some(&COMPANY_PROPERTIES),
        _ => None,
    }
}

fn shown(name: &str, writable: bool, unique: bool) -> Value {
    json!({
        "name": name, "label": name, "type": "string", "hasUniqueValue": unique,
        "modificationMetadata": {"archivable": unique, "readOnlyValue": !writable},
    })
}

async fn all(State(shared): State<Shared>, Path(kind): Path<String>) -> Response {
    let Some(usual) = usual(&kind) else { return missing() };
    let world = shared.lock().unwrap();
    let made = world.unique.iter().filter(|(of, _)| *of == kind);
    let usual = usual.iter().map(|(name, writable)| shown(name, *writable, false));
    let all: Vec<Value> = usual.chain(made.map(|(_, name)| shown(name, true, true))).collect();
    Json(json!({"results": all})).into_response()
}

async fn one(State(shared): State<Shared>, Path((kind, name)): Path<(String, String)>) -> Response {
    let Some(usual) = usual(&kind) else { return missing() };
    if let Some((name, writable)) = usual.iter().find(|(known, _)| *known == name) {
        return Json(shown(name, *writable, false)).into_response();
    }
    if shared.lock().unwrap().is_unique(&kind, &name) {
        return Json(shown(&name, true, true)).into_response();
    }
    missing()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct New {
    name: String,
    #[serde(rename = "label")]
    _label: String,
    #[serde(rename = "description")]
    _description: String,
    group_name: String,
    #[serde(rename = "type")]
    kind: String,
    field_type: String,
    has_unique_value: bool,
    #[serde(rename = "formField")]
    _form_field: bool,
}

async fn make(
    State(shared): State<Shared>,
    Path(kind): Path<String>,
    Json(new): Json<New>,
) -> Response {
    let Some(usual) = usual(&kind) else { return missing() };
    let group = if kind == "companies" { "companyinformation" } else { "contactinformation" };
    let bad = |why: &str| refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", why);
    let is_name = new.name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if new.group_name != group || new.kind != "string" || new.field_type != "text" || !is_name {
        return bad("no such property can be made");
    }
    assert!(new.has_unique_value, "the stories need no other");
    let mut world = shared.lock().unwrap();
    if world.unique.iter().filter(|(of, _)| *of == kind).count() >= MOST_UNIQUE {
        return bad("too many unique properties");
    }
    let is_there = usual.iter().any(|(known, _)| *known == new.name);
    if is_there || !world.unique.insert((kind, new.name.clone())) {
        let told = "A property of that name exists already";
        return refusal(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", told);
    }
    (StatusCode::CREATED, Json(shown(&new.name, true, true))).into_response()
}

fn missing() -> Response {
    refusal(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "there is no such property")
}

impl World {
    /// Whether no two records of a kind have the same value of a property that was made.
    pub(super) fn is_unique(&self, kind: &str, name: &str) -> bool {
        self.unique.contains(&(kind.to_owned(), name.to_owned()))
    }

    /// Which properties of a write are not to be taken, in HubSpot's form; `id` is of the record that is
    /// changed.
    pub(super) fn invalid(
        &self,
        kind: &str,
        id: Option<u64>,
        properties: &Map<String, Value>,
    ) -> Option<Response> {
        let known = usual(kind).unwrap();
        let wrong = properties.iter().find_map(|(name, value)| {
            let property = known.iter().find(|(known, _)| known == name).copied();
            let unique = self.is_unique(kind, name);
            let property = property.or(unique.then_some(("", true)));
            let is_taken =
                |text: &str| self.with(kind, name, text).is_some_and(|it| Some(it) != id);
            let code = match (property, value.as_str()) {
                (None, _) => "PROPERTY_DOESNT_EXIST",
                (Some((_, false)), _) => "READ_ONLY_VALUE",
                (Some(_), None) => "INVALID_STRING",
                (Some(_), Some(text)) if unique && is_taken(text) => "CONFLICTING_UNIQUE_VALUE",
                (Some(("email", _)), Some(text)) if !text.is_empty() && !text.contains('@') => {
                    "INVALID_EMAIL"
                }
                (Some(("hubspot_owner_id", _)), Some(text))
                    if !text.is_empty() && OWNERS.iter().all(|(id, ..)| *id != text) =>
                {
                    "INVALID_OWNER"
                }
                _ => return None,
            };
            Some((name, code))
        });
        wrong.map(|(name, code)| {
            let told = format!("Property values were not valid: secretword {name}");
            let errors = json!([{
                "message": told, "code": code, "context": {"propertyName": [name]},
            }]);
            detailed(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", &told, &errors)
        })
    }
}

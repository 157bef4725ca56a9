//! Several at once: records that are made or changed by a value that is unique, and companies that are read.

use super::world::{Object, World, stamp};
use super::{Shared, refusal};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/crm/v3/objects/{kind}/batch/upsert", post(upsert))
        .route("/crm/v3/objects/companies/batch/read", post(read))
        .route("/crm/v3/objects/contacts/batch/read", post(read_contacts))
}

/// The most inputs of a batch.
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upserts {
    inputs: Vec<Upsert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Upsert {
    id_property: String,
    id: String,
    properties: Map<String, Value>,
}

async fn upsert(
    State(shared): State<Shared>,
    Path(kind): Path<String>,
    Json(Upserts { inputs }): Json<Upserts>,
) -> Response {
    let mut world = shared.lock().unwrap();
    let is_by_unique = |it: &Upsert| world.is_unique(&kind, &it.id_property) && !it.id.is_empty();
    if inputs.is_empty() || inputs.len() > MOST || !inputs.iter().all(is_by_unique) {
        let told = "idProperty must be a property with unique values";
        return refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", told);
    }
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for mut input in inputs {
        let there = world.with(&kind, &input.id_property, &input.id);
        if let Some(refused) = world.invalid(&kind, there, &input.properties) {
            return refused;
        }
        let email = input.properties.get("email").and_then(Value::as_str).unwrap_or_default();
        let other = world.with_email(email).filter(|it| Some(*it) != there && kind == "contacts");
        if let Some(other) = other.filter(|_| !email.is_empty()) {
            let told = format!("Contact already exists. Existing ID: {other}");
            errors.push(json!({
                "status": "error", "category": "CONFLICT", "message": told, "context": {},
                "errors": [], "links": {},
            }));
            continue;
        }
        input.properties.insert(input.id_property, input.id.into());
        results.push(world.put(&kind, there, input.properties));
    }
    let now = stamp(world.now());
    let mut body = json!({
        "status": "COMPLETE", "startedAt": now, "completedAt": now, "results": results,
    });
    if errors.is_empty() {
        return Json(body).into_response();
    }
    body["numErrors"] = errors.len().into();
    body["errors"] = errors.into();
    (StatusCode::MULTI_STATUS, Json(body)).into_response()
}

impl World {
    /// Makes a record, or changes the one that is there.
    fn put(&mut self, kind: &str, there: Option<u64>, properties: Map<String, Value>) -> Value {
        let now = self.now();
        let texts = properties.into_iter();
        let texts = texts.map(|(name, value)| (name, value.as_str().unwrap().to_owned()));
        let id = there.unwrap_or_else(|| self.insert(kind, [].into()));
        let object = self.objects_mut(kind).get_mut(&id).unwrap();
        object.properties.extend(texts);
        object.updated = now;
        let mut shown = object.shown(id, &["email", "name"]);
        shown["new"] = there.is_none().into();
        shown
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Reads {
    inputs: Vec<Read>,
    properties: Vec<String>,
    properties_with_history: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Those in the bin, and no others.
    #[serde(default)]
    archived: bool,
}

async fn read(
    State(shared): State<Shared>,
    Query(which): Query<Which>,
    Json(reads): Json<Reads>,
) -> Response {
    let world = shared.lock().unwrap();
    found(&world, &reads, |id| {
        Some((id, world.companies.get(&id).filter(|it| it.archived == which.archived)?))
    })
}

async fn read_contacts(
    State(shared): State<Shared>,
    Query(which): Query<Which>,
    Json(reads): Json<Reads>,
) -> Response {
    let world = shared.lock().unwrap();
    found(&world, &reads, |id| {
        let id = world.led_to(id);
        let shown = world.contacts.get(&id).filter(|it| !it.hidden);
        Some((id, shown.filter(|it| it.archived == which.archived)?))
    })
}

fn found<'a>(
    world: &'a World,
    reads: &Reads,
    find: impl Fn(u64) -> Option<(u64, &'a Object)>,
) -> Response {
    if reads.inputs.len() > MOST || !reads.properties_with_history.is_empty() {
        return refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "too much at once");
    }
    let wanted: Vec<&str> = reads.properties.iter().map(String::as_str).collect();
    let ids = reads.inputs.iter().filter_map(|it| it.id.parse::<u64>().ok());
    let found: Vec<Option<(u64, &Object)>> = ids.map(find).collect();
    let missing = found.iter().filter(|it| it.is_none()).count();
    let results = found.into_iter().flatten().map(|(id, it)| it.shown(id, &wanted));
    let results: Vec<Value> = results.collect();
    let now = stamp(world.now());
    let mut body = json!({
        "status": "COMPLETE", "startedAt": now, "completedAt": now, "results": results,
    });
    if missing == 0 {
        return Json(body).into_response();
    }
    body["numErrors"] = 1.into();
    body["errors"] = json!([{
        "status": "error", "category": "OBJECT_NOT_FOUND", "context": {}, "errors": [], "links": {},
        "message": format!("Could not get {missing} objects, they may be deleted or not exist."),
    }]);
    (StatusCode::MULTI_STATUS, Json(body)).into_response()
}

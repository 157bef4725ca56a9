//! Contacts and companies one by one, and all of them page by page.

use super::world::Object;
use super::{Shared, refusal};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/crm/v3/objects/contacts", get(contacts).post(create))
        .route("/crm/v3/objects/companies", get(companies).post(create_company))
        .route("/crm/v3/objects/contacts/{id}", get(one).patch(change).delete(archive))
        .route("/crm/v3/objects/companies/{id}", get(one_company))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    limit: usize,
    archived: bool,
    properties: String,
    after: Option<u64>,
}

async fn contacts(State(shared): State<Shared>, Query(listing): Query<Listing>) -> Response {
    page(&shared.lock().unwrap().contacts, &listing)
}

async fn companies(State(shared): State<Shared>, Query(listing): Query<Listing>) -> Response {
    page(&shared.lock().unwrap().companies, &listing)
}

fn page(objects: &BTreeMap<u64, Object>, listing: &Listing) -> Response {
    if listing.limit == 0 || listing.limit > 100 {
        return refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "limit must be 1 to 100");
    }
    let wanted: Vec<&str> = listing.properties.split(',').collect();
    let from = listing.after.map_or(0, |after| after + 1);
    let there =
        objects.range(from..).filter(|(_, it)| !it.hidden && it.archived == listing.archived);
    let mut there: Vec<(&u64, &Object)> = there.take(listing.limit + 1).collect();
    let more = there.len() > listing.limit;
    there.truncate(listing.limit);
    let results: Vec<Value> = there.iter().map(|(id, it)| it.shown(**id, &wanted)).collect();
    let mut body = json!({"results": results});
    if more {
        let after = there.last().unwrap().0.to_string();
        body["paging"] = json!({"next": {"after": after, "link": "https://api.hubapi.com/…"}});
    }
    Json(body).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    properties: String,
    id_property: Option<String>,
}

async fn one(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let world = shared.lock().unwrap();
    let id = match wanted.id_property.as_deref() {
        None => id.parse().ok().map(|id| world.led_to(id)),
        Some("email") => world.with_email(&id),
        Some(name) if world.is_unique("contacts", name) => world.with("contacts", name, &id),
        Some(_) => {
            return refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "it is not unique");
        }
    };
    let names: Vec<&str> = wanted.properties.split(',').collect();
    match id.and_then(|id| Some((id, world.contacts.get(&id)?))) {
        Some((id, contact)) if !contact.archived && !contact.hidden => {
            Json(contact.shown(id, &names)).into_response()
        }
        _ => gone(),
    }
}

async fn one_company(
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let world = shared.lock().unwrap();
    let id = world.led_to(id);
    let names: Vec<&str> = wanted.properties.split(',').collect();
    match world.companies.get(&id).filter(|company| !company.archived) {
        Some(company) if wanted.id_property.is_none() => {
            Json(company.shown(id, &names)).into_response()
        }
        _ => gone(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    properties: Map<String, Value>,
    associations: Vec<Value>,
}

async fn create(State(shared): State<Shared>, Json(new): Json<New>) -> Response {
    let mut world = shared.lock().unwrap();
    if let Some(refused) = world.invalid("contacts", None, &new.properties) {
        return refused;
    }
    assert!(new.associations.is_empty(), "a contact is associated when it is there");
    let email = new.properties.get("email").and_then(Value::as_str).unwrap_or_default();
    if let Some(id) = world.with_email(email).filter(|_| !email.is_empty()) {
        return exists(id);
    }
    let texts = new.properties.into_iter();
    let texts = texts.map(|(name, value)| (name, value.as_str().unwrap().to_owned()));
    let id = world.insert("contacts", texts.collect());
    (StatusCode::CREATED, Json(world.contacts[&id].shown(id, &["email"]))).into_response()
}

async fn create_company(State(shared): State<Shared>, Json(new): Json<New>) -> Response {
    let mut world = shared.lock().unwrap();
    if let Some(refused) = world.invalid("companies", None, &new.properties) {
        return refused;
    }
    if !new.associations.is_empty() || !new.properties.contains_key("name") {
        return refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "a name is needed");
    }
    let texts = new.properties.iter();
    let texts: Vec<(&str, &str)> =
        texts.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let id = world.insert_company(&texts);
    (StatusCode::CREATED, Json(world.companies[&id].shown(id, &["name"]))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    properties: Map<String, Value>,
}

async fn change(
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    Json(patch): Json<Patch>,
) -> Response {
    let mut world = shared.lock().unwrap();
    let id = world.led_to(id);
    if world.contacts.get(&id).is_none_or(|contact| contact.archived || contact.hidden) {
        return gone();
    }
    if let Some(refused) = world.invalid("contacts", Some(id), &patch.properties) {
        return refused;
    }
    let email = patch.properties.get("email").and_then(Value::as_str).unwrap_or_default();
    if let Some(other) = world.with_email(email).filter(|it| *it != id && !email.is_empty()) {
        return exists(other);
    }
    let now = world.now();
    let contact = world.contacts.get_mut(&id).unwrap();
    let names: Vec<String> = patch.properties.keys().cloned().collect();
    for (name, value) in patch.properties {
        contact.properties.insert(name, value.as_str().unwrap().to_owned());
    }
    contact.updated = now;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Json(contact.shown(id, &names)).into_response()
}

async fn archive(State(shared): State<Shared>, Path(id): Path<u64>) -> StatusCode {
    let mut world = shared.lock().unwrap();
    let (now, id) = (world.now(), world.led_to(id));
    if let Some(contact) = world.contacts.get_mut(&id) {
        (contact.archived, contact.updated) = (true, now);
    }
    StatusCode::NO_CONTENT
}

fn exists(id: u64) -> Response {
    let told = format!("Contact already exists. Existing ID: {id}");
    refusal(StatusCode::CONFLICT, "CONFLICT", &told)
}

fn gone() -> Response {
    refusal(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "resource not found")
}

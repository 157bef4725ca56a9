//! Persons one by one, and all of them page by page; organizations by their ids.

use super::rules::wrong_organization;
use super::world::{World, stamp, trouble};
use super::{Shared, invalid, refusal};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/personFields", get(fields))
        .route("/api/v2/persons", get(list).post(create))
        .route("/api/v2/persons/{id}", get(one).patch(change).delete(remove))
        .route("/api/v2/organizations", get(organizations).post(create_organization))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldPage {
    limit: usize,
}

async fn fields(
    State(shared): State<Shared>,
    page: Result<Query<FieldPage>, QueryRejection>,
) -> Response {
    match page {
        Ok(Query(FieldPage { limit: 1..=500 })) => {
            Json(shared.lock().unwrap().fields()).into_response()
        }
        _ => invalid("Validation failed: limit"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    limit: usize,
    sort_by: String,
    sort_direction: String,
    updated_since: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(shared): State<Shared>,
    listing: Result<Query<Listing>, QueryRejection>,
) -> Response {
    let Ok(Query(listing)) = listing else { return invalid("Validation failed: query") };
    let backward = listing.sort_direction == "desc";
    if !(1..=500).contains(&listing.limit) || !(backward || listing.sort_direction == "asc") {
        return invalid("Validation failed: limit");
    }
    let mut world = shared.lock().unwrap();
    world.listed_by_id += usize::from(listing.sort_by == "id");
    let since = listing.updated_since.unwrap_or_default();
    let key = |person: &Map<String, Value>| match listing.sort_by.as_str() {
        "id" => format!("{:010}", person["id"].as_u64().unwrap()),
        "update_time" => format!("{}{:010}", person["update_time"], person["id"].as_u64().unwrap()),
        other => panic!("the stories do not sort by {other}"),
    };
    let there = world.persons.values().filter(|person| {
        world.lists(person) && person["update_time"].as_str().unwrap() >= since.as_str()
    });
    let mut there: Vec<(String, &Map<String, Value>)> = there.map(|it| (key(it), it)).collect();
    there.sort_by(|(one, _), (other, _)| one.cmp(other));
    if backward {
        there.reverse();
    }
    if let Some(cursor) = listing.cursor {
        let after = URL_SAFE_NO_PAD.decode(cursor).map(String::from_utf8);
        let Ok(Ok(after)) = after else { return invalid("Validation failed: cursor") };
        there.retain(|(key, _)| if backward { *key < after } else { *key > after });
    }
    let more = there.len() > listing.limit;
    there.truncate(listing.limit);
    let mut additional = json!({});
    if more {
        additional["next_cursor"] = json!(URL_SAFE_NO_PAD.encode(&there.last().unwrap().0));
    }
    let data: Vec<_> = there.into_iter().map(|(_, person)| person).collect();
    Json(json!({"success": true, "data": data, "additional_data": additional})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    include_fields: Option<String>,
}

async fn one(
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    details: Result<Query<Details>, QueryRejection>,
) -> Response {
    let Ok(Query(Details { include_fields })) = details else {
        return invalid("Validation failed: query");
    };
    let world = shared.lock().unwrap();
    let there = world.persons.contains_key(&id) && !world.hidden.contains(&id);
    match include_fields.filter(|_| there).map(|names| world.with_further(id, &names)) {
        Some(Some(person)) => Json(json!({"success": true, "data": person})).into_response(),
        Some(None) => invalid("Validation failed: include_fields"),
        None => shown(&world, id),
    }
}

fn shown(world: &World, id: u64) -> Response {
    match world.persons.get(&id).filter(|_| !world.hidden.contains(&id)) {
        Some(person) => Json(json!({"success": true, "data": person})).into_response(),
        None => gone(),
    }
}

async fn create(
    State(shared): State<Shared>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Response {
    let Ok(Json(body)) = body else { return invalid("Validation failed: body") };
    let mut world = shared.lock().unwrap();
    if let Some(why) = world.wrong(&body) {
        return invalid(&why);
    }
    if !body.contains_key("name") {
        return invalid("Validation failed: name: Required field is missing");
    }
    if world.slow > 0 {
        world.slow -= 1;
        world.unfinished.push(body);
        return trouble(504);
    }
    let id = world.insert(body);
    shown(&world, id)
}

async fn change(
    State(shared): State<Shared>,
    Path(id): Path<u64>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Response {
    let Ok(Json(body)) = body else { return invalid("Validation failed: body") };
    let mut world = shared.lock().unwrap();
    if world.persons.get(&id).is_none_or(|person| !world.lists(person)) {
        return gone();
    }
    if let Some(why) = world.wrong(&body) {
        return invalid(&why);
    }
    world.change(id, &Value::Object(body));
    shown(&world, id)
}

async fn remove(State(shared): State<Shared>, Path(id): Path<u64>) -> Response {
    let mut world = shared.lock().unwrap();
    if world.persons.get(&id).is_none_or(|person| !world.lists(person)) {
        return gone();
    }
    world.remove(id);
    Json(json!({"success": true, "data": {"id": id}})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByIds {
    ids: String,
    limit: usize,
}

async fn organizations(
    State(shared): State<Shared>,
    query: Result<Query<ByIds>, QueryRejection>,
) -> Response {
    let Ok(Query(ByIds { ids, limit })) = query else { return invalid("Validation failed: query") };
    let ids: Vec<u64> = ids.split(',').filter_map(|id| id.parse().ok()).collect();
    if ids.len() > 100 || !(1..=500).contains(&limit) {
        return invalid("Validation failed: ids");
    }
    let world = shared.lock().unwrap();
    let there = ids.iter().filter_map(|id| Some((id, world.organizations.get(id)?)));
    let data: Vec<Value> = there.map(|(id, name)| organization(*id, name)).collect();
    Json(json!({"success": true, "data": data, "additional_data": {}})).into_response()
}

fn organization(id: u64, name: &str) -> Value {
    json!({"id": id, "name": name, "owner_id": 77, "add_time": stamp(0), "update_time": stamp(0),
           "is_deleted": false, "visible_to": 3})
}

async fn create_organization(
    State(shared): State<Shared>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Response {
    let Ok(Json(body)) = body else { return invalid("Validation failed: body") };
    if let Some(why) = wrong_organization(&body) {
        return invalid(why);
    }
    let name = body["name"].as_str().unwrap();
    let mut world = shared.lock().unwrap();
    let id = world.add_organization(name);
    Json(json!({"success": true, "data": organization(id, name)})).into_response()
}

fn gone() -> Response {
    refusal(StatusCode::NOT_FOUND, "ERR_NOT_FOUND", "Person not found")
}

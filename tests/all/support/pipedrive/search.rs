//! The search: in one field, in whole or in part, and behind what was written just now.

use super::world::{World, stamp};
use super::{Shared, invalid};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v2/persons/search", get(persons))
        .route("/api/v2/organizations/search", get(organizations))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    term: String,
    fields: String,
    exact_match: bool,
    limit: usize,
}

impl Search {
    fn is_good(&self, fields: &[&str]) -> bool {
        let least = if self.exact_match { 1 } else { 2 };
        self.term.chars().count() >= least
            && (1..=500).contains(&self.limit)
            && fields.contains(&self.fields.as_str())
    }

    fn finds(&self, text: &str) -> bool {
        let (text, term) = (text.to_lowercase(), self.term.to_lowercase());
        if self.exact_match { text == term } else { text.contains(&term) }
    }

    fn answer(&self, items: impl Iterator<Item = Value>) -> Response {
        let items = items.take(self.limit).map(|item| json!({"result_score": 0.5, "item": item}));
        let items: Vec<Value> = items.collect();
        let body = json!({"success": true, "data": {"items": items}, "additional_data": {}});
        Json(body).into_response()
    }
}

async fn persons(
    State(shared): State<Shared>,
    search: Result<Query<Search>, QueryRejection>,
) -> Response {
    let Ok(Query(search)) = search else { return invalid("Validation failed: query") };
    if !search.is_good(&["email", "name", "phone"]) {
        return invalid("Validation failed: term");
    }
    let world = shared.lock().unwrap();
    let seen = stamp(world.now() - world.search_lag);
    let found = world.persons.values().filter(|person| {
        world.lists(person)
            && person["update_time"].as_str().unwrap() <= seen.as_str()
            && match search.fields.as_str() {
                "name" => search.finds(person["name"].as_str().unwrap()),
                field => values(person, &format!("{field}s")).iter().any(|it| search.finds(it)),
            }
    });
    search.answer(found.map(|person| hit(&world, person)))
}

async fn organizations(
    State(shared): State<Shared>,
    search: Result<Query<Search>, QueryRejection>,
) -> Response {
    let Ok(Query(search)) = search else { return invalid("Validation failed: query") };
    if !search.is_good(&["name"]) {
        return invalid("Validation failed: term");
    }
    let world = shared.lock().unwrap();
    let found = world.organizations.iter().filter(|(_, name)| search.finds(name));
    search.answer(found.map(|(id, name)| {
        json!({"id": id, "type": "organization", "name": name, "owner": {"id": 77},
               "visible_to": 3, "custom_fields": [], "notes": []})
    }))
}

fn values(person: &Map<String, Value>, list: &str) -> Vec<String> {
    let all = person[list].as_array().unwrap().iter();
    all.map(|entry| entry["value"].as_str().unwrap().to_owned()).collect()
}

fn hit(world: &World, person: &Map<String, Value>) -> Value {
    let mut hit = json!({
        "id": person["id"], "type": "person", "name": person["name"], "visible_to": 3,
        "owner": {"id": 77}, "emails": values(person, "emails"), "phones": values(person, "phones"),
        "custom_fields": [], "notes": [],
    });
    if let Some(id) = person.get("org_id").and_then(Value::as_u64) {
        hit["organization"] = json!({"id": id, "name": world.organizations[&id]});
    }
    hit
}

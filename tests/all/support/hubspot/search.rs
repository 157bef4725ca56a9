//! The search: filters, one order, pages by number, and not everything at once.

use super::world::Object;
use super::{Shared, refusal};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How much of a search can be paged through.
const SEARCHABLE: usize = 10_000;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/crm/v3/objects/contacts/search", post(contacts))
        .route("/crm/v3/objects/companies/search", post(companies))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Search {
    filter_groups: Vec<Group>,
    sorts: Vec<String>,
    properties: Vec<String>,
    limit: usize,
    after: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Filter {
    property_name: String,
    operator: String,
    value: String,
}

async fn contacts(State(shared): State<Shared>, Json(search): Json<Search>) -> Response {
    let world = shared.lock().unwrap();
    found(&search, &world.contacts, world.now() - world.search_lag)
}

async fn companies(State(shared): State<Shared>, Json(search): Json<Search>) -> Response {
    let world = shared.lock().unwrap();
    found(&search, &world.companies, world.now() - world.search_lag)
}

/// What a search finds among what was changed until `seen`.
fn found(search: &Search, objects: &BTreeMap<u64, Object>, seen: i64) -> Response {
    let bad = |why: &str| refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", why);
    let Ok(from) = search.after.parse::<usize>() else { return bad("after is no number") };
    if search.limit == 0 || search.limit > 200 || search.filter_groups.len() > 5 {
        return bad("too much at once");
    }
    if from + search.limit > SEARCHABLE {
        return bad("the search ends here");
    }
    let mut hits: Vec<(u64, &Object)> = Vec::new();
    for (id, object) in objects.iter().filter(|(_, it)| it.is_found() && it.updated <= seen) {
        let mut groups = search.filter_groups.iter();
        if groups.any(|group| group.filters.iter().all(|filter| filter.holds(object))) {
            hits.push((*id, object));
        }
    }
    match search.sorts.as_slice() {
        [sort] if sort == "lastmodifieddate" => hits.sort_by_key(|(_, object)| object.updated),
        [sort] if sort == "createdate" => hits.sort_by_key(|(_, object)| object.created),
        _ => return bad("one order is needed"),
    }
    let total = hits.len();
    let wanted: Vec<&str> = search.properties.iter().map(String::as_str).collect();
    let page = hits.iter().skip(from).take(search.limit);
    let results: Vec<Value> = page.map(|(id, object)| object.shown(*id, &wanted)).collect();
    let next = from + results.len();
    let mut body = json!({"total": total, "results": results});
    if next < total {
        body["paging"] = json!({"next": {"after": next.to_string()}});
    }
    Json(body).into_response()
}

impl Filter {
    fn holds(&self, object: &Object) -> bool {
        let text = object.properties.get(&self.property_name).map_or("", String::as_str);
        match (self.operator.as_str(), self.property_name.as_str()) {
            ("GTE", "lastmodifieddate") => object.updated >= self.value.parse::<i64>().unwrap(),
            ("CONTAINS_TOKEN", _) => {
                let word = self.value.strip_suffix('*').expect("whatever begins so").to_lowercase();
                let text = text.to_lowercase();
                text.split(|c: char| !c.is_alphanumeric()).any(|token| token.starts_with(&word))
            }
            ("EQ", _) => !text.is_empty() && text.eq_ignore_ascii_case(&self.value),
            (operator, name) => panic!("the stories do not ask for {operator} of {name}"),
        }
    }
}

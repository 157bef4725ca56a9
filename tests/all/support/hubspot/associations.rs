//! Which companies a contact is associated with: any number, one of them before all others.

use super::world::{Link, World};
use super::{Shared, refusal};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/crm/v4/objects/contacts/{contact}/associations/companies", get(all))
        .route(
            "/crm/v4/objects/contacts/{contact}/associations/companies/{company}",
            put(associate).delete(part),
        )
}

/// HubSpot's own types: contact to primary company, and contact to company.
const PRIMARY: u32 = 1;
const ANY: u32 = 279;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    limit: usize,
}

async fn all(
    State(shared): State<Shared>,
    Path(contact): Path<u64>,
    Query(listing): Query<Listing>,
) -> Response {
    let world = shared.lock().unwrap();
    let contact = world.led_to(contact);
    let Some(contact) = world.contacts.get(&contact).filter(|it| !it.archived) else {
        return missing();
    };
    assert!((1..=500).contains(&listing.limit), "as much as HubSpot gives");
    let of_hubspot =
        |id, label| json!({"category": "HUBSPOT_DEFINED", "typeId": id, "label": label});
    let results = contact.companies.iter().map(|(company, link)| {
        let mut types = vec![of_hubspot(ANY, Value::Null)];
        if link.primary {
            types.push(of_hubspot(PRIMARY, "Contact with Primary Company".into()));
        }
        if let Some(label) = link.label {
            types.push(json!({"category": "USER_DEFINED", "typeId": 37, "label": label}));
        }
        json!({"toObjectId": company, "associationTypes": types})
    });
    Json(json!({"results": results.collect::<Vec<_>>()})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Type {
    association_category: String,
    association_type_id: u32,
}

async fn associate(
    State(shared): State<Shared>,
    Path((contact, company)): Path<(u64, u64)>,
    Json(types): Json<Vec<Type>>,
) -> Response {
    let mut world = shared.lock().unwrap();
    let contact = world.led_to(contact);
    let is_there = world.companies.get(&company).is_some_and(|it| !it.archived);
    if !is_there || world.contacts.get(&contact).is_none_or(|it| it.archived) {
        return missing();
    }
    let is_known = |it: &Type| {
        it.association_category == "HUBSPOT_DEFINED"
            && [PRIMARY, ANY].contains(&it.association_type_id)
    };
    if types.is_empty() || !types.iter().all(is_known) {
        return refusal(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "no such association");
    }
    let primary = types.iter().any(|it| it.association_type_id == PRIMARY);
    world.link(contact, company, primary, None);
    let told = json!({
        "fromObjectTypeId": "0-1", "fromObjectId": contact, "toObjectTypeId": "0-2",
        "toObjectId": company, "labels": [],
    });
    (StatusCode::CREATED, Json(told)).into_response()
}

async fn part(
    State(shared): State<Shared>,
    Path((contact, company)): Path<(u64, u64)>,
) -> StatusCode {
    let mut world = shared.lock().unwrap();
    let contact = world.led_to(contact);
    if let Some(contact) = world.contacts.get_mut(&contact) {
        contact.companies.remove(&company);
    }
    StatusCode::NO_CONTENT
}

fn missing() -> Response {
    refusal(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "there is no such record")
}

impl World {
    /// Associates a contact with a company; the first one, or a `primary` one, is before all others.
    pub(crate) fn link(
        &mut self,
        contact: u64,
        company: u64,
        primary: bool,
        label: Option<&'static str>,
    ) {
        let links = &mut self.contacts.get_mut(&contact).unwrap().companies;
        let primary = primary || links.is_empty();
        if primary {
            for link in links.values_mut() {
                link.primary = false;
            }
        }
        let link = links.entry(company).or_insert(Link { primary, label });
        link.primary |= primary;
    }
}

//! HubSpot's API for contacts, companies and owners, as strict as the real one where it matters to
//! us, with faults on demand. It keeps what it is given.

mod associations;
mod batch;
mod merge;
mod objects;
mod properties;
mod search;
mod world;

pub(crate) use world::{Fault, Object, World, admits};

use crate::support::emulator::{self, Emulator, Gate};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use undersigned::clock::Clock;

/// What everybody shares.
pub(crate) type Shared = emulator::Shared<World>;

/// The token of the account's private app.
pub(crate) const TOKEN: &str = "pat-eu1-11111111-2222-3333-4444-555555555555";

/// The running service.
pub(crate) type HubSpot = Emulator<World>;

impl HubSpot {
    /// Starts it; `clock` is its own.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let world = |_: &str| World::new(clock.clone());
        Self::of("HUBSPOT", world, |world| {
            let router = Router::new()
                .route("/account-info/v3/details", get(account))
                .route(world::TOKEN_INFO, post(token_info))
                .route("/crm/v3/owners", get(owners))
                .merge(objects::router())
                .merge(properties::router())
                .merge(batch::router())
                .merge(associations::router())
                .merge(search::router())
                .fallback(async |request: Request| {
                    let asked = format!("{} {}", request.method(), request.uri().path());
                    let told = format!("no such thing: {asked}");
                    refusal(StatusCode::NOT_FOUND, "NOT_FOUND", &told)
                });
            let gate = Gate {
                enter: World::enter,
                leave: World::leave,
                holding: |world| Some(&mut world.holding),
            };
            gate.before(router, world)
        })
        .await
    }
}

async fn account(State(shared): State<Shared>) -> Json<Value> {
    let number = shared.lock().unwrap().number;
    Json(json!({"portalId": number, "accountType": "STANDARD", "timeZone": "Europe/Berlin"}))
}

/// What a private app's token may do; the token is shown in the body too.
async fn token_info(State(shared): State<Shared>, Json(asked): Json<Value>) -> Response {
    let world = shared.lock().unwrap();
    let is_known = world.token.as_ref().is_some_and(|token| asked == json!({"tokenKey": token}));
    if !is_known {
        return refusal(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "no such token: secretword");
    }
    let scopes = world::SCOPES.into_iter().filter(|scope| world.lacks != Some(scope));
    let scopes: Vec<&str> = scopes.collect();
    Json(json!({"userId": 1, "hubId": world.number, "appId": 2, "scopes": scopes})).into_response()
}

async fn owners() -> Json<Value> {
    let owners = world::OWNERS.map(|(id, email, first, last)| {
        json!({
            "id": id, "email": email, "firstName": first, "lastName": last, "archived": false,
            "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        })
    });
    Json(json!({"results": owners}))
}

/// A refusal in HubSpot's form. What it says in words nobody shows.
fn refusal(status: StatusCode, category: &str, message: &str) -> Response {
    detailed(status, category, message, &json!([]))
}

fn detailed(status: StatusCode, category: &str, message: &str, errors: &Value) -> Response {
    let body = json!({
        "status": "error",
        "message": message,
        "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
        "category": category,
        "errors": errors,
    });
    (status, Json(body)).into_response()
}

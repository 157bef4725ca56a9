//! Pipedrive's API for persons, organizations and users, as strict as the real one where it matters to
//! us, with faults on demand. It keeps what it is given.

mod persons;
mod rules;
mod search;
mod worked;
mod world;

pub(crate) use rules::SOURCE;
pub(crate) use worked::Work;
pub(crate) use world::{BUDGET_SPENT, World};

use crate::support::emulator::{self, Emulator, Gate};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use undersigned::clock::Clock;

/// What everybody shares.
pub(crate) type Shared = emulator::Shared<World>;

/// The API token of the account's user.
pub(crate) const TOKEN: &str = "1111111122222222333333334444444455555555";

/// The running service.
pub(crate) type Pipedrive = Emulator<World>;

impl Pipedrive {
    /// Starts it; `clock` is its own.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let world = |_: &str| World::new(clock.clone());
        Self::of("PIPEDRIVE", world, |world| {
            let router = Router::new()
                .route("/api/v1/users", get(async || Json(users())))
                .route("/api/v1/users/me", get(me))
                .route("/api/v1/users/77/permissions", get(permissions))
                .merge(persons::router())
                .merge(search::router())
                .fallback(async |request: Request| {
                    let asked = format!("{} {}", request.method(), request.uri().path());
                    let told = format!("no such thing: {asked}");
                    refusal(StatusCode::NOT_FOUND, "ERR_NOT_FOUND", &told)
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

fn users() -> Value {
    json!({"success": true, "data": [
        {"id": 77, "name": "Rita Rep", "email": "rep@kugellager.test", "active_flag": true},
        {"id": 78, "name": "Gone Rep", "email": "gone@kugellager.test", "active_flag": false},
        {"id": 79, "name": "Sam Sales", "email": "sam@kugellager.test", "active_flag": true},
    ]})
}

async fn me(State(shared): State<Shared>) -> Json<Value> {
    let number = shared.lock().unwrap().number;
    let me = json!({
        "id": 77, "name": "Rita Rep", "email": "rep@kugellager.test", "company_id": number,
        "company_name": "Kugellager", "company_domain": "kugellager",
    });
    Json(json!({"success": true, "data": me}))
}

/// What the token's user may do.
async fn permissions(State(shared): State<Shared>) -> Json<Value> {
    let may_add = shared.lock().unwrap().may_add;
    let all = json!({
        "can_add_custom_fields": true, "can_add_organizations": true, "can_add_people": may_add,
        "can_bulk_edit_items": true, "can_export_data_from_lists": false,
    });
    Json(json!({"success": true, "data": all}))
}

/// A refusal in Pipedrive's form. What it says in words nobody shows.
fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({
        "success": false, "error": message, "code": code, "data": null,
        "error_info": "Please check developers.pipedrive.com for more information.",
    });
    (status, Json(body)).into_response()
}

fn invalid(message: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, "ERR_SCHEMA_VALIDATION_FAILED", message)
}

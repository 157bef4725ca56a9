//! HubSpot's API for contacts, companies and owners, as strict as the real one where it matters to
//! us, with faults on demand. It keeps what it is given.
//!
//! `UNDERSIGNED_TEST_HUBSPOT_LISTEN` gives it one address for all stories, and
//! `UNDERSIGNED_TEST_HUBSPOT_URL` sends the stories' requests elsewhere first:
//! `tests/contract-crm` puts a proxy there that knows HubSpot's own description.

mod objects;
mod search;
mod world;

pub(crate) use world::{Fault, World, admits};

use crate::support::patience::eventually;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use undersigned::clock::Clock;

/// What everybody shares.
pub(crate) type Shared = Arc<Mutex<World>>;

/// The token of the account's private app.
pub(crate) const TOKEN: &str = "pat-eu1-11111111-2222-3333-4444-555555555555";

/// The running service; it stops when it is dropped.
pub(crate) struct HubSpot {
    world: Shared,
    /// Where stories send their requests.
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl HubSpot {
    /// Starts it; `clock` is its own.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let listen = std::env::var("UNDERSIGNED_TEST_HUBSPOT_LISTEN");
        let listen = listen.as_deref().unwrap_or("127.0.0.1:0");
        let bind = async || TcpListener::bind(listen).await.ok();
        let listener = eventually("an address to listen on", bind).await;
        let base = format!("http://{}", listener.local_addr().unwrap());
        let world: Shared = Arc::new(Mutex::new(World::new(clock.clone())));
        let router = Router::new()
            .route("/account-info/v3/details", get(account))
            .route("/crm/v3/owners", get(owners))
            .merge(objects::router())
            .merge(search::router())
            .fallback(async |request: Request| {
                let asked = format!("{} {}", request.method(), request.uri().path());
                refusal(StatusCode::NOT_FOUND, "NOT_FOUND", &format!("no such thing: {asked}"))
            })
            .layer(from_fn_with_state(Arc::clone(&world), guard))
            .with_state(Arc::clone(&world));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let url = std::env::var("UNDERSIGNED_TEST_HUBSPOT_URL").unwrap_or(base);
        Self { world, url, task }
    }

    /// Everything there is.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Drop for HubSpot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What stands before everything: faults on demand, limits, and the token.
async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let before = shared.lock().unwrap().enter(&asked, request.headers());
    let mut response = if let Some(refused) = before {
        refused
    } else {
        let response = next.run(request).await;
        shared.lock().unwrap().leave(&asked).unwrap_or(response)
    };
    // No connection outlives its story.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn account(State(shared): State<Shared>) -> Json<Value> {
    let number = shared.lock().unwrap().number;
    Json(json!({"portalId": number, "accountType": "STANDARD", "timeZone": "Europe/Berlin"}))
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

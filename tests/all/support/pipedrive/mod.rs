//! Pipedrive's API for persons, organizations and users, as strict as the real one where it matters to
//! us, with faults on demand. It keeps what it is given.
//!
//! `UNDERSIGNED_TEST_PIPEDRIVE_LISTEN` gives it one address for all stories, and
//! `UNDERSIGNED_TEST_PIPEDRIVE_URL` sends the stories' requests elsewhere first: `tests/contract-crm`
//! puts a proxy there that knows Pipedrive's own description.

mod persons;
mod rules;
mod search;
mod world;

pub(crate) use rules::SOURCE;
pub(crate) use world::{BUDGET_SPENT, World};

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

/// The API token of the account's user.
pub(crate) const TOKEN: &str = "1111111122222222333333334444444455555555";

/// The running service; it stops when it is dropped.
pub(crate) struct Pipedrive {
    world: Shared,
    /// Where stories send their requests.
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Pipedrive {
    /// Starts it; `clock` is its own.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let listen = std::env::var("UNDERSIGNED_TEST_PIPEDRIVE_LISTEN");
        let listen = listen.as_deref().unwrap_or("127.0.0.1:0");
        let bind = async || TcpListener::bind(listen).await.ok();
        let listener = eventually("an address to listen on", bind).await;
        let base = format!("http://{}", listener.local_addr().unwrap());
        let world: Shared = Arc::new(Mutex::new(World::new(clock.clone())));
        let router = Router::new()
            .route("/api/v1/users", get(async || Json(users())))
            .route("/api/v1/users/me", get(me))
            .merge(persons::router())
            .merge(search::router())
            .fallback(async |request: Request| {
                let asked = format!("{} {}", request.method(), request.uri().path());
                refusal(StatusCode::NOT_FOUND, "ERR_NOT_FOUND", &format!("no such thing: {asked}"))
            })
            .layer(from_fn_with_state(Arc::clone(&world), guard))
            .with_state(Arc::clone(&world));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let url = std::env::var("UNDERSIGNED_TEST_PIPEDRIVE_URL").unwrap_or(base);
        Self { world, url, task }
    }

    /// Everything there is.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Drop for Pipedrive {
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

//! An org at Salesforce: signing in, SOQL, contacts and accounts, as strict as the real one where it
//! matters to us, with faults on demand. It keeps what it is given.
//!
//! `UNDERSIGNED_TEST_SALESFORCE_LISTEN` gives it one address for all stories, and
//! `UNDERSIGNED_TEST_SALESFORCE_URL` sends the stories' requests elsewhere first:
//! `tests/contract-crm salesforce` puts a proxy there that knows Salesforce's own description.

mod contacts;
mod query;
mod schema;
mod sign_in;
mod soql;
mod world;

pub(crate) use world::{Fault, KEY, SECRET, World};

use crate::support::patience::eventually;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use undersigned::clock::Clock;

/// What everybody shares.
pub(crate) type Shared = Arc<Mutex<World>>;

/// The running service; it stops when it is dropped.
pub(crate) struct Salesforce {
    world: Shared,
    /// The org's My Domain, to which stories send their requests.
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Salesforce {
    /// Starts it; `clock` is its own.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let listen = std::env::var("UNDERSIGNED_TEST_SALESFORCE_LISTEN");
        let listen = listen.as_deref().unwrap_or("127.0.0.1:0");
        let bind = async || TcpListener::bind(listen).await.ok();
        let listener = eventually("an address to listen on", bind).await;
        let base = format!("http://{}", listener.local_addr().unwrap());
        let url = std::env::var("UNDERSIGNED_TEST_SALESFORCE_URL").unwrap_or(base);
        let world: Shared = Arc::new(Mutex::new(World::new(clock.clone(), &url)));
        let data = Router::new()
            .merge(contacts::router())
            .merge(query::router())
            .layer(from_fn_with_state(Arc::clone(&world), guard));
        let router = Router::new()
            .nest("/services/data/v59.0", data)
            .merge(sign_in::router())
            .fallback(async || refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "no such resource", &[]))
            .with_state(Arc::clone(&world));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, url, task }
    }

    /// Everything there is.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Drop for Salesforce {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What stands before all data: faults on demand, the session, and the limit of the day.
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

/// A refusal in Salesforce's form. What it says in words nobody shows.
fn refusal(status: StatusCode, code: &str, message: &str, fields: &[&str]) -> Response {
    let mut detail = json!({"message": message, "errorCode": code});
    if !fields.is_empty() {
        detail["fields"] = json!(fields);
    }
    detailed(status, detail)
}

fn detailed(status: StatusCode, detail: Value) -> Response {
    (status, Json(Value::Array(vec![detail]))).into_response()
}

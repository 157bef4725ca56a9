//! An org at Salesforce: signing in, SOQL, contacts with what is with them, and accounts, as strict as the real one where it
//! matters to us, with faults on demand. It keeps what it is given.

mod activities;
mod contacts;
mod query;
mod schema;
mod sign_in;
mod soql;
mod world;

pub(crate) use world::{AtLeads, Fault, KEY, SECRET, World};

use crate::support::emulator::{self, Emulator, Gate};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use undersigned::clock::Clock;

/// What everybody shares.
pub(crate) type Shared = emulator::Shared<World>;

/// The running service; its address is the org's My Domain.
pub(crate) type Salesforce = Emulator<World>;

impl Salesforce {
    /// Starts it; `clock` is its own.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let world = |url: &str| World::new(clock.clone(), url);
        Self::of("SALESFORCE", world, |world| {
            // Before all data: faults on demand, the session, and the limit of the day.
            let gate = Gate { enter: World::enter, leave: World::leave, holding: |_| None };
            let data = Router::new().merge(contacts::router()).merge(query::router());
            Router::new()
                .nest("/services/data/v59.0", gate.before(data, world))
                .merge(sign_in::router())
                .fallback(async || {
                    refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "no such resource", &[])
                })
        })
        .await
    }
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

//! An environment of Dynamics 365: its Web API for contacts, accounts, users and what is with a contact, as
//! strict as `OData` and Microsoft's documents where it matters to us, and the directory that signs its app in. Faults
//! on demand; it keeps what it is given.
//!
//! Microsoft publishes no description of the Web API that a proxy could compare requests with: what is
//! known of it is in `columns` and in `query` (options).

mod columns;
mod identity;
mod query;
mod related;
mod rights;
mod rows;
mod world;
mod write;

pub(crate) use related::ways;
pub(crate) use world::{Fault, World};

use crate::support::emulator::{self, Emulator, no_longer};
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;
use undersigned::clock::Clock;

/// What everybody shares.
type Shared = emulator::Shared<World>;

/// The app, as it is entered, and its secret.
pub(crate) const APP: &str = "6731de76-14a6-49ae-97bc-6eba6914391e@contoso.example";
pub(crate) const SECRET: &str = "Xyz8Q~a-secret-of-the-app";

/// The running environment.
pub(crate) type Dynamics = Emulator<World>;

impl Dynamics {
    /// Starts it; `clock` is its own.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let world = |url: &str| World::new(clock.clone(), url);
        Self::of("DYNAMICS", world, |_| Router::new().fallback(answer)).await
    }

    /// Where its directory signs in.
    pub(crate) fn identity(&self) -> String {
        format!("{}/login", self.url)
    }
}

/// A request that is under way; it is no more when this is dropped, however it ends.
struct UnderWay(Shared);

impl UnderWay {
    fn begin(shared: &Shared) -> Self {
        shared.lock().unwrap().at_once += 1;
        Self(Arc::clone(shared))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().unwrap().at_once -= 1;
    }
}

/// One request, taken apart.
struct Asked {
    method: Method,
    /// Below `/api/data/v9.2/`.
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value of a preference (RFC 7240), empty if it has none; `None` if it is not there.
    fn preference(&self, name: &str) -> Option<String> {
        let mut quoted = false;
        let split = |c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        };
        let mut all = self.header("prefer").split(split).map(|one| one.trim().to_owned());
        all.find_map(|one| {
            let (key, value) = one.split_once('=').unwrap_or((&one, ""));
            (key == name).then(|| value.trim_matches('"').to_owned())
        })
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let under_way = UnderWay::begin(&shared);
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path();
    let asked = Asked {
        method: parts.method,
        path: path.strip_prefix("/api/data/v9.2/").unwrap_or_default().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    let mut world = shared.lock().unwrap();
    let mut response = if let Some(directory) = path.strip_prefix("/login/") {
        identity::token(&mut world, directory, &asked.body)
    } else {
        let before = world.enter(&asked);
        let done = before.unwrap_or_else(|| dispatch(&mut world, &asked));
        world.leave(&asked).unwrap_or(done)
    };
    drop(world);
    drop(under_way);
    response.headers_mut().insert("OData-Version", HeaderValue::from_static("4.0"));
    no_longer(&mut response);
    response
}

fn dispatch(world: &mut World, asked: &Asked) -> Response {
    let done = match (asked.method.as_str(), asked.path.split('(').next().unwrap_or_default()) {
        ("GET", "WhoAmI") => Ok(rows::who_am_i()),
        ("GET", "EntityDefinitions") => rows::definition(world, asked),
        ("GET", "RetrieveDuplicates") => write::duplicates(world, asked),
        ("GET", "systemusers") if asked.path.contains(")/") => rights::held(world, asked),
        ("GET", set) if world.table(set).is_some() => rows::read(world, asked),
        ("PATCH", "contacts") => write::patch(world, asked),
        ("PATCH", "accounts") => write::make_account(world, asked),
        ("DELETE", "contacts") => write::delete(world, asked),
        (_, name) => {
            let told = format!("Resource not found for the segment '{name}'.");
            Err(refusal(StatusCode::NOT_FOUND, "0x80060888", &told))
        }
    };
    done.unwrap_or_else(IntoResponse::into_response)
}

/// A refusal in the form of the Web API. What it says in words nobody shows.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let message = format!("{} secretword", self.message);
        let body = json!({"error": {"code": self.code, "message": message}});
        (self.status, axum::Json(body)).into_response()
    }
}

fn refusal(status: StatusCode, code: &'static str, message: &str) -> Refusal {
    Refusal { status, code, message: message.to_owned() }
}

fn bad(message: &str) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, "0x80060888", message)
}

//! Microsoft's sign-in service and Graph, as strict as the real ones where it matters to us, with
//! faults on demand. Everything it is asked is remembered.
//!
//! `UNDERSIGNED_TEST_GRAPH_LISTEN` gives it one address for all stories, and
//! `UNDERSIGNED_TEST_GRAPH_URL` sends the stories' requests elsewhere first: `tests/contract` puts a
//! proxy there that knows Microsoft's description of Graph.

pub(crate) mod assertion;
mod batch;
mod directory;
mod folders;
mod identity;
mod mail;
mod subscriptions;
pub(crate) mod world;

pub(crate) use world::Fault;
use world::World;

use crate::support::patience::eventually;
use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::Layer;
use tower::util::MapRequestLayer;
use undersigned::clock::Clock;

/// What everybody shares.
pub(crate) type Shared = Arc<Mutex<World>>;

/// The running services; they stop when it is dropped.
pub(crate) struct Microsoft {
    world: Shared,
    /// `identity_url`.
    pub(crate) identity: String,
    /// `api_url`.
    pub(crate) api: String,
    task: JoinHandle<()>,
}

impl Microsoft {
    /// Starts them; `clock` is theirs.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let listen = std::env::var("UNDERSIGNED_TEST_GRAPH_LISTEN");
        let listen = listen.as_deref().unwrap_or("127.0.0.1:0");
        // The emulator of the story before may be about to let go of the address.
        let bind = async || TcpListener::bind(listen).await.ok();
        let listener = eventually("an address to listen on", bind).await;
        let base = format!("http://{}", listener.local_addr().unwrap());
        let world: Shared = Arc::new(Mutex::new(World::new(clock.clone(), &base)));
        let guarded = |router: Router<Shared>| -> Router {
            let guard = from_fn_with_state(Arc::clone(&world), guard);
            router.layer(guard).with_state(Arc::clone(&world))
        };
        let graph = guarded(
            Router::new()
                .merge(mail::router())
                .merge(directory::router())
                .merge(folders::router())
                .merge(subscriptions::router()),
        );
        let whose = Arc::clone(&world);
        let named = MapRequestLayer::new(move |request: Request| name_me(&whose, request));
        let graph: Router = Router::new().fallback_service(named.layer(graph));
        let batches = guarded(batch::router(graph.clone()));
        let router = Router::new()
            .merge(identity::router())
            .nest_service("/v1.0", graph.merge(batches))
            .fallback(async |request: Request| {
                let asked = format!("{} {}", request.method(), request.uri().path());
                refusal(StatusCode::NOT_FOUND, &format!("UnknownError: {asked}"))
            })
            .with_state(Arc::clone(&world));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let api = std::env::var("UNDERSIGNED_TEST_GRAPH_URL");
        let api = api.unwrap_or_else(|_| format!("{base}/v1.0"));
        Self { world, identity: base, api, task }
    }

    /// Everything there is.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Delivers a message to somebody's inbox and notifies as Graph does; answers its id.
    pub(crate) async fn deliver(&self, address: &str, number: usize) -> String {
        let id = self.world().deliver(address, "inbox", number);
        self.notify(address, "inbox").await;
        id
    }

    /// Tells the subscriptions of a folder that something came, unless notifications are lost.
    pub(crate) async fn notify(&self, address: &str, folder: &str) {
        let due = self.world().due(address, folder);
        subscriptions::send(due).await;
    }

    /// Sends a lifecycle event for every subscription of a mailbox.
    pub(crate) async fn lifecycle(&self, address: &str, event: &str) {
        let due = self.world().lifecycle(address, event);
        subscriptions::send(due).await;
    }

    /// A person follows the link, signs in as `address` and consents: where they are sent then.
    pub(crate) fn consents(&self, link: &str, address: &str) -> String {
        identity::consent(&mut self.world(), link, address)
    }
}

impl Drop for Microsoft {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Says that a request was made for `/me`.
const AS_ME: &str = "x-as-me";

/// Whose `/me/…` is: that of whoever signed in.
fn name_me(shared: &Shared, mut request: Request) -> Request {
    let rest = request.uri().path_and_query().and_then(|it| it.as_str().strip_prefix("/me/"));
    let person = shared.lock().unwrap().asker(request.headers());
    if let (Some(rest), Some(person)) = (rest, person) {
        *request.uri_mut() = format!("/users/{person}/{rest}").parse().unwrap();
        request.headers_mut().insert(AS_ME, HeaderValue::from_static("yes"));
    }
    request
}

/// What stands before everything of Graph: the token, faults on demand, the limit of four requests a
/// mailbox, and the date of its own clock.
async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let asked = format!("{} {path}", request.method());
    let mailbox = path.strip_prefix("/users/").and_then(|rest| rest.split('/').next());
    let mailbox = mailbox.map(percent);
    let refused = {
        let mut world = shared.lock().unwrap();
        world.asked.push(asked.clone());
        world.enter(&asked, mailbox.as_deref(), request.headers())
    };
    let under_way = UnderWay { shared: &shared, mailbox };
    let mut response = match refused {
        Some(response) => response,
        None => next.run(request).await,
    };
    let delay = shared.lock().unwrap().delay(&asked);
    tokio::time::sleep(delay).await;
    drop(under_way);
    let world = shared.lock().unwrap();
    let headers = response.headers_mut();
    headers.insert(header::DATE, world.http_date().parse().unwrap());
    // No connection outlives its story.
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A request that counts among those of its mailbox, also when whoever asked is killed meanwhile.
struct UnderWay<'a> {
    shared: &'a Shared,
    mailbox: Option<String>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.shared.lock().unwrap().leave(self.mailbox.as_deref());
    }
}

fn percent(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap()
}

/// A refusal in Graph's form.
fn refusal(status: StatusCode, code: &str) -> Response {
    let error = json!({"error": {"code": code, "message": "words that nobody shows: secretword"}});
    (status, Json(error)).into_response()
}

/// An answer that breaks off.
fn broken() -> Response {
    let parts = [Ok("{\"value\": "), Err(std::io::Error::other("broken off"))];
    Body::from_stream(futures::stream::iter(parts)).into_response()
}

/// Whether the request asks for ids that stay.
fn wants_immutable(headers: &HeaderMap) -> bool {
    headers.get_all("prefer").iter().any(|value| {
        value.to_str().unwrap().split(',').any(|part| part.trim() == "IdType=\"ImmutableId\"")
    })
}

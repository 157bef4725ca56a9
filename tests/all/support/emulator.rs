//! An emulator of a service: what it knows, where it listens, and what stands before all it is asked.

use super::patience::eventually;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use std::env;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What an emulator knows, for everything that answers.
pub(crate) type Shared<W> = Arc<Mutex<W>>;

/// A running emulator; it stops when it is dropped.
pub(crate) struct Emulator<W> {
    world: Shared<W>,
    /// Where stories send their requests, without a path.
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl<W: Send + 'static> Emulator<W> {
    /// Starts one that knows a `world`, which is told where it is, and answers by a `router`.
    ///
    /// `UNDERSIGNED_TEST_{name}_LISTEN` gives it one address for all stories, and
    /// `UNDERSIGNED_TEST_{name}_URL` sends the stories' requests elsewhere first: `tests/contract-crm`
    /// puts a proxy there that knows the service's own description.
    pub(crate) async fn of(
        name: &str,
        world: impl FnOnce(&str) -> W,
        router: impl FnOnce(&Shared<W>) -> Router<Shared<W>>,
    ) -> Self {
        let listen = env::var(format!("UNDERSIGNED_TEST_{name}_LISTEN"));
        let listen = listen.as_deref().unwrap_or("127.0.0.1:0");
        // The emulator of the story before may be about to let go of the address.
        let bind = async || TcpListener::bind(listen).await.ok();
        let listener = eventually("an address to listen on", bind).await;
        let base = format!("http://{}", listener.local_addr().unwrap());
        let url = env::var(format!("UNDERSIGNED_TEST_{name}_URL")).unwrap_or(base);
        let world = Arc::new(Mutex::new(world(&url)));
        let router = router(&world).with_state(Arc::clone(&world));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, url, task }
    }

    /// Everything there is.
    pub(crate) fn world(&self) -> MutexGuard<'_, W> {
        self.world.lock().unwrap()
    }
}

impl<W> Drop for Emulator<W> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer that is held back until somebody lets it go on.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    path: String,
    /// What was asked is answered, as it is then.
    pub(crate) answered: Arc<Notify>,
    pub(crate) go_on: Arc<Notify>,
}

/// What of the next answers is held back.
#[derive(Debug, Default)]
pub(crate) struct Holding(Option<Held>);

impl Holding {
    /// Holds back the next answer to what is asked at the end of this path.
    pub(crate) fn hold(&mut self, path: impl Into<String>) -> Held {
        let held = Held { path: path.into(), answered: Arc::default(), go_on: Arc::default() };
        self.0.insert(held).clone()
    }

    fn take(&mut self, asked: &str) -> Option<Held> {
        self.0.take_if(|held| asked.ends_with(&held.path))
    }
}

/// What stands before something that is asked (`GET /crm/…`), and after it: a refusal in its place, and whoever
/// holds the answer back, also a refusal.
pub(crate) struct Gate<W> {
    pub(crate) enter: fn(&mut W, &str, &HeaderMap) -> Option<Response>,
    pub(crate) leave: fn(&mut W, &str) -> Option<Response>,
    pub(crate) holding: fn(&mut W) -> Option<&mut Holding>,
}

impl<W: Send + 'static> Gate<W> {
    /// Stands before all that a router answers of a world.
    pub(crate) fn before(self, router: Router<Shared<W>>, world: &Shared<W>) -> Router<Shared<W>> {
        router.layer(from_fn_with_state((Arc::clone(world), Arc::new(self)), guard))
    }
}

async fn guard<W>(
    State((shared, gate)): State<(Shared<W>, Arc<Gate<W>>)>,
    request: Request,
    next: Next,
) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let before = (gate.enter)(&mut shared.lock().unwrap(), &asked, request.headers());
    let is_refused = before.is_some();
    let mut response = match before {
        Some(refused) => refused,
        None => next.run(request).await,
    };
    let held = (gate.holding)(&mut shared.lock().unwrap()).and_then(|it| it.take(&asked));
    if let Some(held) = held {
        held.answered.notify_one();
        held.go_on.notified().await;
    }
    let lost = (!is_refused).then(|| (gate.leave)(&mut shared.lock().unwrap(), &asked)).flatten();
    response = lost.unwrap_or(response);
    no_longer(&mut response);
    response
}

/// No connection outlives its story.
pub(crate) fn no_longer(response: &mut Response) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

//! The API for programs and the review page for people, over the same functions.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`auth`] | who it is, and what they may do: extractors that guard the handlers that name them |
//! | [`api`] | REST v1 with its OpenAPI description |
//! | `webhook` | where services outside tell that something has changed |
//! | [`page`] | signing in and the review of suggestions, rendered here, live where scripts run |
//! | [`problem`] | the one error, RFC 9457 |

pub mod api;
pub mod auth;
mod layers;
pub mod page;
mod probes;
pub mod problem;
mod webhook;

use crate::clock::Clock;
use crate::crm::http::Http;
use crate::followup::smtp;
use crate::source::discover::Discoverer;
use crate::source::graph::{self, Hints};
use crate::source::{imap, oauth};
use crate::store::Db;
use crate::vault::Vault;
use auth::Proxies;
use auth::attempts::Attempts;
use auth::password::{PasswordError, Verifier};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use probes::Probes;
use problem::Problem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use url::Url;
use webhook::Refusals;

/// Longest that a request may take, but for an import; a connection check is the slowest.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Largest body, but for what is meant to be a file.
const MAX_BODY: usize = 256 * 1024;
/// How many pages may be live at a time.
const MAX_WATCHERS: usize = 1000;

/// What the web is made of.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Seals the credentials that come in.
    pub vault: Vault,
    /// Tells the time.
    pub clock: Clock,
    /// Where browsers find it (`server.public_url`).
    pub public_url: Url,
    /// Tries mailboxes before they are saved.
    pub imap: imap::Connector,
    /// Opens those that are.
    pub keys: imap::Keys,
    /// Finds out how mailboxes are connected.
    pub discoverer: Discoverer,
    /// Who is believed that names the address of a client.
    pub proxies: Proxies,
    /// Reaches mailboxes at Microsoft 365.
    pub graph: graph::Connector,
    /// Tries technical users.
    pub smtp: smtp::Way,
    /// Whether the operator has an account of his own for notices.
    pub has_operator: bool,
    /// Tries CRMs before they are saved.
    pub crm: Http,
    /// Cancelled when no new work is to begin: live pages end.
    pub stop: CancellationToken,
}

/// What every handler can reach; cheap to clone.
#[derive(Debug, Clone)]
pub struct State {
    db: Db,
    vault: Vault,
    clock: Clock,
    public_url: Arc<Url>,
    stop: CancellationToken,
    verifier: Verifier,
    attempts: Arc<Attempts>,
    probes: Arc<Probes>,
    imap: imap::Connector,
    keys: imap::Keys,
    discoverer: Discoverer,
    proxies: Arc<Proxies>,
    graph: graph::Connector,
    hints: Hints,
    refusals: Arc<Refusals>,
    smtp: smtp::Way,
    has_operator: bool,
    crm: Http,
    watchers: Arc<Semaphore>,
}

impl State {
    /// Prepares what is made once.
    pub fn new(parts: Parts) -> Result<Self, PasswordError> {
        let hints = Hints::new(parts.db.clone());
        Ok(Self {
            db: parts.db,
            vault: parts.vault,
            clock: parts.clock,
            public_url: Arc::new(parts.public_url),
            stop: parts.stop,
            verifier: Verifier::new()?,
            attempts: Arc::new(Attempts::new()),
            probes: Arc::new(Probes::new()),
            imap: parts.imap,
            keys: parts.keys,
            discoverer: parts.discoverer,
            proxies: Arc::new(parts.proxies),
            graph: parts.graph,
            hints,
            refusals: Arc::default(),
            smtp: parts.smtp,
            has_operator: parts.has_operator,
            crm: parts.crm,
            watchers: Arc::new(Semaphore::new(MAX_WATCHERS)),
        })
    }

    /// Where a sign-in service sends a person back to.
    fn consent_url(&self) -> String {
        let base = self.public_url.as_str().trim_end_matches('/');
        format!("{base}/connect/consent/back")
    }

    /// What it takes to send a person there.
    fn desk<'a>(&'a self, redirect: &'a str) -> oauth::Desk<'a> {
        oauth::Desk { db: &self.db, vault: &self.vault, redirect }
    }

    /// Whether browsers reach it over TLS.
    fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

/// Everything that is served. Serve it with connection info
/// (`into_make_service_with_connect_info::<SocketAddr>()`), so that signing in can be limited by
/// address.
pub fn router(state: State) -> Router {
    Router::new()
        .merge(api::router())
        .merge(page::router(&state).layer(timeout()))
        .merge(page::upload_router(&state))
        .merge(page::live_router())
        .merge(webhook::router().layer(timeout()))
        .fallback(async || Problem::not_found("page"))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(layers::after_panic))
        .layer(from_fn(layers::observe))
        .layer(from_fn_with_state(state.clone(), layers::secure))
        .with_state(state)
}

/// Ends a request that takes too long.
fn timeout() -> TimeoutLayer {
    TimeoutLayer::with_status_code(layers::TIMEOUT, TIMEOUT)
}

//! For operators: is it alive, is it ready, and its numbers; on a listener of its own.

mod metrics;

pub use metrics::Metrics;

use crate::store::Db;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the database may take to answer until we are not ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the answers are made from.
#[derive(Debug, Clone)]
pub struct Ops {
    /// Must answer for us to be ready.
    pub db: Db,
    /// The numbers.
    pub metrics: Metrics,
    /// Cancelled when no new work is taken: not ready from then on.
    pub soft: CancellationToken,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(ops: Ops) -> Router {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .with_state(ops)
}

/// 503 tells a load balancer to send nobody here.
async fn ready(State(ops): State<Ops>) -> (StatusCode, &'static str) {
    if ops.soft.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match tokio::time::timeout(PATIENCE, ops.db.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// Prometheus' text format 0.0.4.
async fn numbers(State(ops): State<Ops>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], ops.metrics.render())
}

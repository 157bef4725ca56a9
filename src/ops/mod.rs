//! For operators: is it alive, is it ready, and its numbers; on a listener of its own.

mod connections;
mod metrics;

pub use metrics::Metrics;

use crate::store::Db;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use connections::Connections;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::warn;

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
        .layer(Extension(Connections::default()))
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

/// Prometheus' text format 0.0.4. While the database is away, the tenants' connections are as they were.
async fn numbers(
    State(ops): State<Ops>,
    Extension(connections): Extension<Connections>,
) -> impl IntoResponse {
    match tokio::time::timeout(PATIENCE, connections.count(&ops.db)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "cannot count the connections"),
        Err(_) => warn!("the database does not tell the connections in time"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], ops.metrics.render())
}

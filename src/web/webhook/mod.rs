//! Where services outside tell that something has changed.

mod graph;

use super::State;
use axum::Router;

/// Every address that services call.
pub(super) fn router() -> Router<State> {
    graph::router()
}

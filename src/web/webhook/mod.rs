//! Where services outside tell that something has changed.

mod graph;
mod refusals;

use super::State;
use axum::Router;

pub(super) use refusals::Refusals;

/// Every address that services call.
pub(super) fn router() -> Router<State> {
    graph::router()
}

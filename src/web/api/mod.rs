//! REST v1.

use super::State;
use axum::Router;

pub(super) fn router() -> Router<State> { Router::new() }

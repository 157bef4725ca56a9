//! The pages: signing in, and the review of suggestions. Rendered here and usable without scripts;
//! a script makes the review live.

mod assets;
mod consent;
mod crm;
mod ending;
mod folders;
mod import;
mod live;
mod mailbox_form;
mod mailbox_line;
mod mailboxes;
mod microsoft;
mod policies;
mod render;
mod review;
mod sign_in;
mod webhook;

pub(super) use render::problem_page;

use super::{State, layers};
use axum::Router;
use axum::body::Body;
use axum::response::Redirect;
use axum::routing::get;
use tower_http::csrf::{CsrfLayer, ResponseForProtectionError};

/// What is answered at once.
pub(super) fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/", get(async || Redirect::to("/review")))
        .merge(sign_in::router())
        .merge(review::router())
        .merge(mailboxes::router())
        .merge(folders::router())
        .merge(microsoft::router())
        .merge(consent::router())
        .merge(crm::router())
        .merge(import::router())
        .merge(policies::router())
        .merge(webhook::router())
        .layer(same_origin(state))
        .merge(assets::router())
}

/// What takes files, and as long as they are large.
pub(super) fn upload_router(state: &State) -> Router<State> {
    import::upload_router().layer(same_origin(state))
}

/// What is answered for as long as somebody looks.
pub(super) fn live_router() -> Router<State> {
    live::router()
}

/// Refuses forms that another site sends (by `Sec-Fetch-Site` and `Origin`); the token in each
/// form of a session is the second lock.
fn same_origin(state: &State) -> CsrfLayer<impl ResponseForProtectionError<Body> + use<>> {
    let origin = state.public_url.origin().ascii_serialization();
    CsrfLayer::new()
        .add_trusted_origin(origin)
        .unwrap_or_default()
        .with_rejection_response(|_| layers::cross_origin())
}

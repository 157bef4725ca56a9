//! The review of suggestions: what is open, what was decided lately, how the mailboxes fare, and
//! why other mail gave nothing.

mod card;
mod decide;
mod decided;
mod load;
pub(super) mod status;
pub(super) mod words;

use super::assets::Links;
use super::render::page;
use crate::store::{ListId, SuggestionId};
use crate::web::State;
use crate::web::auth::SignedIn;
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{self, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use card::Card;
use serde::Deserialize;
use status::{Decided, Health, ListTab, Nothing};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/review", get(show))
        .route("/review/decided", get(decided::show))
        .route("/review/{id}", post(decide::decide))
}

/// What part of the review is looked at.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct View {
    /// One contact list, or all of them.
    #[serde(default)]
    list: String,
    /// Only suggestions before this one: further down.
    #[serde(default)]
    before: String,
    /// The suggestion that was decided a moment ago, to say so.
    #[serde(default)]
    done: String,
}

impl View {
    fn list(&self) -> Option<ListId> {
        ListId::parse(&self.list)
    }

    fn before(&self) -> Option<SuggestionId> {
        SuggestionId::parse(&self.before)
    }

    fn done(&self) -> Option<SuggestionId> {
        SuggestionId::parse(&self.done)
    }
}

/// Everything the page shows.
#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    links: Links,
    csrf: String,
    user: String,
    is_admin: bool,
    /// Whether the tenant lets this user accept.
    may_accept: bool,
    /// The id of the list that is looked at, or nothing for all of them.
    list: String,
    lists: Vec<ListTab>,
    open: i64,
    cards: Vec<Card>,
    /// The address of what comes after these cards.
    older: Option<String>,
    is_further_down: bool,
    decided: Vec<Decided>,
    notice: Option<Decided>,
    mailboxes: Vec<Health>,
    nothing: Nothing,
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    Query(view): Query<View>,
) -> Result<Response, Problem> {
    let shown = load::load(&state, &signed_in, &view).await?;
    Ok(page(StatusCode::OK, &shown))
}

//! Where the tenant's own programs are told of events, set by an admin.

use super::assets::Links;
use super::mailboxes::access;
use super::render::page;
use crate::store::webhooks;
use crate::web::State;
use crate::web::api::webhook as api;
use crate::web::auth::{SignedForm, SignedIn};
use crate::web::problem::{Kind, Problem};
use askama::Template;
use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use secrecy::{ExposeSecret, SecretString};

pub(super) fn router() -> Router<State> {
    Router::new().route("/webhook", get(show).post(change))
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct WebhookPage<'a> {
    links: Links,
    csrf: &'a str,
    user: &'a str,
    url: String,
    /// How it fares, if there is one.
    state: Option<(&'static str, String)>,
    /// The secret, if it is new.
    secret: Option<SecretString>,
    said: Option<&'static str>,
    failure: Option<String>,
}

/// What came of a change.
#[derive(Default)]
struct Outcome {
    typed: Option<String>,
    secret: Option<SecretString>,
    said: Option<&'static str>,
    failure: Option<String>,
}

async fn render(
    state: &State,
    signed_in: &SignedIn,
    outcome: Outcome,
) -> Result<Response, Problem> {
    let tenant = access(signed_in)?.tenant;
    let found = webhooks::get(&mut *state.db.read().await?, &tenant).await?;
    let url = found.as_ref().map(|found| found.url.clone()).unwrap_or_default();
    let Outcome { typed, secret, said, failure } = outcome;
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = WebhookPage {
        links: Links::new(),
        csrf: signed_in.csrf_token(),
        user: &signed_in.user().name,
        url: typed.unwrap_or(url),
        state: found.map(|found| (found.state.as_str(), found.state_detail)),
        secret,
        said,
        failure,
    };
    Ok(page(status, &shown))
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    render(&state, &signed_in, Outcome::default()).await
}

async fn change(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let url = form.field("url").unwrap_or_default();
    let done = match form.field("do") {
        Some("remove") => api::forget(&state, &access)
            .await
            .map(|()| Outcome { said: Some("Nothing is told any more."), ..Outcome::default() }),
        Some("test") => api::try_out(&state, &access)
            .await
            .map(|()| Outcome { said: Some("A test event was taken."), ..Outcome::default() }),
        what => api::save(&state, &access, url, what == Some("secret")).await.map(|(_, secret)| {
            Outcome { secret, said: Some("The webhook is set."), ..Outcome::default() }
        }),
    };
    let outcome = match done {
        Ok(outcome) => outcome,
        Err(problem) => match problem.kind {
            Kind::Invalid | Kind::ConnectionRefused | Kind::Conflict | Kind::NotFound => Outcome {
                typed: Some(url.to_owned()).filter(|url| !url.is_empty()),
                failure: Some(problem.detail.to_string()),
                ..Outcome::default()
            },
            _ => return Err(problem),
        },
    };
    render(&state, &form.signed_in, outcome).await
}

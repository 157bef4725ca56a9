//! Opening the tenant's CRM by a person's consent, and healing it so: a link to the CRM. The way back is
//! that of every consent.

use super::assets::Links;
use super::consent::title;
use super::mailboxes::access;
use super::render::page;
use crate::store::consents::Purpose;
use crate::store::crm_connections::{self, Kind};
use crate::store::oauth;
use crate::web::State;
use crate::web::api::consents;
use crate::web::auth::{SignedForm, SignedIn};
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

pub(super) fn router() -> Router<State> {
    Router::new().route("/connect/crm", get(show).post(begin))
}

#[derive(Template)]
#[template(path = "crm.html")]
struct CrmPage<'a> {
    links: Links,
    csrf: &'a str,
    user: &'a str,
    /// What is connected, how it fares, and what to do.
    connected: Option<(&'static str, &'static str, String)>,
    /// The CRMs that the tenant has an app of.
    apps: Vec<(&'static str, &'static str)>,
    failure: Option<String>,
    /// Where to go on, when one is chosen.
    link: Option<String>,
}

async fn render(
    state: &State,
    signed_in: &SignedIn,
    outcome: Result<Option<String>, String>,
) -> Result<Response, Problem> {
    let tenant = access(signed_in)?.tenant;
    let mut conn = state.db.read().await?;
    let connected = crm_connections::get(&mut conn, &tenant).await?;
    let apps = oauth::apps(&mut conn, &tenant).await?;
    let apps = apps.iter().filter_map(|app| Kind::parse(&app.service));
    let (link, failure) = match outcome {
        Ok(link) => (link, None),
        Err(failure) => (None, Some(failure)),
    };
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = CrmPage {
        links: Links::new(),
        csrf: signed_in.csrf_token(),
        user: &signed_in.user().name,
        connected: connected
            .map(|it| (title(it.kind.as_str()), it.state.as_str(), it.state_detail)),
        apps: apps.map(|kind| (kind.as_str(), title(kind.as_str()))).collect(),
        failure,
        link,
    };
    Ok(page(status, &shown))
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    render(&state, &signed_in, Ok(None)).await
}

/// Shows the link. It is no redirection: the browser would refuse one that a form leads elsewhere.
async fn begin(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let begun = match form.field("kind").and_then(Kind::parse) {
        Some(kind) => consents::begin(&state, access, Purpose::Crm { kind }).await,
        None => Err(Problem::invalid("kind", "Choose a CRM.")),
    };
    let outcome = match begun {
        Ok((url, _)) => Ok(Some(url.into())),
        Err(problem) if problem.kind.is_sayable() => Err(problem.detail.to_string()),
        Err(problem) => return Err(problem),
    };
    render(&state, &form.signed_in, outcome).await
}

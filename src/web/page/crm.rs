//! Opening the tenant's CRM by a person's consent, and healing it so: a link to the CRM, and the way
//! back.

use super::assets::Links;
use super::consent::title;
use super::mailboxes::access;
use super::render::page;
use crate::crm::CrmError;
use crate::crm::connection::ConnectError;
use crate::crm::consent::NoConsent;
use crate::store::audit::{self, Actor};
use crate::store::crm_connections::{self, Kind};
use crate::store::{StoreError, oauth};
use crate::web::State;
use crate::web::api::crm::consent::begin_consent;
use crate::web::auth::{SignedForm, SignedIn};
use crate::web::problem::{self, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{self, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use secrecy::SecretString;
use serde::Deserialize;

pub(super) fn router() -> Router<State> {
    Router::new().route("/connect/crm", get(show).post(begin)).route("/connect/crm/back", get(back))
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

#[derive(Template)]
#[template(path = "crm_back.html")]
struct BackPage<'a> {
    links: Links,
    failure: Option<&'a str>,
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
    let kind = form.field("kind").and_then(Kind::parse);
    let begun = match kind {
        Some(kind) => begin_consent(&state, &access, kind).await,
        None => Err(Problem::invalid("kind", "Choose a CRM.")),
    };
    let outcome = match begun {
        Ok((url, _)) => Ok(Some(url.into())),
        Err(problem) => match problem.kind {
            problem::Kind::Invalid | problem::Kind::ConnectionRefused => {
                Err(problem.detail.to_string())
            }
            _ => return Err(problem),
        },
    };
    render(&state, &form.signed_in, outcome).await
}

/// What a CRM sends a person back with.
#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    code: Option<SecretString>,
    #[serde(default)]
    state: Option<String>,
}

/// The state is what lets a person in here: who consents need have no account.
async fn back(
    extract::State(state): extract::State<State>,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    let links = Links::new();
    let (Some(code), Some(value)) = (back.code, back.state) else {
        let failure = Some("No consent was given there. Nothing was connected.");
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &BackPage { links, failure }));
    };
    let redirect = state.crm_consent_url();
    let now = state.clock.now();
    match state.crm_desk(&redirect).finish(&value, &code, now).await {
        Ok(meant) => {
            let mut tx = state.db.begin_write().await?;
            let (action, tenant) = ("crm.consent", meant.tenant.as_str());
            audit::record(&mut tx, &meant.tenant, &Actor::Worker, action, tenant, now).await?;
            tx.commit().await.map_err(StoreError::from)?;
            Ok(page(StatusCode::OK, &BackPage { links, failure: None }))
        }
        Err(NoConsent::Connect(ConnectError::Crm(CrmError::Store(error)))) => Err(error.into()),
        Err(error) => {
            let failure = error.to_string();
            let failure = Some(failure.as_str());
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &BackPage { links, failure }))
        }
    }
}

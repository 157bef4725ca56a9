//! The CRM of a tenant: how the connection fares; connecting one with a password or token, or by a
//! person's consent, and healing it so. The way back of a consent is that of every consent.

mod connect;
mod fields;

use super::assets::Links;
use super::ending::Warning;
use super::mailboxes::access;
use super::render::page;
use crate::clock::Millis;
use crate::followup::notice;
use crate::store::consents::Purpose;
use crate::store::crm_connections::{self, CrmConnection, Kind};
use crate::store::oauth;
use crate::web::State;
use crate::web::api::consents;
use crate::web::auth::{SignedForm, SignedIn};
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{self, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use connect::{Form, KINDS};
use serde::Deserialize;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/connect/crm", get(show).post(begin))
        .route("/connect/crm/settings", post(connect::save))
        .route("/connect/crm/new-people", post(connect::set_new_people))
        .route("/connect/crm/remove", post(connect::remove))
        .merge(fields::router())
}

#[derive(Template)]
#[template(path = "crm.html")]
struct CrmPage<'a> {
    links: Links,
    csrf: &'a str,
    user: &'a str,
    connected: Option<Connected>,
    /// When the secrets end that it is opened with.
    ends: Vec<Warning>,
    /// Why admins may not hear by mail how it fares; empty: they do.
    unheard: &'static str,
    /// What can be connected.
    kinds: Vec<(&'static str, &'static str)>,
    form: Option<Form>,
    /// The CRMs that the tenant has an app of.
    apps: Vec<(&'static str, &'static str)>,
    failure: Option<String>,
    /// Where to go on, when a consent is to be given.
    link: Option<String>,
}

/// What is connected, and how it fares.
struct Connected {
    kind: &'static str,
    name: &'static str,
    url: String,
    state: &'static str,
    /// What to do.
    detail: String,
    /// Before when it has asked not to be read.
    retry: Option<String>,
    by_consent: bool,
    /// What new people are made as, where there is a choice.
    new_people: Option<&'static str>,
}

impl Connected {
    fn of(connection: CrmConnection, now: Millis) -> Self {
        Self {
            kind: connection.kind.as_str(),
            name: connection.kind.title(),
            url: connection.url,
            state: connection.state.as_str(),
            detail: connection.state_detail,
            retry: connection.retry_at.filter(|at| *at > now).map(Millis::to_rfc3339),
            by_consent: !connection.oauth_service.is_empty(),
            new_people: (connection.kind == Kind::Salesforce)
                .then(|| connection.new_people.as_str()),
        }
    }
}

/// The secret or certificate that is entered with the connection itself.
fn of_crm(connection: &CrmConnection, now: Millis) -> Option<Warning> {
    let what = format!("The secret or certificate for {}", connection.kind.title());
    let heal = "Make a new one at Microsoft Entra and enter it with “Change its settings”.";
    Some(Warning::new(what, connection.secret_expires_at?, heal, now))
}

/// What came of what was asked.
#[derive(Default)]
struct Outcome {
    /// The kind whose settings are asked for.
    kind: Option<Kind>,
    /// Settings that were refused, to be sent again.
    form: Option<Form>,
    link: Option<String>,
    failure: Option<String>,
}

async fn render(
    state: &State,
    signed_in: &SignedIn,
    outcome: Outcome,
) -> Result<Response, Problem> {
    let tenant = access(signed_in)?.tenant;
    let mut conn = state.db.read().await?;
    let connected = crm_connections::get(&mut conn, &tenant).await?;
    let unheard = notice::reach(&mut conn, &tenant, state.has_operator).await?.detail;
    let apps = oauth::apps(&mut conn, &tenant).await?;
    let now = state.clock.now();
    let mut ends = Warning::of_apps(&apps, true, now);
    ends.extend(connected.as_ref().and_then(|it| of_crm(it, now)));
    let apps = apps.iter().filter_map(|app| Kind::parse(&app.service));
    let Outcome { kind, form, link, failure } = outcome;
    let form = form.or_else(|| Some(Form::of(kind?, connected.as_ref())));
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = CrmPage {
        links: Links::new(),
        csrf: signed_in.csrf_token(),
        user: &signed_in.user().name,
        connected: connected.map(|it| Connected::of(it, now)),
        ends,
        unheard,
        kinds: KINDS.map(|(kind, title)| (kind.as_str(), title)).to_vec(),
        form,
        apps: apps.map(|kind| (kind.as_str(), kind.title())).collect(),
        failure,
        link,
    };
    Ok(page(status, &shown))
}

/// What part of the page is looked at.
#[derive(Debug, Deserialize)]
struct View {
    /// The kind whose settings are asked for.
    #[serde(default)]
    kind: String,
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    Query(view): Query<View>,
) -> Result<Response, Problem> {
    let kind = Kind::parse(&view.kind);
    render(&state, &signed_in, Outcome { kind, ..Outcome::default() }).await
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
        Ok((url, _)) => Outcome { link: Some(url.into()), ..Outcome::default() },
        Err(problem) if problem.kind.is_sayable() => {
            Outcome { failure: Some(problem.detail.to_string()), ..Outcome::default() }
        }
        Err(problem) => return Err(problem),
    };
    render(&state, &form.signed_in, outcome).await
}

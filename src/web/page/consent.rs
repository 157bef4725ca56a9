//! Connecting a mailbox by its owner's consent, or healing it so: a link to the sign-in service, and
//! the way back.

use super::assets::Links;
use super::mailbox_form::Form;
use super::mailboxes::{access, refuse, refuse_with};
use super::render::page;
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::source::providers;
use crate::store::ListId;
use crate::store::consents::{MeantMailbox, Purpose};
use crate::store::crm_connections::Kind;
use crate::store::mailboxes;
use crate::web::State;
use crate::web::api::consents;
use crate::web::api::mailboxes::folder_meant;
use crate::web::auth::SignedForm;
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{self, Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/connect/consent", post(begin))
        .route("/connect/consent/back", get(back))
        .route("/mailboxes/{id}/consent", post(again))
}

/// What people call a sign-in service.
pub(super) fn title(service: &str) -> &str {
    match service {
        "google" => "Google",
        "microsoft" => "Microsoft",
        other => Kind::parse(other).map_or(other, |kind| kind.title()),
    }
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    links: Links,
    service: String,
    link: String,
}

#[derive(Template)]
#[template(path = "consent_back.html")]
struct BackPage<'a> {
    links: Links,
    /// What was opened, or why nothing was.
    opened: Result<Opened, &'a str>,
}

/// What a consent opened.
enum Opened {
    Mailbox,
    Crm,
    /// A directory, by its admin for everybody.
    Directory,
}

/// What came of it.
fn told(opened: Result<Opened, &str>) -> Response {
    let status = if opened.is_err() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, &BackPage { links: Links::new(), opened })
}

/// Shows the link. It is no redirection: the browser would refuse one that a form leads elsewhere.
fn show((link, _): (Url, Millis)) -> Response {
    let service = link.domain().unwrap_or("the provider").to_owned();
    let links = Links::new();
    page(StatusCode::OK, &ConsentPage { links, service, link: link.into() })
}

async fn begin(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let text = |name| form.field(name).unwrap_or_default().trim().to_owned();
    let invalid = |field: &'static str, words: &'static str| Problem::invalid(field, words);
    let begun = async {
        let address = EmailAddress::parse(&text("address"))
            .ok_or_else(|| invalid("address", "This is not an e-mail address."))?;
        let list = ListId::parse(&text("list"))
            .ok_or_else(|| invalid("list", "Choose where the suggestions land."))?;
        let username = Some(text("username")).filter(|name| !name.is_empty());
        let is_graph = text("kind") == "graph";
        let kind = if is_graph { mailboxes::Kind::Graph } else { mailboxes::Kind::Imap };
        let mailbox = MeantMailbox {
            list,
            address: address.to_string(),
            username: username.unwrap_or_else(|| address.to_string()),
            folder: folder_meant(&state, &access.tenant, (kind, &address), None).await?,
            backfill_days: text("backfill_days").parse().unwrap_or(30),
        };
        if is_graph {
            return consents::begin(&state, access, Purpose::Graph { mailbox }).await;
        }
        let service = match text("service") {
            named if !named.is_empty() => Some(named),
            _ => providers::of_domain(&address.domain()).and_then(|known| known.oauth.clone()),
        };
        let service = service
            .ok_or_else(|| invalid("service", "This provider has no sign-in service here."))?;
        consents::begin(&state, access, Purpose::Imap { service, mailbox }).await
    };
    match begun.await {
        Ok(link) => Ok(show(link)),
        Err(problem) => refuse_with(&state, &form, Form::sent(&form), problem).await,
    }
}

async fn again(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    match consents::begin_again(&state, access, &id).await {
        Ok(link) => Ok(show(link)),
        Err(problem) => refuse(&state, &form, problem).await,
    }
}

/// What a sign-in service sends a person back with.
#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    code: Option<SecretString>,
    #[serde(default)]
    state: Option<String>,
    /// An admin was asked, and not only a person.
    #[serde(default)]
    admin_consent: Option<String>,
    #[serde(default)]
    error: Option<String>,
    /// Words of the service, of which a code is known and the rest is shown to nobody.
    #[serde(default)]
    error_description: Option<String>,
}

/// The codes with which Microsoft says that people may not consent, and an admin has to
/// (<https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes>).
const ADMINS_ONLY: [&str; 2] = ["AADSTS65001", "AADSTS90094"];

impl Back {
    /// Why nobody consented, as far as one knows.
    fn refusal(&self) -> &'static str {
        let words = self.error_description.as_deref().unwrap_or_default();
        let code = words.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if ADMINS_ONLY.contains(&code) {
            "Your organisation lets nobody but an admin of its Microsoft directory consent to this. Nothing was \
             connected. Such an admin has to consent first: with the button Grant admin consent at the page \
             Microsoft 365 here, or at entra.microsoft.com, App registrations, API permissions. Then ask for \
             another link."
        } else {
            "No consent was given there. Nothing was connected."
        }
    }
}

/// The state is what lets a person in here: who consents need have no account.
async fn back(
    extract::State(state): extract::State<State>,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    if back.admin_consent.is_some() && back.error.is_none() {
        // It is between the admin and Microsoft: here nothing changes.
        return Ok(told(Ok(Opened::Directory)));
    }
    let refusal = back.refusal();
    let (Some(code), Some(value)) = (back.code, back.state) else {
        return Ok(told(Err(refusal)));
    };
    match consents::finish(&state, &value, &code).await {
        Ok(Purpose::Crm { .. }) => Ok(told(Ok(Opened::Crm))),
        Ok(Purpose::Imap { .. } | Purpose::Graph { .. }) => Ok(told(Ok(Opened::Mailbox))),
        Err(problem) if problem.kind.is_sayable() => Ok(told(Err(&problem.detail))),
        Err(problem) => Err(problem),
    }
}

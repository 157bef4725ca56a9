//! Connecting one's own mailbox at Microsoft 365: a form, a link to Microsoft, and the way back.

use super::assets::Links;
use super::render::page;
use crate::contact::EmailAddress;
use crate::source::graph::{self, ConsentError};
use crate::store::audit::{self, Actor};
use crate::store::graph::Consent;
use crate::store::lists::{self, ContactList};
use crate::store::users::{Role, User};
use crate::store::{ListId, StoreError};
use crate::web::State;
use crate::web::auth::{SignedForm, SignedIn};
use crate::web::problem::{Kind, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{self, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use secrecy::SecretString;
use serde::Deserialize;

/// How many days back are read at first.
const BACKFILL_DAYS: u32 = 30;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/connect/microsoft", get(show).post(begin))
        .route("/connect/microsoft/back", get(back))
}

#[derive(Template)]
#[template(path = "microsoft.html")]
struct MicrosoftPage<'a> {
    links: Links,
    csrf: &'a str,
    lists: &'a [ContactList],
    address: &'a str,
    failure: Option<&'a str>,
    /// Where to go on, when everything is entered.
    link: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "microsoft_back.html")]
pub(super) struct BackPage<'a> {
    pub(super) links: Links,
    pub(super) failure: Option<&'a str>,
}

fn admin(signed_in: &SignedIn) -> Result<&User, Problem> {
    let user = signed_in.user();
    if user.role == Role::Admin {
        return Ok(user);
    }
    Err(Problem::new(Kind::Forbidden, "only an admin connects mailboxes"))
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let user = admin(&signed_in)?;
    let lists = lists::list(&mut *state.db.read().await?, &user.tenant).await?;
    Ok(form(&signed_in, &lists, "", None, None))
}

fn form(
    signed_in: &SignedIn,
    lists: &[ContactList],
    address: &str,
    failure: Option<&str>,
    link: Option<&str>,
) -> Response {
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (links, csrf) = (Links::new(), signed_in.csrf_token());
    page(status, &MicrosoftPage { links, csrf, lists, address, failure, link })
}

/// Shows the link. It is no redirection: the browser would refuse one that a form leads elsewhere.
async fn begin(
    extract::State(state): extract::State<State>,
    sent: SignedForm,
) -> Result<Response, Problem> {
    let user = admin(&sent.signed_in)?;
    let lists = lists::list(&mut *state.db.read().await?, &user.tenant).await?;
    let typed = sent.field("address").unwrap_or_default();
    let list: Option<ListId> = sent.field("list").and_then(ListId::parse);
    let list = lists.iter().find(|known| Some(&known.id) == list.as_ref());
    let address = EmailAddress::parse(typed);
    let (Some(list), Some(address)) = (list, address) else {
        let failure = "Enter the address of the mailbox and choose a list.";
        return Ok(form(&sent.signed_in, &lists, typed, Some(failure), None));
    };
    let folder = "inbox".to_owned();
    if let Err(bad) = graph::check_names(&address, &folder) {
        return Ok(form(&sent.signed_in, &lists, typed, Some(&bad.to_string()), None));
    }
    let meant = Consent {
        tenant: user.tenant.clone(),
        list: list.id.clone(),
        address: address.to_string(),
        folder,
        backfill_days: BACKFILL_DAYS,
        actor: Actor::User(user.id.clone()).to_text(),
    };
    let redirect = state.consent_url();
    let desk = state.consent_desk(&redirect);
    match graph::begin_consent(&desk, &meant, state.clock.now()).await {
        Ok((url, _)) => Ok(form(&sent.signed_in, &lists, typed, None, Some(url.as_str()))),
        Err(ConsentError::Fault(graph::Fault::NoApp)) => {
            let failure = graph::Fault::NoApp.to_string();
            Ok(form(&sent.signed_in, &lists, typed, Some(&failure), None))
        }
        Err(error) => Err(error.into()),
    }
}

/// What Microsoft sends a person back with.
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
        let failure = Some("Microsoft reports that no consent was given. Nothing was connected.");
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &BackPage { links, failure }));
    };
    let redirect = state.consent_url();
    let now = state.clock.now();
    match graph::finish_consent(&state.consent_desk(&redirect), &value, &code, now).await {
        Ok((meant, id)) => {
            let mut tx = state.db.begin_write().await?;
            let (action, actor) = ("mailbox.consent", Actor::Worker);
            audit::record(&mut tx, &meant.tenant, &actor, action, id.as_str(), now).await?;
            tx.commit().await.map_err(StoreError::from)?;
            Ok(page(StatusCode::OK, &BackPage { links, failure: None }))
        }
        Err(error) => {
            if let ConsentError::Fault(graph::Fault::Store(error)) = error {
                return Err(error.into());
            }
            let failure = error.to_string();
            let failure = Some(failure.as_str());
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &BackPage { links, failure }))
        }
    }
}

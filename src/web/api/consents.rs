//! Consents: links with which people let us read their mailboxes or use their CRM, and what becomes of them when the
//! people come back.

use super::edge::{self, Body, Refused, time};
use super::graph::{self as api_graph, Wanted, list_of};
use super::mailboxes::{folder_meant, mailbox_with_folders};
use super::once::{ANOTHER_LINK, told};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::crm;
use crate::source::imap::NoKey;
use crate::source::oauth::NoConsent;
use crate::source::{graph, imap, providers};
use crate::store::consents::{Consent, MeantMailbox, Purpose};
use crate::store::graph::{Access as InWhoseName, access_of};
use crate::store::mailboxes;
use crate::store::tokens::Scope;
use crate::store::{StoreError, TenantId, audit};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(ask_microsoft))
        .routes(routes!(ask_again))
}

/// A mailbox whose owner is to consent.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewOauthMailbox)]
#[serde(deny_unknown_fields)]
struct SentMailbox {
    /// The address people write to.
    #[schema(example = "anna@gmail.com")]
    address: String,
    /// The contact list its suggestions will land in.
    list: String,
    /// The sign-in service; if absent, that of the address's provider.
    #[schema(example = "google")]
    service: Option<String>,
    /// The account to sign in with; the address if absent. For a shared mailbox at Microsoft: the person who may
    /// open it.
    username: Option<String>,
    /// The folder to read; if absent, the one that is watched if the mailbox is connected already, and `INBOX` else.
    folder: Option<String>,
    /// How many days back to read at first; 30 if absent, 0 for none.
    backfill_days: Option<u32>,
}

/// Where a person consents.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsentLink {
    /// For the person whose mailbox or account it is, to be opened in a browser, once.
    url: String,
    /// Until when.
    expires_at: String,
}

impl ConsentLink {
    pub(super) fn created((url, expires_at): (Url, Millis)) -> (StatusCode, Json<Self>) {
        (StatusCode::CREATED, Json(Self { url: url.into(), expires_at: time(expires_at) }))
    }
}

/// Makes a link with which a person lets us read their mailbox over IMAP. When they have, it is
/// connected; one that is connected already gets the new consent, also instead of a password.
#[utoipa::path(
    post, path = "/mailboxes/consents", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    request_body = SentMailbox,
    responses((status = 201, description = "The link", body = ConsentLink), Refused)
)]
async fn ask(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<SentMailbox>,
) -> Result<(StatusCode, Json<ConsentLink>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let address = address(&sent.address)?;
    let list = edge::id_in("list", Some(&sent.list))?
        .ok_or_else(|| Problem::invalid("list", "list is missing"))?;
    let service = match &sent.service {
        Some(service) => edge::line("service", service, 50)?,
        None => service_of(&address)?,
    };
    let folder = sent.folder.map(|folder| edge::line("folder", &folder, 255)).transpose()?;
    let meant = (mailboxes::Kind::Imap, &address);
    let mailbox = MeantMailbox {
        list,
        folder: folder_meant(&state, &access.tenant, meant, folder).await?,
        username: match &sent.username {
            Some(username) => edge::line("username", username, 254)?,
            None => address.to_string(),
        },
        address: address.to_string(),
        backfill_days: sent.backfill_days.unwrap_or(30),
    };
    Ok(ConsentLink::created(begin(&state, access, Purpose::Imap { service, mailbox }).await?))
}

/// Makes a link with which a person lets us read their own mailbox at Microsoft 365. When they have,
/// it is connected; one that is connected already gets the new consent.
#[utoipa::path(
    post, path = "/mailboxes/graph/consents", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    request_body = api_graph::SentMailbox,
    responses((status = 201, description = "The link", body = ConsentLink), Refused)
)]
async fn ask_microsoft(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<api_graph::SentMailbox>,
) -> Result<(StatusCode, Json<ConsentLink>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let Wanted { address, list, folder, backfill_days } = sent.check()?;
    let meant = (mailboxes::Kind::Graph, &address);
    let folder = folder_meant(&state, &access.tenant, meant, folder).await?;
    let (address, username) = (address.to_string(), address.to_string());
    let mailbox = MeantMailbox { list, address, username, folder, backfill_days };
    Ok(ConsentLink::created(begin(&state, access, Purpose::Graph { mailbox }).await?))
}

/// Makes a link with which a person consents again, so that a mailbox that is connected already goes
/// on where it was.
#[utoipa::path(
    post, path = "/mailboxes/{id}/consent", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 201, description = "The link", body = ConsentLink), Refused)
)]
async fn ask_again(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<ConsentLink>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    Ok(ConsentLink::created(begin_again(&state, access, &id).await?))
}

/// Makes a link for what a consent is to open.
pub(in crate::web) async fn begin(
    state: &State,
    access: Access,
    purpose: Purpose,
) -> Result<(Url, Millis), Problem> {
    let Access { tenant, actor } = access;
    let consent = Consent { tenant, purpose, actor };
    let (redirect, now) = (state.consent_url(), state.clock.now());
    let desk = state.desk(&redirect);
    match &consent.purpose {
        Purpose::Imap { mailbox, .. } => {
            check(state, &consent.tenant, mailbox).await?;
            Ok(imap::begin_consent(&state.imap, &desk, &consent, now).await?)
        }
        Purpose::Graph { mailbox } => {
            check(state, &consent.tenant, mailbox).await?;
            graph::check_names(&address(&mailbox.address)?, &mailbox.folder)?;
            Ok(graph::begin_consent(&state.graph, &desk, &consent, now).await?)
        }
        Purpose::Crm { .. } => Ok(crm::consent::begin(&state.crm, &desk, &consent, now).await?),
    }
}

async fn check(state: &State, tenant: &TenantId, mailbox: &MeantMailbox) -> Result<(), Problem> {
    edge::backfill_days(Some(mailbox.backfill_days))?;
    list_of(state, tenant, &mailbox.list).await
}

/// Makes a link for a mailbox that is connected.
pub(in crate::web) async fn begin_again(
    state: &State,
    access: Access,
    id: &str,
) -> Result<(Url, Millis), Problem> {
    let found = mailbox_with_folders(state, &access, id).await?;
    let in_whose_name = access_of(&mut *state.db.read().await?, &access.tenant, &found.id).await?;
    let service = match found.oauth_service.as_str() {
        "" if found.kind == mailboxes::Kind::Graph => None,
        "" => Some(service_of(&address(&found.address)?)?),
        service => Some(service.to_owned()),
    };
    let mailbox = MeantMailbox {
        list: found.list,
        address: found.address,
        username: found.username,
        folder: found.folder,
        backfill_days: found.backfill_days,
    };
    let purpose = match (service, in_whose_name) {
        (Some(service), _) => Purpose::Imap { service, mailbox },
        (None, Some(InWhoseName::Delegated)) => Purpose::Graph { mailbox },
        (None, _) => {
            let detail = "this mailbox is read in the app's own name, to which an admin consents at \
                          Microsoft Entra";
            return Err(Problem::new(Kind::Conflict, detail));
        }
    };
    begin(state, access, purpose).await
}

/// Opens what the consent was to open with which somebody comes back, and says what that was; the state is what lets them in.
pub(in crate::web) async fn finish(
    state: &State,
    value: &str,
    code: &SecretString,
) -> Result<Purpose, Problem> {
    let (redirect, now) = (state.consent_url(), state.clock.now());
    let desk = state.desk(&redirect);
    let (consent, returned) = desk.receive(value, code, now).await?;
    let back = (&consent, &returned);
    let (action, subject) = match consent.purpose {
        Purpose::Imap { .. } => {
            let id = imap::finish_consent(&state.imap, &desk, back, now).await?;
            ("mailbox.consent", id.to_string())
        }
        Purpose::Graph { .. } => {
            let id = graph::finish_consent(&state.graph, &desk, back, now).await?;
            ("mailbox.consent", id.to_string())
        }
        Purpose::Crm { .. } => {
            crm::consent::finish(&state.crm, &desk, back, now).await?;
            ("crm.consent", consent.tenant.to_string())
        }
    };
    let mut tx = state.db.begin_write().await?;
    let Consent { tenant, actor, .. } = &consent;
    audit::record(&mut tx, tenant, actor, action, subject.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(consent.purpose)
}

fn address(text: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(text)
        .ok_or_else(|| Problem::invalid("address", "address is not an e-mail address"))
}

fn service_of(address: &EmailAddress) -> Result<String, Problem> {
    let provider = providers::of_domain(&address.domain());
    provider.and_then(|provider| provider.oauth.clone()).ok_or_else(|| {
        Problem::invalid("service", "service is missing: this address's provider is not known")
    })
}

impl From<NoConsent> for Problem {
    fn from(error: NoConsent) -> Self {
        match error {
            NoConsent::Store(error) => error.into(),
            NoConsent::Vault(_) => Self::internal(error),
            NoConsent::Unknown | NoConsent::OtherAccount(_) | NoConsent::NotLasting => {
                Self::new(Kind::ConnectionRefused, error.to_string())
            }
        }
    }
}

impl From<imap::ConsentError> for Problem {
    fn from(error: imap::ConsentError) -> Self {
        match error {
            imap::ConsentError::Consent(error) => error.into(),
            imap::ConsentError::Key(NoKey::Gone) => Self::not_found("tenant"),
            imap::ConsentError::Key(NoKey::Token(error)) => {
                Self::new(Kind::ConnectionRefused, told(error, ANOTHER_LINK))
            }
            imap::ConsentError::Key(error @ NoKey::Unavailable) => {
                Self::new(Kind::Unavailable, told(error, ANOTHER_LINK))
            }
            imap::ConsentError::Key(error) => error.into(),
            imap::ConsentError::Connect(error) => {
                Self::new(Kind::ConnectionRefused, told(error, ANOTHER_LINK))
            }
        }
    }
}

impl From<graph::ConsentError> for Problem {
    fn from(error: graph::ConsentError) -> Self {
        match error {
            graph::ConsentError::Consent(error) => error.into(),
            graph::ConsentError::Fault(fault) => {
                let sentence = told(fault.sentence(InWhoseName::Delegated), ANOTHER_LINK);
                Self { detail: sentence.into(), ..fault.into() }
            }
        }
    }
}

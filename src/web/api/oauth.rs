//! Mailboxes on IMAP servers that a person's consent opens: the tenant's app registrations at sign-in
//! services (of CRMs too), and the links with which people consent. A secret goes in and never comes out again.

use super::edge::{self, Body, Refused, time};
use super::mailboxes::mailbox_with_folders;
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::source::imap::{NoConsent, NoKey};
use crate::source::oauth::is_directory;
use crate::source::providers;
use crate::store::oauth::{App, AppView, Consent, apps, put_app};
use crate::store::tokens::Scope;
use crate::store::{ListId, StoreError, audit, crm_connections, lists, mailboxes};
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

/// How far back a first sync may reach: ten years.
const MAX_BACKFILL_DAYS: u32 = 3653;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put))
        .routes(routes!(ask))
        .routes(routes!(ask_again))
}

/// An app registration at a sign-in service, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OauthApp)]
struct OauthAppView {
    /// The service.
    #[schema(example = "google")]
    service: String,
    /// At Microsoft the directory: its id or one of its domains.
    directory: String,
    /// The app's id.
    client_id: String,
    /// When it was changed last.
    changed_at: String,
}

impl From<AppView> for OauthAppView {
    fn from(app: AppView) -> Self {
        Self {
            service: app.service,
            directory: app.directory,
            client_id: app.client_id,
            changed_at: time(app.changed_at),
        }
    }
}

/// An app registration at a sign-in service as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OauthAppSettings)]
#[serde(deny_unknown_fields)]
struct SentApp {
    /// The app's id.
    client_id: String,
    /// Its secret. Kept sealed, never shown again.
    #[schema(value_type = String, format = Password)]
    client_secret: SecretString,
    /// At Microsoft the directory: its id or one of its domains; `common` if absent.
    #[schema(example = "example.onmicrosoft.com")]
    directory: Option<String>,
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
    /// The account to sign in with; the address if absent.
    username: Option<String>,
    /// The folder to read; `INBOX` if absent.
    folder: Option<String>,
    /// How many days back to read at first; 30 if absent, 0 for none.
    backfill_days: Option<u32>,
}

/// Where a person consents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OauthConsentLink)]
pub(super) struct LinkView {
    /// For the person whose mailbox or account it is, to be opened in a browser, once.
    url: String,
    /// Until when.
    expires_at: String,
}

impl LinkView {
    pub(super) fn created((url, expires_at): (Url, Millis)) -> (StatusCode, Json<Self>) {
        (StatusCode::CREATED, Json(Self { url: url.into(), expires_at: time(expires_at) }))
    }
}

/// The tenant's app registrations at sign-in services.
#[utoipa::path(
    get, path = "/oauth-apps", tag = "mailboxes", security(("token" = ["mailboxes:read"])),
    responses((status = 200, description = "The app registrations", body = [OauthAppView]), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<Vec<OauthAppView>>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    let found = apps(&mut *state.db.read().await?, &access.tenant).await?;
    Ok(Json(found.into_iter().map(OauthAppView::from).collect()))
}

/// Sets the tenant's app registration at a sign-in service; its mailboxes are connected anew with it.
/// That of a CRM takes a token with `crm:write`.
#[utoipa::path(
    put, path = "/oauth-apps/{service}", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("service" = String, Path, description = "The service: `google`, `microsoft`, `hubspot` or `pipedrive`")),
    request_body = SentApp,
    responses((status = 204, description = "Set"), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(service): Path<String>,
    Body(sent): Body<SentApp>,
) -> Result<StatusCode, Problem> {
    let opens_crm = crm_connections::Kind::parse(&service).is_some();
    let scope = if opens_crm { Scope::CrmWrite } else { Scope::MailboxesWrite };
    let Access { tenant, actor } = caller.may(scope)?;
    if !state.imap.knows_service(&service) {
        return Err(Problem::not_found("sign-in service"));
    }
    let directory = sent.directory.unwrap_or_else(|| "common".to_owned());
    if !is_directory(&directory) {
        return Err(Problem::invalid("directory", "directory must be an id or a domain"));
    }
    let client_id = edge::line("client_id", &sent.client_id, 200)?;
    let app = App { directory, client_id, secret: sent.client_secret };
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    put_app(&mut tx, &state.vault, &tenant, &service, &app, now).await?;
    audit::record(&mut tx, &tenant, &actor, "oauth-app.put", tenant.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a link with which a person lets us read their mailbox over IMAP. When they have, it is
/// connected; one that is connected already gets the new consent, also instead of a password.
#[utoipa::path(
    post, path = "/mailboxes/consents", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    request_body = SentMailbox,
    responses((status = 201, description = "The link", body = LinkView), Refused)
)]
async fn ask(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<SentMailbox>,
) -> Result<(StatusCode, Json<LinkView>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let address = address(&sent.address)?;
    let list = edge::id_in("list", Some(&sent.list))?
        .ok_or_else(|| Problem::invalid("list", "list is missing"))?;
    let meant = Meant {
        service: match &sent.service {
            Some(service) => edge::line("service", service, 50)?,
            None => service_of(&address)?,
        },
        username: match &sent.username {
            Some(username) => edge::line("username", username, 254)?,
            None => address.to_string(),
        },
        address,
        list,
        folder: edge::line("folder", sent.folder.as_deref().unwrap_or("INBOX"), 255)?,
        backfill_days: sent.backfill_days.unwrap_or(30),
    };
    Ok(LinkView::created(begin_consent(&state, &access, meant).await?))
}

/// Makes a link with which a person consents again, so that a mailbox that is connected already goes
/// on where it was.
#[utoipa::path(
    post, path = "/mailboxes/{id}/consent", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 201, description = "The link", body = LinkView), Refused)
)]
async fn ask_again(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<LinkView>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    Ok(LinkView::created(consent_again(&state, &access, &id).await?))
}

/// Whose consent to what is asked for.
pub(in crate::web) struct Meant {
    pub(in crate::web) service: String,
    pub(in crate::web) address: EmailAddress,
    pub(in crate::web) username: String,
    pub(in crate::web) list: ListId,
    pub(in crate::web) folder: String,
    pub(in crate::web) backfill_days: u32,
}

/// Makes a link for a mailbox that is to be connected.
pub(in crate::web) async fn begin_consent(
    state: &State,
    access: &Access,
    meant: Meant,
) -> Result<(Url, Millis), Problem> {
    let found = lists::get(&mut *state.db.read().await?, &access.tenant, &meant.list).await?;
    found.ok_or_else(|| Problem::invalid("list", "there is no such list"))?;
    if meant.backfill_days > MAX_BACKFILL_DAYS {
        let detail = format!("backfill_days must be at most {MAX_BACKFILL_DAYS}");
        return Err(Problem::invalid("backfill_days", detail));
    }
    let consent = Consent {
        tenant: access.tenant.clone(),
        service: meant.service,
        list: meant.list,
        address: meant.address.to_string(),
        username: meant.username,
        folder: meant.folder,
        backfill_days: meant.backfill_days,
        actor: access.actor.to_text(),
    };
    let redirect = state.oauth_url();
    Ok(state.oauth_desk(&redirect).begin(&consent, state.clock.now()).await?)
}

/// Makes a link for a mailbox that is connected.
pub(in crate::web) async fn consent_again(
    state: &State,
    access: &Access,
    id: &str,
) -> Result<(Url, Millis), Problem> {
    let mailbox = mailbox_with_folders(state, access, id).await?;
    if mailbox.kind != mailboxes::Kind::Imap {
        let detail = "only a mailbox on an IMAP server is opened by such a consent";
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let address = address(&mailbox.address)?;
    let service = match mailbox.oauth_service.as_str() {
        "" => service_of(&address)?,
        service => service.to_owned(),
    };
    let meant = Meant {
        service,
        address,
        username: mailbox.username,
        list: mailbox.list,
        folder: mailbox.folder,
        backfill_days: mailbox.backfill_days,
    };
    begin_consent(state, access, meant).await
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
            NoConsent::Key(NoKey::Gone) => Self::not_found("tenant"),
            NoConsent::Key(error) => error.into(),
            error => Self::new(Kind::ConnectionRefused, error.to_string()),
        }
    }
}

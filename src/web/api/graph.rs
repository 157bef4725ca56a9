//! Mailboxes at Microsoft 365: the tenant's app registration, and the two ways to a mailbox through
//! it. A secret goes in and never comes out again.

use super::edge::{self, Body, Refused, time};
use super::mailboxes::folder_meant;
use super::mailboxes::view::MailboxView;
use super::once::{TRY_AGAIN, told};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::source::graph::{self, BadName, Fault, New};
use crate::source::oauth::Certificate;
use crate::store::graph::{
    Access as InWhoseName, App, AppView, Credential, NewApp, app, app_view, put_app,
};
use crate::store::mailboxes::{self, Mailbox};
use crate::store::tokens::Scope;
use crate::store::{ListId, StoreError, TenantId, audit, lists};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(get, put)).routes(routes!(connect))
}

/// The app registration, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GraphApp)]
struct GraphAppView {
    /// The directory: its id or one of its domains.
    #[schema(example = "example.onmicrosoft.com")]
    directory: String,
    /// The app's id.
    client_id: String,
    /// With what it proves who it is: `secret` or `certificate`.
    credential: &'static str,
    /// When that ends, as far as we know.
    secret_expires_at: Option<String>,
    /// In how many days that is.
    secret_expires_in_days: Option<i64>,
    /// When it was changed last.
    changed_at: String,
}

impl GraphAppView {
    fn new(app: AppView, now: Millis) -> Self {
        let days = |at: Millis| (at.0 - now.0).div_euclid(86_400_000);
        Self {
            directory: app.directory,
            client_id: app.client_id,
            credential: app.credential.as_str(),
            secret_expires_in_days: app.secret_expires_at.map(days),
            secret_expires_at: app.secret_expires_at.map(time),
            changed_at: time(app.changed_at),
        }
    }
}

/// The app registration as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = GraphAppSettings)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct SentApp {
    /// The directory (tenant) at Microsoft Entra: its id or one of its domains.
    #[schema(example = "example.onmicrosoft.com")]
    pub(in crate::web) directory: String,
    /// The application (client) id.
    pub(in crate::web) client_id: String,
    /// A client secret. Kept sealed, never shown again.
    #[schema(value_type = Option<String>, format = Password)]
    pub(in crate::web) client_secret: Option<SecretString>,
    /// Instead of a secret, a certificate with its private key (RSA, without a password), as PEM.
    /// Kept sealed, never shown again.
    #[schema(value_type = Option<String>, format = Password)]
    pub(in crate::web) certificate: Option<SecretString>,
    /// When Microsoft Entra says that the secret ends, RFC 3339; it is warned of in time. The end of
    /// a certificate stands in it.
    #[schema(example = "2027-11-21T00:00:00Z")]
    pub(in crate::web) secret_expires_at: Option<String>,
}

/// A mailbox at Microsoft 365.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewGraphMailbox)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct SentMailbox {
    /// Its address, as people sign in with it.
    #[schema(example = "anna@example.com")]
    pub(in crate::web) address: String,
    /// The contact list its suggestions will land in.
    pub(in crate::web) list: String,
    /// The folder to read: `inbox`, `archive`, or the id of another one. If absent, the one that is watched if the
    /// mailbox is connected already, and `inbox` else.
    pub(in crate::web) folder: Option<String>,
    /// How many days back to read at first; 30 if absent, 0 for none.
    pub(in crate::web) backfill_days: Option<u32>,
}

/// What was sent, checked.
pub(super) struct Wanted {
    pub(super) address: EmailAddress,
    pub(super) list: ListId,
    /// Which is meant otherwise, [`folder_meant`] says.
    pub(super) folder: Option<String>,
    pub(super) backfill_days: u32,
}

impl SentMailbox {
    pub(super) fn check(&self) -> Result<Wanted, Problem> {
        let address = EmailAddress::parse(&self.address)
            .ok_or_else(|| Problem::invalid("address", "address is not an e-mail address"))?;
        let list = edge::id_in("list", Some(&self.list))?
            .ok_or_else(|| Problem::invalid("list", "list is missing"))?;
        let folder = self.folder.as_deref().map(|folder| edge::line("folder", folder, 512));
        let folder = folder.transpose()?;
        graph::check_names(&address, folder.as_deref().unwrap_or("inbox"))?;
        let backfill_days = edge::backfill_days(self.backfill_days)?;
        Ok(Wanted { address, list, folder, backfill_days })
    }
}

/// The tenant's app registration at Microsoft Entra.
#[utoipa::path(
    get, path = "/graph-app", tag = "mailboxes", security(("token" = ["mailboxes:read"])),
    responses((status = 200, description = "The app registration", body = GraphAppView), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<GraphAppView>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    let found = app_view(&mut *state.db.read().await?, &access.tenant).await?;
    let found = found.ok_or_else(|| Problem::not_found("app registration"))?;
    Ok(Json(GraphAppView::new(found, state.clock.now())))
}

/// Sets the tenant's app registration; its mailboxes are connected anew with it.
#[utoipa::path(
    put, path = "/graph-app", tag = "mailboxes", security(("token" = ["mailboxes:write"])),
    request_body = SentApp,
    responses((status = 200, description = "The app registration", body = GraphAppView), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<SentApp>,
) -> Result<Json<GraphAppView>, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let saved = save_app(&state, &access, sent).await?;
    Ok(Json(GraphAppView::new(saved, state.clock.now())))
}

/// Sets the app registration; its mailboxes are connected anew with it.
pub(in crate::web) async fn save_app(
    state: &State,
    Access { tenant, actor }: &Access,
    sent: SentApp,
) -> Result<AppView, Problem> {
    let until = edge::moment("secret_expires_at", sent.secret_expires_at.as_deref())?;
    let (credential, secret, until) = match (sent.client_secret, sent.certificate) {
        (Some(secret), None) => (Credential::Secret, secret, until),
        (None, Some(pem)) => {
            let certificate = Certificate::read(&pem)
                .map_err(|bad| Problem::invalid("certificate", format!("certificate: {bad}")))?;
            (Credential::Certificate, pem, Some(certificate.expires_at()))
        }
        _ => {
            let detail = "send either client_secret or certificate";
            return Err(Problem::invalid("client_secret", detail));
        }
    };
    let new = NewApp {
        directory: edge::line("directory", &sent.directory, 253)?,
        client_id: edge::line("client_id", &sent.client_id, 100)?,
        credential,
        secret,
        secret_expires_at: until,
    };
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    put_app(&mut tx, &state.vault, tenant, &new, now).await?;
    audit::record(&mut tx, tenant, actor, "graph-app.put", tenant.as_str(), now).await?;
    let saved = app_view(&mut tx, tenant).await?;
    tx.commit().await.map_err(StoreError::from)?;
    saved.ok_or_else(|| Problem::not_found("app registration"))
}

/// Connects a mailbox that the app itself may read (Mail.Read with the consent of the directory's
/// admin), after Microsoft has let us open the folder.
#[utoipa::path(
    post, path = "/mailboxes/graph", tag = "mailboxes", security(("token" = ["mailboxes:write"])),
    request_body = SentMailbox,
    responses((status = 201, description = "Connected", body = MailboxView), Refused)
)]
async fn connect(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<SentMailbox>,
) -> Result<(StatusCode, Json<MailboxView>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let mailbox = connect_as_app(&state, &access, &sent).await?;
    Ok((StatusCode::CREATED, Json(mailbox.into())))
}

/// Connects a mailbox that the app itself may read, after Microsoft has let us open the folder.
pub(in crate::web) async fn connect_as_app(
    state: &State,
    access: &Access,
    sent: &SentMailbox,
) -> Result<Mailbox, Problem> {
    state.probes.count(access)?;
    let Access { tenant, actor } = access;
    let Wanted { address, list, folder, backfill_days } = sent.check()?;
    let folder = folder_meant(state, tenant, (mailboxes::Kind::Graph, &address), folder).await?;
    list_of(state, tenant, &list).await?;
    let app = opened_app(state, tenant).await?;
    let now = state.clock.now();
    graph::check(&state.graph, &app, address.as_str(), &folder, now).await?;
    let new = New {
        tenant: tenant.clone(),
        list,
        username: address.to_string(),
        address,
        folder,
        backfill_days,
        access: InWhoseName::Application,
        refresh_token: SecretString::default(),
    };
    let mut tx = state.db.begin_write().await?;
    let id = graph::save(&mut tx, &state.vault, new, now).await?;
    audit::record(&mut tx, tenant, actor, "mailbox.connect", id.as_str(), now).await?;
    let mailbox = mailboxes::get(&mut tx, tenant, &id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    mailbox.ok_or_else(|| Problem::not_found("mailbox"))
}

/// The app registration with its secret, to sign in with.
pub(in crate::web) async fn opened_app(state: &State, tenant: &TenantId) -> Result<App, Problem> {
    let found = app(&mut *state.db.read().await?, &state.vault, tenant).await;
    Ok(found.map_err(Fault::from)?.ok_or(Fault::NoApp)?)
}

pub(super) async fn list_of(
    state: &State,
    tenant: &TenantId,
    list: &ListId,
) -> Result<(), Problem> {
    let found = lists::get(&mut *state.db.read().await?, tenant, list).await?;
    found.map(drop).ok_or_else(|| Problem::invalid("list", "there is no such list"))
}

impl From<BadName> for Problem {
    fn from(bad: BadName) -> Self {
        let field = if bad == BadName::Address { "address" } else { "folder" };
        Self::invalid(field, bad.to_string())
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error.into(),
            Fault::Vault(_) | Fault::Unavailable => Self::internal(fault),
            Fault::NoApp => Self::new(Kind::Conflict, fault.to_string()),
            fault => Self::new(Kind::ConnectionRefused, told(fault, TRY_AGAIN)),
        }
    }
}

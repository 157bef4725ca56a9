//! The tenant's app registrations at sign-in services, in whose name people are asked to consent. A
//! secret goes in and never comes out again.

use super::edge::{self, Body, Refused, time};
use crate::source::oauth::is_directory;
use crate::store::oauth::{App, AppView, apps, put_app, set_secret_end};
use crate::store::tokens::Scope;
use crate::store::{StoreError, audit, crm_connections};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put))
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
    /// When its secret ends, as far as we know.
    secret_expires_at: Option<String>,
    /// When it was changed last.
    changed_at: String,
}

impl From<AppView> for OauthAppView {
    fn from(app: AppView) -> Self {
        Self {
            service: app.service,
            directory: app.directory,
            client_id: app.client_id,
            secret_expires_at: app.secret_expires_at.map(time),
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
    /// When the service says that the secret ends, RFC 3339; it is warned of in time. At Microsoft each does.
    #[schema(example = "2027-11-21T00:00:00Z")]
    secret_expires_at: Option<String>,
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
    let until = edge::moment("secret_expires_at", sent.secret_expires_at.as_deref())?;
    let app = App { directory, client_id, secret: sent.client_secret };
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    put_app(&mut tx, &state.vault, &tenant, &service, &app, now).await?;
    if let Some(until) = until {
        set_secret_end(&mut tx, &tenant, &service, until).await?;
    }
    audit::record(&mut tx, &tenant, &actor, "oauth-app.put", tenant.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

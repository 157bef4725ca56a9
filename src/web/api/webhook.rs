//! The tenant's webhook: where its own programs are told of events. Its secret is shown once.

use super::edge::{Body, Refused, time};
use super::once::{TRY_AGAIN, told};
use crate::crm::webhook::{self, Messenger, NotTold};
use crate::store::tokens::Scope;
use crate::store::webhooks::{self, Webhook};
use crate::store::{Id, StoreError, audit};
use crate::vault::VaultError;
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(get, put, remove)).routes(routes!(test))
}

/// Where events are posted to, and how that fares.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookView {
    /// The address.
    url: String,
    /// With what events are signed (Standard Webhooks, `whsec_…`); only in the answer to the request
    /// that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// How it fares: `ready`, `failing`, or `gone` after its receiver wanted no more.
    #[schema(example = "ready")]
    state: &'static str,
    /// What failed and what to do; empty when all is well.
    state_detail: String,
    /// Since when it is in this state.
    state_since: String,
    /// When it was set.
    changed_at: String,
}

impl WebhookView {
    fn new(webhook: Webhook, secret: Option<&SecretString>) -> Self {
        Self {
            url: webhook.url,
            secret: secret.map(|secret| secret.expose_secret().to_owned()),
            state: webhook.state.as_str(),
            state_detail: webhook.state_detail,
            state_since: time(webhook.state_since),
            changed_at: time(webhook.changed_at),
        }
    }
}

/// The webhook as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = WebhookSettings)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// Where events are posted to, over HTTPS.
    #[schema(example = "https://example.com/hooks/undersigned")]
    url: String,
    /// Whether a new secret is made although there is one; it is not if absent.
    #[serde(default)]
    new_secret: bool,
}

/// The tenant's webhook. It is posted `mailbox.state_changed` when a mailbox fares otherwise than
/// before, `crm.state_changed` when the CRM's connection does, `graph_group.state_changed` when a followed group
/// does, `contact.accepted` with the JSContact Card of each contact that is accepted, `contact.undone` when
/// that is taken back, and `contact.removed` with the id of a contact that is.
#[utoipa::path(
    get, path = "/webhook", tag = "webhook", security(("token" = ["webhook:read"])),
    responses((status = 200, description = "The webhook", body = WebhookView), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<WebhookView>, Problem> {
    let access = caller.may(Scope::WebhookRead)?;
    let found = webhooks::get(&mut *state.db.read().await?, &access.tenant).await?;
    let found = found.ok_or_else(|| Problem::not_found("webhook"))?;
    Ok(Json(WebhookView::new(found, None)))
}

/// Sets the tenant's webhook. The answer shows the secret if one was made, this once.
#[utoipa::path(
    put, path = "/webhook", tag = "webhook", security(("token" = ["webhook:write"])),
    request_body = Sent,
    responses((status = 200, description = "The webhook", body = WebhookView), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<Json<WebhookView>, Problem> {
    let access = caller.may(Scope::WebhookWrite)?;
    let (saved, made) = save(&state, &access, &sent.url, sent.new_secret).await?;
    Ok(Json(WebhookView::new(saved, made.as_ref())))
}

/// Sets the webhook, and gives the secret if it is new.
pub(in crate::web) async fn save(
    state: &State,
    Access { tenant, actor }: &Access,
    url: &str,
    anew: bool,
) -> Result<(Webhook, Option<SecretString>), Problem> {
    let url = webhook::check_url(&state.crm, url.trim())
        .map_err(|error| Problem::invalid("url", error.to_string()))?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    let kept = match webhooks::secret(&mut tx, &state.vault, tenant).await {
        Ok(kept) => kept.filter(|_| !anew),
        Err(VaultError::Store(error)) => return Err(error.into()),
        Err(_) => None,
    };
    let made = kept.is_none().then(webhook::new_secret);
    if let Some(secret) = made.as_ref().or(kept.as_ref()) {
        webhooks::put(&mut tx, &state.vault, tenant, (url.as_str(), secret), now).await?;
    }
    audit::record(&mut tx, tenant, actor, "webhook.put", tenant.as_str(), now).await?;
    let saved = webhooks::get(&mut tx, tenant).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok((saved.ok_or_else(|| Problem::not_found("webhook"))?, made))
}

/// Removes the tenant's webhook: nothing is told any more.
#[utoipa::path(
    delete, path = "/webhook", tag = "webhook", security(("token" = ["webhook:write"])),
    responses((status = 204, description = "Removed"), Refused)
)]
async fn remove(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::WebhookWrite)?;
    forget(&state, &access).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the webhook.
pub(in crate::web) async fn forget(
    state: &State,
    Access { tenant, actor }: &Access,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    if !webhooks::remove(&mut tx, tenant).await? {
        return Err(Problem::not_found("webhook"));
    }
    audit::record(&mut tx, tenant, actor, "webhook.remove", tenant.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Posts a `webhook.test` at once and says whether it was taken.
#[utoipa::path(
    post, path = "/webhook/test", tag = "webhook", security(("token" = ["webhook:write"])),
    responses((status = 204, description = "Taken"), Refused)
)]
async fn test(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::WebhookWrite)?;
    try_out(&state, &access).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Posts an event that means nothing.
pub(in crate::web) async fn try_out(state: &State, access: &Access) -> Result<(), Problem> {
    state.probes.count(access)?;
    let State { db, vault, clock, crm, .. } = state;
    let messenger = Messenger { http: crm, db, vault, clock };
    Ok(messenger.test(&access.tenant, Id::<()>::new().as_str()).await?)
}

impl From<NotTold> for Problem {
    fn from(error: NotTold) -> Self {
        match error {
            NotTold::Store(error) => error.into(),
            NotTold::NoWebhook | NotTold::NoSecret => Self::new(Kind::Conflict, error.to_string()),
            error => Self::new(Kind::ConnectionRefused, told(error, TRY_AGAIN)),
        }
    }
}

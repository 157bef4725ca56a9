//! Webhooks: where a tenant's own programs are told of events, and how that fares.

mod event;

pub use event::{Event, tell};
pub(super) use event::{tell_of_connecting, tell_of_state};

use super::{Conn, StoreError, TenantId, state};
use crate::clock::Millis;
use crate::vault::{Place, Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};

/// How a webhook fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is known against it.
    Ready,
    /// The last event was not taken; it is tried again.
    Failing,
    /// The receiver said that it wants no more (410): nothing is sent until it is set again.
    Gone,
}

impl State {
    /// The state's name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Ready, Self::Failing, Self::Gone].into_iter().find(|state| state.as_str() == text)
    }
}

/// A tenant's webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where events are posted to.
    pub url: String,
    /// How it fares.
    pub state: State,
    /// What failed and what to do; empty when all is well.
    pub state_detail: String,
    /// Since when it is in this state.
    pub state_since: Millis,
    /// When it was set; tells one version of it from another.
    pub changed_at: Millis,
}

/// The tenant's webhook, if there is one.
pub async fn get(conn: &mut Conn, tenant: &TenantId) -> Result<Option<Webhook>, StoreError> {
    let row: Option<(String, String, String, i64, i64)> = sqlx::query_as(
        "SELECT url, state, state_detail, state_since, changed_at FROM webhooks
         WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    let Some((url, state, state_detail, since, changed_at)) = row else { return Ok(None) };
    let state = State::parse(&state).ok_or_else(|| StoreError::Row {
        table: "webhooks",
        column: "state",
        row: tenant.to_string(),
    })?;
    let (state_since, changed_at) = (Millis(since), Millis(changed_at));
    Ok(Some(Webhook { url, state, state_detail, state_since, changed_at }))
}

/// The secret that events are signed with.
pub async fn secret(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
) -> Result<Option<SecretString>, VaultError> {
    let sealed: Option<String> =
        sqlx::query_scalar("SELECT secret_sealed FROM webhooks WHERE tenant_id = $1")
            .bind(tenant.as_str())
            .fetch_optional(&mut *conn)
            .await
            .map_err(StoreError::from)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let secret = vault.open_fresh(conn, &Place::webhook_secret(tenant), &sealed).await?;
    let secret = std::str::from_utf8(&secret).map_err(|_| VaultError::Unreadable)?;
    Ok(Some(SecretString::from(secret)))
}

/// Sets the tenant's webhook; it is ready.
pub async fn put(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    (url, secret): (&str, &SecretString),
    now: Millis,
) -> Result<(), StoreError> {
    let place = Place::webhook_secret(tenant);
    sqlx::query(
        "INSERT INTO webhooks (tenant_id, url, secret_sealed, state, state_since, changed_at)
         VALUES ($1, $2, $3, 'ready', $4, $4)
         ON CONFLICT (tenant_id) DO UPDATE
         SET url = excluded.url, secret_sealed = excluded.secret_sealed, state = excluded.state,
             state_detail = '', state_since = excluded.state_since,
             changed_at = excluded.changed_at",
    )
    .bind(tenant.as_str())
    .bind(url)
    .bind(vault.seal(&place, secret.expose_secret().as_bytes()))
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the tenant's webhook. False: there is none.
pub async fn remove(conn: &mut Conn, tenant: &TenantId) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM webhooks WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes how a webhook fares, unless it was set anew since `changed_at` or fared so already.
pub async fn set_state(
    conn: &mut Conn,
    tenant: &TenantId,
    changed_at: Millis,
    (state, detail): (State, &str),
    now: Millis,
) -> Result<(), StoreError> {
    state::note(conn, "webhooks", tenant, changed_at, (state.as_str(), detail), now).await
}

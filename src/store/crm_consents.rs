//! CRMs that a person's consent opens: people on their way to a CRM and back, and the refresh token
//! that comes of it, exchanged by one task at a time wherever it runs.

use super::crm_connections::Kind;
use super::{Conn, Id, StoreError, TenantId};
use crate::clock::Millis;
use crate::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};

/// What a person was asked to consent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmConsent {
    /// Whose CRM it will be.
    pub tenant: TenantId,
    /// Which CRM it is.
    pub kind: Kind,
    /// Who began it, as [`crate::store::audit::Actor::to_text`].
    pub actor: String,
}

/// Remembers what is meant until `expires_at`; `state_hash` is that of the OAuth state.
pub async fn add(
    conn: &mut Conn,
    state_hash: &str,
    consent: &CrmConsent,
    expires_at: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO crm_consents (state_hash, tenant_id, kind, actor, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(state_hash)
    .bind(consent.tenant.as_str())
    .bind(consent.kind.as_str())
    .bind(&consent.actor)
    .bind(expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// What was meant, once: a second time, or too late, there is nothing. Others whose time is up are
/// forgotten. The state alone is what tells the tenant.
pub async fn take(
    conn: &mut Conn,
    state_hash: &str,
    now: Millis,
) -> Result<Option<CrmConsent>, StoreError> {
    sqlx::query("DELETE FROM crm_consents WHERE expires_at <= $1")
        .bind(now.0)
        .execute(&mut *conn)
        .await?;
    let row: Option<(String, String, String)> = sqlx::query_as(
        "DELETE FROM crm_consents WHERE state_hash = $1 RETURNING tenant_id, kind, actor",
    )
    .bind(state_hash)
    .fetch_optional(conn)
    .await?;
    let Some((tenant, kind, actor)) = row else { return Ok(None) };
    let kind = Kind::parse(&kind).ok_or_else(|| StoreError::Row {
        table: "crm_consents",
        column: "kind",
        row: state_hash.to_owned(),
    })?;
    Ok(Some(CrmConsent { tenant: Id::stored(tenant), kind, actor }))
}

/// Begins to exchange the refresh token of a connection as it was at `changed_at`; `until` names this
/// exchange, and ends it if whoever began it died. False: somebody else is at it, or it has changed.
pub async fn begin_exchange(
    conn: &mut Conn,
    tenant: &TenantId,
    changed_at: Millis,
    until: Millis,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_connections SET exchange_until = $1
         WHERE tenant_id = $2 AND changed_at = $3 AND exchange_until <= $4",
    )
    .bind(until.0)
    .bind(tenant.as_str())
    .bind(changed_at.0)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends an exchange, with the refresh token that came instead, if one did. False: a new consent was
/// given or a password set meanwhile, and nothing is kept of this one.
pub async fn end_exchange(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    until: Millis,
    next: Option<&SecretString>,
) -> Result<bool, StoreError> {
    let place = Place::crm_password(tenant);
    let sealed = next.map(|next| vault.seal(&place, next.expose_secret().as_bytes()));
    let done = sqlx::query(
        "UPDATE crm_connections
         SET exchange_until = 0, password_sealed = COALESCE($1, password_sealed)
         WHERE tenant_id = $2 AND exchange_until = $3",
    )
    .bind(sealed)
    .bind(tenant.as_str())
    .bind(until.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

//! The refresh token of a CRM that a person's consent opens. A vendor may let each be exchanged once only,
//! so one task at a time does, wherever it runs.

use super::{Conn, StoreError, TenantId};
use crate::clock::Millis;
use crate::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};

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

//! The refresh token of a mailbox. A sign-in service may let each be exchanged once only, so one task
//! at a time does, wherever it runs, and what came instead is kept even if the mailbox was claimed by
//! another worker meanwhile.

use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId};
use crate::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};

/// What a person's consent gave, and where it is used.
#[derive(Debug)]
pub struct Given<'a> {
    /// The sign-in service.
    pub service: &'a str,
    /// The IMAP server.
    pub host: &'a str,
    /// Its port, with TLS from the first byte.
    pub port: u16,
    /// The account to sign in with.
    pub username: &'a str,
    /// What is exchanged for access.
    pub refresh_token: &'a SecretString,
}

/// Opens a mailbox with a consent from now on, whatever opened it before; the connection is made
/// anew with it. False: no such mailbox.
pub async fn give(
    conn: &mut Conn,
    vault: &Vault,
    (tenant, id): (&TenantId, &MailboxId),
    given: &Given<'_>,
    now: Millis,
) -> Result<bool, StoreError> {
    let place = Place::mailbox_password(tenant, id);
    let done = sqlx::query(
        "UPDATE mailboxes
         SET password_sealed = $1, oauth_service = $2, host = $3, port = $4, security = 'tls',
             username = $5, exchange_until = 0, state_since = $6, state_detail = '',
             retry_at = NULL, state = CASE WHEN paused = 1 THEN state ELSE 'connecting' END,
             fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $7 AND id = $8",
    )
    .bind(vault.seal(&place, given.refresh_token.expose_secret().as_bytes()))
    .bind(given.service)
    .bind(given.host)
    .bind(i64::from(given.port))
    .bind(given.username)
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Begins to exchange a mailbox's refresh token; `until` names this exchange, and ends it if whoever
/// began it died. False: somebody else is at it.
pub async fn begin_exchange(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
    until: Millis,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mailboxes SET exchange_until = $1
         WHERE tenant_id = $2 AND id = $3 AND exchange_until <= $4",
    )
    .bind(until.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
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
    (tenant, id): (&TenantId, &MailboxId),
    until: Millis,
    next: Option<&SecretString>,
) -> Result<bool, StoreError> {
    let place = Place::mailbox_password(tenant, id);
    let sealed = next.map(|next| vault.seal(&place, next.expose_secret().as_bytes()));
    let done = sqlx::query(
        "UPDATE mailboxes
         SET exchange_until = 0, password_sealed = COALESCE($1, password_sealed)
         WHERE tenant_id = $2 AND id = $3 AND exchange_until = $4",
    )
    .bind(sealed)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(until.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

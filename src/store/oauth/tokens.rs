//! The refresh token of a mailbox. A sign-in service may let each be exchanged once only, so one task
//! at a time does, wherever it runs, and what came instead is kept even if the mailbox was claimed by
//! another worker meanwhile.

use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId};
use crate::vault::{Place, Vault, VaultError};
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

/// An exchange that was begun. It is known by until when it should have ended, and by the token as it is
/// sealed, which changes with every new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    until: Millis,
    sealed: String,
}

/// What came of beginning an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is begun.
    Ours(Exchange),
    /// Another one has not ended, which should end by then.
    Theirs(Millis),
    /// No such mailbox, or this service does not open it any more.
    NoMailbox,
}

/// Begins to exchange a mailbox's refresh token at the sign-in service that gave it (empty: Microsoft, of
/// a mailbox read through Graph), to end by `until`, unless another exchange has begun and not ended. If
/// that is the `abandoned` one, this takes its place.
pub async fn begin_exchange(
    conn: &mut Conn,
    (tenant, id, service): (&TenantId, &MailboxId, &str),
    until: Millis,
    abandoned: Option<Millis>,
) -> Result<Begun, StoreError> {
    let sealed: Option<String> = sqlx::query_scalar(
        "UPDATE mailboxes SET exchange_until = $1
         WHERE tenant_id = $2 AND id = $3 AND exchange_until IN (0, $4) AND oauth_service = $5
         RETURNING password_sealed",
    )
    .bind(until.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(abandoned.map_or(0, |abandoned| abandoned.0))
    .bind(service)
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(sealed) = sealed {
        return Ok(Begun::Ours(Exchange { until, sealed }));
    }
    let theirs: Option<i64> = sqlx::query_scalar(
        "SELECT exchange_until FROM mailboxes
         WHERE tenant_id = $1 AND id = $2 AND oauth_service = $3",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(service)
    .fetch_optional(conn)
    .await?;
    Ok(theirs.map_or(Begun::NoMailbox, |theirs| Begun::Theirs(Millis(theirs))))
}

/// The refresh token that an exchange is of.
pub async fn exchanged(
    conn: &mut Conn,
    vault: &Vault,
    (tenant, id): (&TenantId, &MailboxId),
    exchange: &Exchange,
) -> Result<SecretString, VaultError> {
    let place = Place::mailbox_password(tenant, id);
    let token = vault.open_fresh(conn, &place, &exchange.sealed).await?;
    let text = std::str::from_utf8(&token).map_err(|_| VaultError::Unreadable)?;
    Ok(SecretString::from(text))
}

/// Ends an exchange, with the refresh token that came instead, if one did. That is kept as long as it
/// is the one before that is stored, even if the exchange was taken for an abandoned one meanwhile: whoever
/// did so has no use of the token before. False: another token is stored, a new consent was given or a
/// password set, and nothing is kept of this exchange.
pub async fn end_exchange(
    conn: &mut Conn,
    vault: &Vault,
    (tenant, id): (&TenantId, &MailboxId),
    exchange: &Exchange,
    next: Option<&SecretString>,
) -> Result<bool, StoreError> {
    let place = Place::mailbox_password(tenant, id);
    let sealed = next.map(|next| vault.seal(&place, next.expose_secret().as_bytes()));
    // Another master secret seals anew what is stored, but ends no exchange.
    let done = sqlx::query(
        "UPDATE mailboxes
         SET exchange_until = 0, password_sealed = COALESCE($1, password_sealed)
         WHERE tenant_id = $2 AND id = $3
           AND (exchange_until = $4 OR ($5 = 1 AND password_sealed = $6))",
    )
    .bind(sealed)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(exchange.until.0)
    .bind(i64::from(next.is_some()))
    .bind(&exchange.sealed)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

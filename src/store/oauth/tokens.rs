//! The refresh token of a mailbox or of a tenant's CRM. A sign-in service may let each be exchanged once
//! only, so one task at a time does, wherever it runs, and what came instead is kept even if the mailbox was
//! claimed by another worker meanwhile.

use crate::clock::Millis;
use crate::store::mailboxes::{self, Mailbox};
use crate::store::{Conn, MailboxId, StoreError, TenantId, webhooks};
use crate::vault::{Place, Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// What a refresh token opens, and whose that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A mailbox, as long as this sign-in service opens it (empty: Microsoft, of one read through Graph).
    Mailbox(TenantId, MailboxId, String),
    /// The tenant's CRM, as long as it is connected as it was changed last then.
    Crm(TenantId, Millis),
}

impl From<&Mailbox> for Holder {
    fn from(mailbox: &Mailbox) -> Self {
        Self::Mailbox(mailbox.tenant.clone(), mailbox.id.clone(), mailbox.oauth_service.clone())
    }
}

impl Holder {
    /// Where its refresh token is sealed.
    fn place(&self) -> Place<'_> {
        match self {
            Self::Mailbox(tenant, id, _) => Place::mailbox_password(tenant, id),
            Self::Crm(tenant, _) => Place::crm_password(tenant),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox(_, id, _) => write!(f, "mailbox {id}"),
            Self::Crm(tenant, _) => write!(f, "CRM of {tenant}"),
        }
    }
}

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
    let Some(before) = mailboxes::get(conn, tenant, id).await? else { return Ok(false) };
    webhooks::tell_of_connecting(conn, (tenant, id), now).await?;
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
    .execute(&mut *conn)
    .await?;
    let is_another = (before.host.as_str(), before.port, before.username.as_str())
        != (given.host, given.port, given.username);
    // In the order of whoever reads it: the mailbox, then its folders.
    if is_another {
        mailboxes::begin_anew(conn, (tenant, id), now).await?;
    }
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
    /// No such mailbox or connection, or another service opens it now.
    Gone,
}

/// Begins to exchange a refresh token, to end by `until`, unless another exchange has begun and not ended. If
/// that is the `abandoned` one, this takes its place.
pub async fn begin_exchange(
    conn: &mut Conn,
    holder: &Holder,
    until: Millis,
    abandoned: Option<Millis>,
) -> Result<Begun, StoreError> {
    let abandoned = abandoned.map_or(0, |abandoned| abandoned.0);
    let (begin, other) = match holder {
        Holder::Mailbox(tenant, id, service) => (
            sqlx::query_scalar(
                "UPDATE mailboxes SET exchange_until = $1
                 WHERE tenant_id = $2 AND id = $3 AND oauth_service = $4 AND exchange_until IN (0, $5)
                 RETURNING password_sealed",
            )
            .bind(until.0)
            .bind(tenant.as_str())
            .bind(id.as_str())
            .bind(service),
            sqlx::query_scalar(
                "SELECT exchange_until FROM mailboxes
                 WHERE tenant_id = $1 AND id = $2 AND oauth_service = $3",
            )
            .bind(tenant.as_str())
            .bind(id.as_str())
            .bind(service),
        ),
        Holder::Crm(tenant, changed_at) => (
            sqlx::query_scalar(
                "UPDATE crm_connections SET exchange_until = $1
                 WHERE tenant_id = $2 AND changed_at = $3 AND exchange_until IN (0, $4)
                 RETURNING password_sealed",
            )
            .bind(until.0)
            .bind(tenant.as_str())
            .bind(changed_at.0),
            sqlx::query_scalar(
                "SELECT exchange_until FROM crm_connections
                 WHERE tenant_id = $1 AND changed_at = $2",
            )
            .bind(tenant.as_str())
            .bind(changed_at.0),
        ),
    };
    let sealed: Option<String> = begin.bind(abandoned).fetch_optional(&mut *conn).await?;
    if let Some(sealed) = sealed {
        return Ok(Begun::Ours(Exchange { until, sealed }));
    }
    let theirs: Option<i64> = other.fetch_optional(conn).await?;
    Ok(theirs.map_or(Begun::Gone, |theirs| Begun::Theirs(Millis(theirs))))
}

/// The refresh token that an exchange is of.
pub async fn exchanged(
    conn: &mut Conn,
    vault: &Vault,
    holder: &Holder,
    exchange: &Exchange,
) -> Result<SecretString, VaultError> {
    let token = vault.open_fresh(conn, &holder.place(), &exchange.sealed).await?;
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
    holder: &Holder,
    exchange: &Exchange,
    next: Option<&SecretString>,
) -> Result<bool, StoreError> {
    let sealed = next.map(|next| vault.seal(&holder.place(), next.expose_secret().as_bytes()));
    // Another master secret seals anew what is stored, but ends no exchange.
    let end = match holder {
        Holder::Mailbox(tenant, id, _) => sqlx::query(
            "UPDATE mailboxes
             SET exchange_until = 0, password_sealed = COALESCE($1, password_sealed)
             WHERE (exchange_until = $2 OR ($3 = 1 AND password_sealed = $4))
               AND tenant_id = $5 AND id = $6",
        )
        .bind(sealed)
        .bind(exchange.until.0)
        .bind(i64::from(next.is_some()))
        .bind(&exchange.sealed)
        .bind(tenant.as_str())
        .bind(id.as_str()),
        // Whatever else was changed of the connection meanwhile, it is opened as before.
        Holder::Crm(tenant, _) => sqlx::query(
            "UPDATE crm_connections
             SET exchange_until = 0, password_sealed = COALESCE($1, password_sealed)
             WHERE (exchange_until = $2 OR ($3 = 1 AND password_sealed = $4))
               AND tenant_id = $5",
        )
        .bind(sealed)
        .bind(exchange.until.0)
        .bind(i64::from(next.is_some()))
        .bind(&exchange.sealed)
        .bind(tenant.as_str()),
    };
    Ok(end.execute(conn).await?.rows_affected() == 1)
}

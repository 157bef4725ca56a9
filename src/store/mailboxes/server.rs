//! Another server, in place.

use super::{Mailbox, webhooks};
use crate::clock::Millis;
use crate::store::{Conn, MailboxId, Security, StoreError, TenantId};
use crate::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};

/// How a mailbox is signed in to.
#[derive(Debug)]
pub struct Login {
    /// The server.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with.
    pub username: String,
    /// The password, which is never taken over from another server.
    pub password: SecretString,
}

/// Has a mailbox read from another server, by another port, encryption or user name, and with this
/// password, also instead of a consent; the connection is made anew. Its folders, its list and what is known
/// of its messages stay. Numbers of messages are another server's, or another account's, even where both
/// number by the same UIDVALIDITY: each folder is looked through as after its server has numbered it anew, 30
/// days back.
/// False: it was given others meanwhile, or is gone.
pub async fn set_server(
    conn: &mut Conn,
    vault: &Vault,
    mailbox: &Mailbox,
    login: &Login,
    now: Millis,
) -> Result<bool, StoreError> {
    let Mailbox { tenant, id, .. } = mailbox;
    let password = login.password.expose_secret().as_bytes();
    webhooks::tell_of_connecting(conn, (tenant, id), now).await?;
    let done = sqlx::query(
        "UPDATE mailboxes
         SET host = $1, port = $2, security = $3, username = $4, password_sealed = $5,
             oauth_service = '', exchange_until = 0,
             state_since = $6, state_detail = '', retry_at = NULL,
             state = CASE WHEN paused = 1 THEN state ELSE 'connecting' END,
             fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $7 AND id = $8 AND kind = 'imap'
           AND host = $9 AND port = $10 AND security = $11 AND username = $12",
    )
    .bind(&login.host)
    .bind(i64::from(login.port))
    .bind(login.security.as_str())
    .bind(&login.username)
    .bind(vault.seal(&Place::mailbox_password(tenant, id), password))
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(&mailbox.host)
    .bind(i64::from(mailbox.port))
    .bind(mailbox.security.as_str())
    .bind(&mailbox.username)
    .execute(&mut *conn)
    .await?;
    let is_another = (&mailbox.host, mailbox.port, &mailbox.username)
        != (&login.host, login.port, &login.username);
    if is_another {
        begin_anew(conn, (tenant, id), now).await?;
    }
    Ok(done.rows_affected() == 1)
}

/// How far back another server or account is looked through: mail may have come there long before it was
/// entered here, while the former one had nothing left to be read. What was read is known by its key.
const LOOKED_BACK_SECS: i64 = 30 * 86_400;

/// Has the folders of a mailbox that is at another server or account now looked through as after their server
/// has numbered them anew.
pub(in crate::store) async fn begin_anew(
    conn: &mut Conn,
    (tenant, id): (&TenantId, &MailboxId),
    now: Millis,
) -> Result<(), StoreError> {
    // No server numbers by 0 (RFC 9051, 2.3.1.1).
    sqlx::query(
        "UPDATE mailbox_folders SET uid_validity = 0,
             caught_up_at = CASE WHEN caught_up_at > $3 THEN $3 ELSE caught_up_at END
         WHERE tenant_id = $1 AND mailbox_id = $2 AND uid_validity IS NOT NULL",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(now.plus_secs(-LOOKED_BACK_SECS).0)
    .execute(conn)
    .await?;
    Ok(())
}

//! Mailboxes: what connects to them, how they fare, how far they are read, and which worker has them.
//!
//! - `lease`: a worker claims mailboxes for half a minute at a time; each claim has a new fence.
//! - `folders`: which of its folders are read.
//! - `cursor`: how far each is read, moved only under the fence of the claim.
//! - `server`: another server in place.
//! - `allowance`: how many bytes of older mail may be fetched.
//! - `withheld`: messages that the server did not hand over, to be asked for again.
//!
//! Whatever changes a mailbox from outside (new password, pause, removal) takes the lease away and
//! raises the fence: the worker that had it stops, and what it still wanted to write is refused.

mod allowance;
mod cursor;
mod folders;
mod lease;
mod row;
mod server;
mod state;
mod told;
mod withheld;

pub use allowance::{allowance, note_allowance};
pub use cursor::{
    Baseline, Cursor, Lane, Position, advance, advancing, note_backfill, note_caught_up, pass_over,
    position, rebaseline, unread_after,
};
pub(in crate::store) use folders::set_watched;
pub use folders::{Backfill, FolderEnd, backfill, begin_after, folders, set_folders};
pub use lease::{Held, LEASE_SECONDS, claim, held, release, release_all, renew};
pub(super) use server::begin_anew;
pub use server::{Login, set_server};
pub use state::{Report, State, Tally, set_state, tally};
pub use told::{note_told, to_be_told, told_at};
pub use withheld::{Withheld, count_withheld, withheld_due, withhold};

use super::graph;
use super::webhooks::{self, Event};
use super::{Conn, ListId, MailboxId, Security, StoreError, TenantId};
use crate::clock::Millis;
use crate::vault::{Place, Vault, VaultError};
use row::Row;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// A connected mail account. Its password stays sealed; [`password`] opens it.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Its id.
    pub id: MailboxId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The contact list its suggestions land in.
    pub list: ListId,
    /// What kind of account it is.
    pub kind: Kind,
    /// The address people write to; also the name it is shown by.
    pub address: String,
    /// The server.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with.
    pub username: String,
    /// The sign-in service whose consent opens it; empty: a password does.
    pub oauth_service: String,
    /// The folder that is read.
    pub folder: String,
    /// How many days before it was connected are read at first.
    pub backfill_days: u32,
    /// Whether somebody paused it.
    pub paused: bool,
    /// How it fares.
    pub state: State,
    /// One sentence about the state: what failed and what to do; empty when all is well.
    pub state_detail: String,
    /// Since when it is in this state.
    pub state_since: Millis,
    /// Since when it is ill, through whatever states; none when it is well.
    pub ill_since: Option<Millis>,
    /// When it is tried again by itself.
    pub retry_at: Option<Millis>,
    /// When the last message was read.
    pub message_at: Option<Millis>,
    /// When it was connected.
    pub created_at: Millis,
}

impl Mailbox {
    /// For how long its server has asked to be left alone, from now on: what whoever watched it before was
    /// asked binds whoever does next.
    pub fn throttled_for(&self, now: Millis) -> Duration {
        let until = self.retry_at.filter(|_| self.state == State::Throttled);
        until.and_then(|until| until.until(now)).unwrap_or_default()
    }
}

/// The kinds of mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An account on an IMAP server.
    Imap,
    /// An account at Microsoft 365, read through Microsoft Graph.
    Graph,
    /// What `import` read: no server, nothing to watch.
    File,
}

impl Kind {
    /// As it stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Graph => "graph",
            Self::File => "file",
        }
    }

    /// Reads what [`Kind::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Imap, Self::Graph, Self::File].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A mailbox to connect.
#[derive(Debug)]
pub struct NewMailbox {
    /// Whose it is.
    pub tenant: TenantId,
    /// The contact list its suggestions land in.
    pub list: ListId,
    /// What kind of account it is.
    pub kind: Kind,
    /// The address people write to.
    pub address: String,
    /// The server; only for [`Kind::Imap`].
    pub host: String,
    /// The server's port; 0 for the other kinds.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with.
    pub username: String,
    /// The password to sign in with; for [`Kind::Graph`] the refresh token of whoever consented.
    pub password: SecretString,
    /// The folder to read, `INBOX` as a rule.
    pub folder: String,
    /// How many days back to read at first; 0 reads only what comes from now on.
    pub backfill_days: u32,
}

/// Connects a mailbox. A second one with the same address and folder is
/// [`StoreError::is_unique_violation`].
pub async fn create(
    conn: &mut Conn,
    vault: &Vault,
    new: &NewMailbox,
    now: Millis,
) -> Result<MailboxId, StoreError> {
    let id = MailboxId::new();
    let password = new.password.expose_secret().as_bytes();
    let state = if new.kind == Kind::File { State::Healthy } else { State::Connecting };
    sqlx::query(
        "INSERT INTO mailboxes (id, tenant_id, list_id, kind, address, host, port, security, username,
                                password_sealed, folder, backfill_days, backfill_from, state,
                                state_since, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)",
    )
    .bind(id.as_str())
    .bind(new.tenant.as_str())
    .bind(new.list.as_str())
    .bind(new.kind.as_str())
    .bind(&new.address)
    .bind(&new.host)
    .bind(i64::from(new.port))
    .bind(new.security.as_str())
    .bind(&new.username)
    .bind(vault.seal(&Place::mailbox_password(&new.tenant, &id), password))
    .bind(&new.folder)
    .bind(i64::from(new.backfill_days))
    .bind(now.plus_secs(-i64::from(new.backfill_days) * 86_400).0)
    .bind(state.as_str())
    .bind(now.0)
    .execute(&mut *conn)
    .await?;
    if new.kind == Kind::Imap
        && let Some(mailbox) = get(conn, &new.tenant, &id).await?
    {
        folders::add(conn, &mailbox, &new.folder, now).await?;
    }
    Ok(id)
}

/// The tenant's mailboxes, oldest first.
pub async fn list(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<Mailbox>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, tenant_id, list_id, kind, address, host, port, security, username,
                oauth_service, folder,
                backfill_days, paused, state, state_detail, state_since, ill_since,
                   retry_at, told_at, told_times, message_at, created_at, fence
         FROM mailboxes
         WHERE tenant_id = $1
         ORDER BY id",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Mailbox::try_from).collect()
}

/// One mailbox.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
) -> Result<Option<Mailbox>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, tenant_id, list_id, kind, address, host, port, security, username,
                oauth_service, folder,
                backfill_days, paused, state, state_detail, state_since, ill_since,
                   retry_at, told_at, told_times, message_at, created_at, fence
         FROM mailboxes
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Mailbox::try_from).transpose()
}

/// The password to sign in with, for the moment of signing in. It is what goes with the server and the
/// account that `mailbox` names: none, if it was given others meanwhile, which no other may be shown.
pub async fn password(
    conn: &mut Conn,
    vault: &Vault,
    mailbox: &Mailbox,
) -> Result<Option<SecretString>, VaultError> {
    let Mailbox { tenant, id, .. } = mailbox;
    let sealed: Option<String> = sqlx::query_scalar(
        "SELECT password_sealed FROM mailboxes
         WHERE tenant_id = $1 AND id = $2 AND oauth_service = $3
           AND host = $4 AND port = $5 AND security = $6 AND username = $7",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(&mailbox.oauth_service)
    .bind(&mailbox.host)
    .bind(i64::from(mailbox.port))
    .bind(mailbox.security.as_str())
    .bind(&mailbox.username)
    .fetch_optional(&mut *conn)
    .await
    .map_err(StoreError::from)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let place = Place::mailbox_password(tenant, id);
    let password = vault.open_fresh(conn, &place, &sealed).await?;
    let text = std::str::from_utf8(&password).map_err(|_| VaultError::Unreadable)?;
    Ok(Some(SecretString::from(text)))
}

/// Sets another password, also instead of a consent; the connection is made anew with it. It is for the server
/// and the account that `mailbox` names. False: it was given others meanwhile, which must not get the password,
/// or is gone.
pub async fn set_password(
    conn: &mut Conn,
    vault: &Vault,
    mailbox: &Mailbox,
    password: &SecretString,
    now: Millis,
) -> Result<bool, StoreError> {
    let Mailbox { tenant, id, .. } = mailbox;
    let sealed =
        vault.seal(&Place::mailbox_password(tenant, id), password.expose_secret().as_bytes());
    webhooks::tell_of_connecting(conn, (tenant, id), now).await?;
    let done = sqlx::query(
        "UPDATE mailboxes
         SET password_sealed = $1, oauth_service = '', exchange_until = 0,
             state_since = $2, state_detail = '', retry_at = NULL,
             state = CASE WHEN paused = 1 THEN state ELSE 'connecting' END,
             fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $3 AND id = $4
           AND host = $5 AND port = $6 AND security = $7 AND username = $8",
    )
    .bind(sealed)
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(&mailbox.host)
    .bind(i64::from(mailbox.port))
    .bind(mailbox.security.as_str())
    .bind(&mailbox.username)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that its person signs in under another name now, and has it connected anew by that.
pub async fn set_username(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
    username: &str,
    now: Millis,
) -> Result<(), StoreError> {
    webhooks::tell_of_connecting(conn, (tenant, id), now).await?;
    sqlx::query(
        "UPDATE mailboxes
         SET username = $1, state_since = $2, state_detail = '', retry_at = NULL,
             state = CASE WHEN paused = 1 THEN state ELSE 'connecting' END,
             fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $3 AND id = $4",
    )
    .bind(username)
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Stops reading it until [`resume`]. False: no such mailbox, or it is paused.
pub async fn pause(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
    now: Millis,
) -> Result<bool, StoreError> {
    set_paused(conn, tenant, id, true, now).await
}

/// Goes on where [`pause`] stopped. False: no such mailbox, or it is not paused.
pub async fn resume(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
    now: Millis,
) -> Result<bool, StoreError> {
    set_paused(conn, tenant, id, false, now).await
}

async fn set_paused(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
    paused: bool,
    now: Millis,
) -> Result<bool, StoreError> {
    let state = if paused { State::Paused } else { State::Connecting };
    let done = sqlx::query(
        "UPDATE mailboxes
         SET paused = $1, state = $2, state_detail = '', state_since = $3,
             ill_since = NULL, retry_at = NULL, told_times = 0,
             fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $4 AND id = $5 AND paused <> $1 AND kind <> 'file'",
    )
    .bind(i64::from(paused))
    .bind(state.as_str())
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .execute(&mut *conn)
    .await?;
    let changed = done.rows_affected() == 1;
    if changed {
        if paused {
            graph::end_subscription(conn, tenant, id, now).await?;
        }
        let event = Event::MailboxStateChanged { mailbox: id.clone(), state, at: now };
        webhooks::tell(conn, tenant, &event, now).await?;
    }
    Ok(changed)
}

/// Disconnects a mailbox: its password and what is known of its messages are deleted, its
/// suggestions and contacts stay. False: no such mailbox.
pub async fn remove(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM mailboxes WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

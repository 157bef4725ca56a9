//! Which worker has which mailbox.
//!
//! A worker claims mailboxes for [`LEASE_SECONDS`] and renews; one that died loses them after that.
//! Every claim raises the mailbox's fence, and whatever a worker writes names the fence it claimed
//! under: one that was only slow cannot write over its successor.

use super::row::Row;
use super::{Kind, Mailbox};
use crate::clock::Millis;
use crate::store::{Conn, Id, MailboxId, StoreError};

/// How long a claim lasts without being renewed.
pub const LEASE_SECONDS: i64 = 30;

/// A mailbox that a worker has claimed.
#[derive(Debug, Clone)]
pub struct Held {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The claim's number.
    pub fence: i64,
}

/// Claims up to `limit` mailboxes of a kind that nobody has, whosever they are.
pub async fn claim(
    conn: &mut Conn,
    kind: Kind,
    holder: &str,
    now: Millis,
    limit: u32,
) -> Result<Vec<Held>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "UPDATE mailboxes
         SET lease_holder = $1, lease_until = $2, fence = fence + 1
         WHERE id IN (SELECT id FROM mailboxes
                      WHERE kind = $5 AND paused = 0 AND lease_until < $3
                      ORDER BY lease_until, id
                      LIMIT $4)
           AND lease_until < $3 AND paused = 0
         RETURNING id, tenant_id, list_id, kind, address, host, port, security, username,
                oauth_service, folder,
                   backfill_days, paused, state, state_detail, state_since, ill_since,
                   retry_at, told_at, told_times, message_at, created_at, fence",
    )
    .bind(holder)
    .bind(now.plus_secs(LEASE_SECONDS).0)
    .bind(now.0)
    .bind(i64::from(limit))
    .bind(kind.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Held::try_from).collect()
}

/// Keeps everything that `holder` still has.
pub async fn renew(conn: &mut Conn, holder: &str, now: Millis) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE mailboxes SET lease_until = $1 WHERE lease_holder = $2 AND lease_until >= $3",
    )
    .bind(now.plus_secs(LEASE_SECONDS).0)
    .bind(holder)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// What `holder` has now, each with the fence of its claim.
pub async fn held(
    conn: &mut Conn,
    holder: &str,
    now: Millis,
) -> Result<Vec<(MailboxId, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT id, fence FROM mailboxes WHERE lease_holder = $1 AND lease_until >= $2",
    )
    .bind(holder)
    .bind(now.0)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id, fence)| (Id::stored(id), fence)).collect())
}

/// Gives one mailbox back.
pub async fn release(conn: &mut Conn, mailbox: &MailboxId, fence: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE mailboxes SET lease_holder = '', lease_until = 0 WHERE id = $1 AND fence = $2",
    )
    .bind(mailbox.as_str())
    .bind(fence)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives everything that `holder` has back, so that nobody need wait for the leases to end.
pub async fn release_all(conn: &mut Conn, holder: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE mailboxes SET lease_holder = '', lease_until = 0 WHERE lease_holder = $1")
        .bind(holder)
        .execute(conn)
        .await?;
    Ok(())
}

//! Which messages of a Graph mailbox were looked at: keyed hashes of their ids, nothing else.

use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId, several};
use std::collections::HashSet;

/// One message of one mailbox.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The mailbox.
    pub mailbox: &'a MailboxId,
    /// The keyed hash of Graph's id of the message.
    pub key: &'a str,
}

/// Which of these messages were looked at.
pub async fn done(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
    keys: &[&str],
) -> Result<HashSet<String>, StoreError> {
    let sql = format!(
        "SELECT item_key FROM graph_items
         WHERE tenant_id || '' = $1 AND mailbox_id = $2 AND done = 1 AND item_key IN ({})",
        several::places(3)
    );
    let of = [tenant.as_str(), mailbox.as_str()];
    let rows: Vec<(String,)> = several::rows(conn, sql, &of, keys).await?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Notes that a message was looked at, and in its mailbox that it was just now.
pub async fn finish(conn: &mut Conn, item: &Item<'_>, now: Millis) -> Result<(), StoreError> {
    note(conn, item, true, now).await?;
    sqlx::query("UPDATE mailboxes SET message_at = $1 WHERE tenant_id = $2 AND id = $3")
        .bind(now.0)
        .bind(item.tenant.as_str())
        .bind(item.mailbox.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a message is not asked for any more.
pub async fn set_aside(conn: &mut Conn, item: &Item<'_>, now: Millis) -> Result<(), StoreError> {
    note(conn, item, true, now).await.map(drop)
}

/// Counts that Graph refused to hand a message over, and says how often it did.
pub async fn refused(conn: &mut Conn, item: &Item<'_>, now: Millis) -> Result<i64, StoreError> {
    note(conn, item, false, now).await
}

async fn note(
    conn: &mut Conn,
    item: &Item<'_>,
    done: bool,
    now: Millis,
) -> Result<i64, StoreError> {
    let tries = sqlx::query_scalar(
        "INSERT INTO graph_items (mailbox_id, tenant_id, item_key, tries, done, seen_at)
         VALUES ($1, $2, $3, 1, $4, $5)
         ON CONFLICT (mailbox_id, item_key) DO UPDATE
         SET tries = graph_items.tries + 1, done = excluded.done, seen_at = excluded.seen_at
         RETURNING tries",
    )
    .bind(item.mailbox.as_str())
    .bind(item.tenant.as_str())
    .bind(item.key)
    .bind(i64::from(done))
    .bind(now.0)
    .fetch_one(conn)
    .await?;
    Ok(tries)
}

/// Forgets the messages of a tenant that were looked at before `before`, and says how many.
pub async fn forget(conn: &mut Conn, tenant: &TenantId, before: Millis) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM graph_items WHERE tenant_id = $1 AND seen_at < $2")
        .bind(tenant.as_str())
        .bind(before.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

//! The subscription of a Graph mailbox, and the hints that came through it.
//!
//! A hint is a number that grows: what it stands for is in the mailbox. It is found by the id that
//! Graph gave the subscription, or, while the answer to its creation is still under way, by the
//! client state alone, which nobody else can know.

use crate::clock::Millis;
use crate::store::jobs::{self, NewJob};
use crate::store::mailboxes::Held;
use crate::store::{Conn, Id, MailboxId, StoreError, TenantId};
use subtle::ConstantTimeEq;

/// How long after Graph was asked for a subscription it is sure to be there, if it was made and its answer was lost:
/// Graph tries the addresses first that it is to notify.
pub const STRAY_SECS: i64 = 2 * 60;

/// How a mailbox is subscribed to, and what was heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each was heard by itself")]
pub struct Subscription {
    /// Graph's id, empty without a subscription.
    pub id: String,
    /// When Graph ends it.
    pub expires_at: i64,
    /// When we renew it, or try again to make one; at once if Graph wants a fresh token.
    pub renew_at: i64,
    /// The hash of the address it notifies.
    pub webhook_hash: String,
    /// When Graph was asked for one and the answer was not noted, so that there may be one that nobody knows
    /// of; 0: there is none.
    pub stray_at: i64,
    /// How many hints came.
    pub hints: i64,
    /// Whether somebody has looked since.
    pub is_settled: bool,
    /// Graph has ended it.
    pub removed: bool,
    /// Graph wants a fresh token for it.
    pub reauthorize: bool,
    /// Graph has lost notifications.
    pub missed: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    subscription_id: String,
    expires_at: i64,
    renew_at: i64,
    webhook_hash: String,
    stray_at: i64,
    hints: i64,
    hints_done: i64,
    removed: i64,
    reauthorize: i64,
    missed: i64,
}

impl From<Row> for Subscription {
    fn from(row: Row) -> Self {
        Self {
            id: row.subscription_id,
            expires_at: row.expires_at,
            renew_at: row.renew_at,
            webhook_hash: row.webhook_hash,
            stray_at: row.stray_at,
            hints: row.hints,
            is_settled: row.hints == row.hints_done && row.missed == 0,
            removed: row.removed != 0,
            reauthorize: row.reauthorize != 0,
            missed: row.missed != 0,
        }
    }
}

/// The subscription of a mailbox.
pub async fn subscription(conn: &mut Conn, held: &Held) -> Result<Subscription, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT subscription_id, expires_at, renew_at, webhook_hash, stray_at, hints, hints_done,
                removed, reauthorize, missed
         FROM graph_mailboxes WHERE tenant_id = $1 AND mailbox_id = $2",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Subscription::from).unwrap_or_default())
}

/// Prepares for a new subscription before Graph is asked for it: what was heard of the one before
/// is of no more interest, and if nothing is heard of this one, another is made at once, and this one is
/// looked for. False: the lease was lost.
pub async fn begin_subscription(
    conn: &mut Conn,
    held: &Held,
    [client_state_hash, webhook_hash]: [&str; 2],
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE graph_mailboxes
         SET subscription_id = '', client_state_hash = $1, webhook_hash = $2, expires_at = 0,
             renew_at = 0, removed = 0, reauthorize = 0, stray_at = $6
         WHERE tenant_id = $3 AND mailbox_id = $4
           AND EXISTS (SELECT 1 FROM mailboxes WHERE id = $4 AND fence = $5)",
    )
    .bind(client_state_hash)
    .bind(webhook_hash)
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What Graph answered.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// The subscription that was made or renewed; empty: none.
    pub id: &'a str,
    /// When Graph ends it.
    pub expires_at: Millis,
    /// When we renew it, or try again; 0: at once, with the fresh token that Graph may want still.
    pub renew_at: Millis,
    /// How many hints had come when Graph was asked: what came meanwhile is not done yet.
    pub hints: i64,
    /// As [`Subscription::stray_at`].
    pub stray_at: i64,
}

/// Writes down what Graph answered. False: the lease was lost.
pub async fn keep_subscription(
    conn: &mut Conn,
    held: &Held,
    kept: &Kept<'_>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE graph_mailboxes
         SET subscription_id = $1, expires_at = $2, stray_at = $8,
             renew_at = CASE WHEN reauthorize = 1 AND hints <> $3 THEN renew_at ELSE $4 END,
             reauthorize = CASE WHEN hints = $3 AND $4 > 0 THEN 0 ELSE reauthorize END
         WHERE tenant_id = $5 AND mailbox_id = $6
           AND EXISTS (SELECT 1 FROM mailboxes WHERE id = $6 AND fence = $7)",
    )
    .bind(kept.id)
    .bind(kept.expires_at.0)
    .bind(kept.hints)
    .bind(kept.renew_at.0)
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .bind(kept.stray_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Has a mailbox's subscription ended at Graph by a job, if there is one, and by another those that nobody
/// knows of, if there may be any: nobody looks at the mailbox any more.
pub async fn end_subscription(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
    now: Millis,
) -> Result<(), StoreError> {
    let found: Option<(String, i64)> = sqlx::query_as(
        "SELECT subscription_id, stray_at FROM graph_mailboxes
         WHERE tenant_id = $1 AND mailbox_id = $2 AND (subscription_id <> '' OR stray_at > 0)",
    )
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .fetch_optional(&mut *conn)
    .await?;
    let Some((id, stray_at)) = found else { return Ok(()) };
    sqlx::query(
        "UPDATE graph_mailboxes
         SET subscription_id = '', client_state_hash = '', expires_at = 0, renew_at = 0,
             removed = 0, reauthorize = 0
         WHERE tenant_id = $1 AND mailbox_id = $2",
    )
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .execute(&mut *conn)
    .await?;
    if !id.is_empty() {
        jobs::enqueue(conn, &NewJob::end_subscription(tenant, mailbox, &id, now), now).await?;
    }
    if stray_at > 0 {
        let made = now.plus_secs(STRAY_SECS);
        jobs::enqueue(conn, &NewJob::end_subscription(tenant, mailbox, "", made), now).await?;
    }
    Ok(())
}

/// Notes that a look at the mailbox which began after `hints` hints has ended well.
pub async fn settle(conn: &mut Conn, held: &Held, hints: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE graph_mailboxes
         SET hints_done = $1, missed = CASE WHEN hints = $1 THEN 0 ELSE missed END
         WHERE tenant_id = $2 AND mailbox_id = $3
           AND EXISTS (SELECT 1 FROM mailboxes WHERE id = $3 AND fence = $4)",
    )
    .bind(hints)
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .execute(conn)
    .await?;
    Ok(())
}

/// The mailboxes that hints wait for, whosever they are; one that is paused looks by itself when it
/// is resumed.
pub async fn hinted(conn: &mut Conn) -> Result<Vec<MailboxId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT g.mailbox_id FROM graph_mailboxes g JOIN mailboxes m ON m.id = g.mailbox_id
             WHERE g.hints > g.hints_done AND m.paused = 0",
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(Id::stored).collect())
}

/// What a notification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    /// Something changed in the mailbox.
    Changed,
    /// The subscription is over.
    Removed,
    /// The subscription wants a fresh token.
    Reauthorize,
    /// Notifications were lost.
    Missed,
}

/// A notification, before anybody knows whether it is genuine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hint {
    /// Graph's id of the subscription.
    pub subscription: String,
    /// The hash of the client state it came with.
    pub client_state_hash: String,
    /// What it says.
    pub told: Told,
}

/// The mailbox that a hint is for, if it is genuine. The subscription tells the tenant, not what the
/// sender claims.
pub async fn genuine(conn: &mut Conn, hint: &Hint) -> Result<Option<MailboxId>, StoreError> {
    let mut found: Option<(String, String)> = sqlx::query_as(
        "SELECT mailbox_id, client_state_hash FROM graph_mailboxes
         WHERE subscription_id = $1 AND subscription_id <> ''",
    )
    .bind(&hint.subscription)
    .fetch_optional(&mut *conn)
    .await?;
    if found.is_none() {
        // Faster than the answer to its creation.
        found = sqlx::query_as(
            "SELECT mailbox_id, client_state_hash FROM graph_mailboxes
             WHERE client_state_hash = $1 AND client_state_hash <> '' AND subscription_id = ''",
        )
        .bind(&hint.client_state_hash)
        .fetch_optional(&mut *conn)
        .await?;
    }
    let same = |hash: &str| hash.as_bytes().ct_eq(hint.client_state_hash.as_bytes()).into();
    Ok(found.filter(|(_, hash)| same(hash)).map(|(mailbox, _)| Id::stored(mailbox)))
}

/// Keeps a hint that is [`genuine`], unless its subscription was replaced meanwhile: then nobody has
/// to be told, as who replaced it looks.
pub async fn keep_hint(
    conn: &mut Conn,
    mailbox: &MailboxId,
    hint: &Hint,
) -> Result<(), StoreError> {
    let flag = |told| i64::from(hint.told == told);
    sqlx::query(
        "UPDATE graph_mailboxes
         SET hints = hints + 1,
             removed = CASE WHEN $1 = 1 THEN 1 ELSE removed END,
             reauthorize = CASE WHEN $2 = 1 THEN 1 ELSE reauthorize END,
             renew_at = CASE WHEN $2 = 1 THEN 0 ELSE renew_at END,
             missed = CASE WHEN $3 = 1 THEN 1 ELSE missed END
         WHERE mailbox_id = $4 AND client_state_hash = $5",
    )
    .bind(flag(Told::Removed))
    .bind(flag(Told::Reauthorize))
    .bind(flag(Told::Missed))
    .bind(mailbox.as_str())
    .bind(&hint.client_state_hash)
    .execute(conn)
    .await?;
    Ok(())
}

//! Which messages were read and what came of each: keyed hashes, nothing of a message.
//!
//! A row is written before a message is parsed ([`beginning_first`]), so that one that kills the process is
//! counted, and again with what came of it ([`finish`]) in the transaction that makes it true.

use super::{Conn, MailboxId, Statement, StoreError, TenantId};
use crate::clock::Millis;

/// One message of one mailbox.
#[derive(Debug, Clone, Copy)]
pub struct MessageId<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The mailbox.
    pub mailbox: &'a MailboxId,
    /// The keyed hash of what identifies the message.
    pub key: &'a str,
}

/// What came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is being read, or was when the process died.
    Trying,
    /// It made a suggestion of a new contact.
    New,
    /// It made or changed a suggestion to update a known contact.
    Update,
    /// It said nothing that was not known.
    Known,
    /// It was not read, for a reason.
    Skipped,
    /// Reading it failed too often.
    Quarantined,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 6] =
        [Self::Trying, Self::New, Self::Update, Self::Known, Self::Skipped, Self::Quarantined];

    /// The outcome as it stands in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::New => "new",
            Self::Update => "update",
            Self::Known => "known",
            Self::Skipped => "skipped",
            Self::Quarantined => "quarantined",
        }
    }
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What came of it.
    pub outcome: Outcome,
    /// How often reading it was begun.
    pub attempts: i64,
}

/// How far a message has come; none if it was never begun.
pub async fn progress(conn: &mut Conn, id: &MessageId<'_>) -> Result<Option<Progress>, StoreError> {
    let row: Option<(String, i64)> = sqlx::query_as(
        "SELECT outcome, attempts FROM messages
         WHERE tenant_id = $1 AND mailbox_id = $2 AND message_key = $3",
    )
    .bind(id.tenant.as_str())
    .bind(id.mailbox.as_str())
    .bind(id.key)
    .fetch_optional(conn)
    .await?;
    let Some((outcome, attempts)) = row else { return Ok(None) };
    let outcome = Outcome::ALL.into_iter().find(|known| known.as_str() == outcome);
    let outcome = outcome.ok_or_else(|| StoreError::Row {
        table: "messages",
        column: "outcome",
        row: id.key.to_owned(),
    })?;
    Ok(Some(Progress { outcome, attempts }))
}

/// The statement that counts that reading begins for the first time; it changes one row. If it was
/// begun before, or something came of the message already, it changes nothing.
pub fn beginning_first(id: &MessageId<'_>, now: Millis) -> Statement {
    Statement::new(
        "INSERT INTO messages (mailbox_id, tenant_id, message_key, outcome, attempts, read_at)
         VALUES ($1, $2, $3, 'trying', 1, $4)
         ON CONFLICT (mailbox_id, message_key) DO NOTHING",
    )
    .text(id.mailbox.as_str())
    .text(id.tenant.as_str())
    .text(id.key)
    .number(now.0)
}

/// The statement that counts that reading begins again. It changes nothing if something came of the
/// message already.
pub fn beginning_again(id: &MessageId<'_>, now: Millis) -> Statement {
    Statement::new(
        "UPDATE messages SET attempts = attempts + 1, read_at = $1
         WHERE tenant_id = $2 AND mailbox_id = $3 AND message_key = $4 AND outcome = 'trying'",
    )
    .number(now.0)
    .text(id.tenant.as_str())
    .text(id.mailbox.as_str())
    .text(id.key)
}

/// Whether a message of the tenant may harm whoever reads it: reading one was begun and did not end, or
/// it was given up because it took too long or the process died of it.
pub async fn is_any_harmful(conn: &mut Conn, tenant: &TenantId) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE tenant_id = $1 AND (outcome = 'trying'
             OR outcome = 'quarantined' AND reason IN ('took-too-long', 'process-died'))
             LIMIT 1) AS harmful",
    )
    .bind(tenant.as_str())
    .fetch_one(conn)
    .await?;
    Ok(found > 0)
}

/// Writes down what came of a message and why. False if somebody else did so before; then
/// nothing is changed.
pub async fn finish(
    conn: &mut Conn,
    id: &MessageId<'_>,
    outcome: Outcome,
    reason: &str,
    now: Millis,
) -> Result<bool, StoreError> {
    Ok(finishing(id, outcome, reason, now).run(conn).await? == 1)
}

/// The statement of [`finish`]; it changes one row, or somebody else did so before.
pub fn finishing(id: &MessageId<'_>, outcome: Outcome, reason: &str, now: Millis) -> Statement {
    Statement::new(
        "INSERT INTO messages (mailbox_id, tenant_id, message_key, outcome, reason, attempts, read_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6)
         ON CONFLICT (mailbox_id, message_key) DO UPDATE
         SET outcome = excluded.outcome, reason = excluded.reason, read_at = excluded.read_at
         WHERE messages.outcome = 'trying'",
    )
    .text(id.mailbox.as_str())
    .text(id.tenant.as_str())
    .text(id.key)
    .text(outcome.as_str())
    .text(reason)
    .number(now.0)
}

/// Forgets the messages of a tenant that were read before `before`, and says how many.
pub async fn forget(conn: &mut Conn, tenant: &TenantId, before: Millis) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM messages WHERE tenant_id = $1 AND read_at < $2")
        .bind(tenant.as_str())
        .bind(before.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// How many messages came to what, and why.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Count {
    /// [`Outcome::as_str`].
    pub outcome: String,
    /// [`crate::mail::Reason::as_str`] of a skipped message, the fault of a quarantined one.
    pub reason: String,
    /// How many.
    pub messages: i64,
}

/// What came of the tenant's messages, or of those of one mailbox.
pub async fn counts(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: Option<&MailboxId>,
) -> Result<Vec<Count>, StoreError> {
    let counts = sqlx::query_as(
        "SELECT outcome, reason, COUNT(*) AS messages FROM messages
         WHERE tenant_id = $1 AND ($2 = '' OR mailbox_id = $2)
         GROUP BY outcome, reason ORDER BY outcome, reason",
    )
    .bind(tenant.as_str())
    .bind(mailbox.map_or("", MailboxId::as_str))
    .fetch_all(conn)
    .await?;
    Ok(counts)
}

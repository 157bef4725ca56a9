//! How far a mailbox is read. UIDs only grow within one UIDVALIDITY (RFC 9051 §2.3.1.1), so one
//! number says it all; it moves only under the fence of the claim that reads.

use super::Held;
use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId};

/// A message that is read: everything up to it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Whose mailbox.
    pub tenant: TenantId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// The fence of the claim under which it was read.
    pub fence: i64,
    /// Under which numbering of the folder.
    pub uid_validity: u32,
    /// The message's number.
    pub uid: u32,
    /// When it was read.
    pub at: Millis,
}

/// Where reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The folder's numbering; none before the first sync.
    pub uid_validity: Option<u32>,
    /// The last message that is done, or 0.
    pub last_uid: u32,
    /// Nothing that came to the mailbox before is read.
    pub backfill_from: Millis,
}

/// Where reading goes on; none when the lease was lost.
pub async fn position(conn: &mut Conn, held: &Held) -> Result<Option<Position>, StoreError> {
    let row: Option<(Option<i64>, Option<i64>, Option<i64>)> = sqlx::query_as(
        "SELECT uid_validity, last_uid, backfill_from
         FROM mailboxes
         WHERE tenant_id = $1 AND id = $2 AND fence = $3",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .fetch_optional(conn)
    .await?;
    let Some((uid_validity, last_uid, backfill_from)) = row else { return Ok(None) };
    let bad = |column| StoreError::Row {
        table: "mailboxes",
        column,
        row: held.mailbox.id.as_str().to_owned(),
    };
    let uid_validity = uid_validity.map(u32::try_from).transpose();
    Ok(Some(Position {
        uid_validity: uid_validity.map_err(|_| bad("uid_validity"))?,
        last_uid: u32::try_from(last_uid.unwrap_or(0)).map_err(|_| bad("last_uid"))?,
        backfill_from: Millis(backfill_from.unwrap_or(held.mailbox.created_at.0)),
    }))
}

/// Moves the cursor on to a message that is done, in the transaction that makes it done. False: the
/// lease was lost or another worker was faster; roll back.
pub async fn advance(conn: &mut Conn, cursor: &Cursor) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mailboxes
         SET last_uid = $1, message_at = $2
         WHERE tenant_id = $3 AND id = $4 AND fence = $5 AND uid_validity = $6 AND last_uid < $1",
    )
    .bind(i64::from(cursor.uid))
    .bind(cursor.at.0)
    .bind(cursor.tenant.as_str())
    .bind(cursor.mailbox.as_str())
    .bind(cursor.fence)
    .bind(i64::from(cursor.uid_validity))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Begins with a new numbering of the folder (the first sync, or the server numbered anew): goes on
/// after `last_uid`. What was read before is known by its key and not read again. False: the lease
/// was lost.
pub async fn rebaseline(
    conn: &mut Conn,
    held: &Held,
    uid_validity: u32,
    last_uid: u32,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mailboxes
         SET uid_validity = $1, last_uid = $2
         WHERE tenant_id = $3 AND id = $4 AND fence = $5",
    )
    .bind(i64::from(uid_validity))
    .bind(i64::from(last_uid))
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

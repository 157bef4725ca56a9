//! Messages that a server lists and does not hand over. The folder's cursor goes on past them; they
//! are asked for again later, and quarantined when that does not help.

use super::{Cursor, Held};
use crate::clock::Millis;
use crate::store::{Conn, Statement, StoreError};

/// A message that was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld {
    /// Its number.
    pub uid: u32,
    /// How often it was asked for in vain.
    pub tries: u32,
}

/// Passes a message over (call [`super::pass_over`] in the same transaction), or notes that it was asked
/// for in vain once more.
pub async fn withhold(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
    uid: u32,
    retry_at: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO withheld_messages
             (mailbox_id, tenant_id, folder, uid, tries, retry_at, came_after)
         SELECT mailbox_id, tenant_id, name, $4, 1, $5, COALESCE(caught_up_at, backfill_from)
         FROM mailbox_folders
         WHERE mailbox_id = $1 AND tenant_id = $2 AND name = $3
         ON CONFLICT (mailbox_id, folder, uid) DO UPDATE
         SET tries = withheld_messages.tries + 1, retry_at = excluded.retry_at",
    )
    .bind(held.mailbox.id.as_str())
    .bind(held.mailbox.tenant.as_str())
    .bind(folder)
    .bind(i64::from(uid))
    .bind(retry_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of a folder that are to be asked for now, the longest due first.
pub async fn withheld_due(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
    now: Millis,
    limit: u32,
) -> Result<Vec<Withheld>, StoreError> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT uid, tries FROM withheld_messages
         WHERE tenant_id = $1 AND mailbox_id = $2 AND folder = $3 AND retry_at <= $4
         ORDER BY retry_at, uid LIMIT $5",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(folder)
    .bind(now.0)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    let bad = |_| StoreError::Row {
        table: "withheld_messages",
        column: "uid",
        row: held.mailbox.id.as_str().to_owned(),
    };
    rows.into_iter()
        .map(|(uid, tries)| {
            Ok(Withheld {
                uid: u32::try_from(uid).map_err(bad)?,
                tries: u32::try_from(tries).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// How many messages of a mailbox are put aside.
pub async fn count_withheld(conn: &mut Conn, held: &Held) -> Result<u32, StoreError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM withheld_messages WHERE tenant_id = $1 AND mailbox_id = $2",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .fetch_one(conn)
    .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Forgets one that came after all, is gone or was quarantined. It changes one row, or somebody else
/// did.
pub(super) fn forgetting(cursor: &Cursor) -> Statement {
    Statement::new(
        "DELETE FROM withheld_messages
         WHERE tenant_id = $1 AND mailbox_id = $2 AND folder = $3 AND uid = $4",
    )
    .text(cursor.tenant.as_str())
    .text(cursor.mailbox.as_str())
    .text(&cursor.folder)
    .number(i64::from(cursor.uid))
}

/// Forgets those of a folder: it is numbered anew.
pub(super) async fn forget_folder(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM withheld_messages WHERE tenant_id = $1 AND mailbox_id = $2 AND folder = $3",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(folder)
    .execute(conn)
    .await?;
    Ok(())
}

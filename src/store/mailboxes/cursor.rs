//! How far a folder is read. UIDs only grow within one UIDVALIDITY (RFC 9051 §2.3.1.1), so one
//! number says it all; it moves only under the fence of the claim that reads.
//!
//! A folder has two cursors: one for mail that comes, one for the older mail of the first days
//! (the backfill), which ends where the first began.

use super::{Held, withheld};
use crate::clock::Millis;
use crate::store::{Conn, MailboxId, Statement, StoreError, TenantId};

/// Which cursor a message moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The one for mail that comes.
    New,
    /// The one for older mail.
    Backfill,
    /// None: the message was passed over, and was asked for again.
    Withheld,
}

/// A message that is read: everything up to it in its lane is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Whose mailbox.
    pub tenant: TenantId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// The fence of the claim under which it was read.
    pub fence: i64,
    /// In which folder.
    pub folder: String,
    /// Under which numbering of the folder.
    pub uid_validity: u32,
    /// The message's number.
    pub uid: u32,
    /// Which cursor it moves.
    pub lane: Lane,
    /// When it was read.
    pub at: Millis,
}

/// Where reading a folder goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The folder's numbering; none before the first look.
    pub uid_validity: Option<u32>,
    /// The last message of new mail that is done, or 0.
    pub last_uid: u32,
    /// Nothing that came to the folder before is read.
    pub backfill_from: Millis,
    /// Of older mail, the last message that is done.
    pub backfill_uid: u32,
    /// Where older mail ends.
    pub backfill_until: u32,
    /// How many older messages are done.
    pub backfill_done: u32,
    /// When nothing was left to be read, to the hour; none before that, or while older mail is read.
    pub caught_up_at: Option<Millis>,
}

impl Position {
    /// Whether older mail is still to be read.
    pub const fn is_backfilling(&self) -> bool {
        self.backfill_uid < self.backfill_until
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    uid_validity: Option<i64>,
    last_uid: i64,
    backfill_from: i64,
    backfill_uid: i64,
    backfill_until: i64,
    backfill_done: i64,
    caught_up_at: Option<i64>,
}

/// Where reading goes on; none when the lease was lost or the folder is not to be read any more.
pub async fn position(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
) -> Result<Option<Position>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT f.uid_validity, f.last_uid, f.backfill_from, f.backfill_uid, f.backfill_until,
                f.backfill_done, f.caught_up_at
         FROM mailboxes m JOIN mailbox_folders f ON f.mailbox_id = m.id
         WHERE m.tenant_id = $1 AND m.id = $2 AND m.fence = $3 AND f.name = $4",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .bind(folder)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let number = |column, value: i64| {
        u32::try_from(value).map_err(|_| StoreError::Row {
            table: "mailbox_folders",
            column,
            row: held.mailbox.id.as_str().to_owned(),
        })
    };
    Ok(Some(Position {
        uid_validity: row.uid_validity.map(|value| number("uid_validity", value)).transpose()?,
        last_uid: number("last_uid", row.last_uid)?,
        backfill_from: Millis(row.backfill_from),
        backfill_uid: number("backfill_uid", row.backfill_uid)?,
        backfill_until: number("backfill_until", row.backfill_until)?,
        backfill_done: number("backfill_done", row.backfill_done)?,
        caught_up_at: row.caught_up_at.map(Millis),
    }))
}

/// Moves the cursor on to a message that was read, in the transaction that makes it done. False: the
/// lease was lost or another worker was faster; roll back.
pub async fn advance(conn: &mut Conn, cursor: &Cursor) -> Result<bool, StoreError> {
    move_on(conn, advancing(cursor)).await
}

/// Likewise past one that the server did not hand over.
pub async fn pass_over(conn: &mut Conn, cursor: &Cursor) -> Result<bool, StoreError> {
    let holding = "UPDATE mailboxes SET fence = $1 WHERE tenant_id = $2 AND id = $3 AND fence = $4";
    move_on(conn, [holding_by(holding, cursor.fence, cursor), moving(cursor)]).await
}

async fn move_on(conn: &mut Conn, statements: [Statement; 2]) -> Result<bool, StoreError> {
    for statement in statements {
        if statement.run(conn).await? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The statements of [`advance`]; each changes one row, or it is as when that says false. The first notes
/// when the mailbox was read last.
pub fn advancing(cursor: &Cursor) -> [Statement; 2] {
    let noting =
        "UPDATE mailboxes SET message_at = $1 WHERE tenant_id = $2 AND id = $3 AND fence = $4";
    [holding_by(noting, cursor.at.0, cursor), moving(cursor)]
}

/// Takes the mailbox's row: a claim by another worker waits for this transaction, or this one sees that it was
/// made.
fn holding_by(sql: &'static str, value: i64, cursor: &Cursor) -> Statement {
    Statement::new(sql)
        .number(value)
        .text(cursor.tenant.as_str())
        .text(cursor.mailbox.as_str())
        .number(cursor.fence)
}

fn moving(cursor: &Cursor) -> Statement {
    let sql = match cursor.lane {
        Lane::New => {
            "UPDATE mailbox_folders SET last_uid = $1
             WHERE tenant_id = $2 AND mailbox_id = $3 AND name = $4 AND uid_validity = $5
               AND last_uid < $1"
        }
        Lane::Backfill => {
            "UPDATE mailbox_folders
             SET backfill_uid = $1, backfill_done = backfill_done + 1
             WHERE tenant_id = $2 AND mailbox_id = $3 AND name = $4 AND uid_validity = $5
               AND backfill_uid < $1"
        }
        Lane::Withheld => return withheld::forgetting(cursor),
    };
    Statement::new(sql)
        .number(i64::from(cursor.uid))
        .text(cursor.tenant.as_str())
        .text(cursor.mailbox.as_str())
        .text(&cursor.folder)
        .number(i64::from(cursor.uid_validity))
}

/// Takes the mailbox's row before its folders', as everybody does: whoever gives it another server meanwhile
/// waits for this transaction, or this one sees that it was done. False: the lease was lost.
async fn hold(conn: &mut Conn, held: &Held) -> Result<bool, StoreError> {
    let sql = "UPDATE mailboxes SET fence = $1 WHERE tenant_id = $2 AND id = $3 AND fence = $1";
    let done = sqlx::query(sql)
        .bind(held.fence)
        .bind(held.mailbox.tenant.as_str())
        .bind(held.mailbox.id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A folder's numbering as it begins: at the first look, or after the server numbered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Baseline {
    /// The numbering.
    pub uid_validity: u32,
    /// New mail begins after this message.
    pub last_uid: u32,
    /// Nothing that came before is read.
    pub backfill_from: Millis,
    /// Older mail is read up to this message; 0 for none.
    pub backfill_until: u32,
}

/// Begins with a numbering of the folder. What was read before is known by its key and not read
/// again. False: the lease was lost.
pub async fn rebaseline(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
    baseline: &Baseline,
) -> Result<bool, StoreError> {
    if !hold(conn, held).await? {
        return Ok(false);
    }
    withheld::forget_folder(conn, held, folder).await?;
    let done = sqlx::query(
        "UPDATE mailbox_folders
         SET uid_validity = $1, last_uid = $2, backfill_uid = 0, backfill_until = $3,
             backfill_done = 0, backfill_total = 0, backfill_from = $7, caught_up_at = NULL
         WHERE tenant_id = $4 AND mailbox_id = $5 AND name = $6",
    )
    .bind(i64::from(baseline.uid_validity))
    .bind(i64::from(baseline.last_uid))
    .bind(i64::from(baseline.backfill_until))
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(folder)
    .bind(baseline.backfill_from.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that everything that had come to a folder `by` then is read or put aside.
pub async fn note_caught_up(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
    by: Millis,
) -> Result<(), StoreError> {
    if !hold(conn, held).await? {
        return Ok(());
    }
    sqlx::query(
        "UPDATE mailbox_folders SET caught_up_at = $1
         WHERE tenant_id = $2 AND mailbox_id = $3 AND name = $4",
    )
    .bind(by.0)
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(folder)
    .execute(conn)
    .await?;
    Ok(())
}

/// After which time there may be mail in a folder that is not read: since nothing was left, or since
/// the oldest message that is put aside came. None: that is not known.
pub async fn unread_after(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
) -> Result<Option<Millis>, StoreError> {
    let found: Option<(Option<i64>, Option<i64>)> = sqlx::query_as(
        "SELECT f.caught_up_at,
                (SELECT MIN(w.came_after) FROM withheld_messages w
                 WHERE w.tenant_id = f.tenant_id AND w.mailbox_id = f.mailbox_id
                   AND w.folder = f.name)
         FROM mailbox_folders f
         WHERE f.tenant_id = $1 AND f.mailbox_id = $2 AND f.name = $3",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(folder)
    .fetch_optional(conn)
    .await?;
    let Some((Some(caught_up), aside)) = found else { return Ok(None) };
    Ok(Some(Millis(aside.map_or(caught_up, |aside| aside.min(caught_up)))))
}

/// Notes how many older messages there are in all, or (`None`) that all of them are done.
pub async fn note_backfill(
    conn: &mut Conn,
    held: &Held,
    folder: &str,
    total: Option<u32>,
) -> Result<(), StoreError> {
    if !hold(conn, held).await? {
        return Ok(());
    }
    sqlx::query(
        "UPDATE mailbox_folders
         SET backfill_total = CASE WHEN $1 < 0 THEN backfill_done ELSE $1 END,
             backfill_uid = CASE WHEN $1 < 0 THEN backfill_until ELSE backfill_uid END
         WHERE tenant_id = $2 AND mailbox_id = $3 AND name = $4",
    )
    .bind(total.map_or(-1, i64::from))
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(folder)
    .execute(conn)
    .await?;
    Ok(())
}

//! How far the older mail of a mailbox is read.

use super::cursor::cursors;
use crate::store::mailboxes::{Backfill, Mailbox};
use crate::store::{Conn, StoreError};

/// How far it is, over all folders.
pub async fn backfill(conn: &mut Conn, mailbox: &Mailbox) -> Result<Backfill, StoreError> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let cursors = cursors(conn, mailbox).await?;
    let older = cursors.iter().filter_map(|cursor| cursor.older);
    let (done, total) = older.fold((0_u64, 0_u64), |(done, total), older| {
        let its_done = older.total.saturating_sub(older.left);
        (done.saturating_add(its_done), total.saturating_add(older.total))
    });
    Ok(Backfill { done: number(done), total: number(total) })
}

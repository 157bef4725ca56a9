//! How many bytes of a mailbox's older mail may be fetched: providers count them by the day, whichever
//! worker fetches them.

use super::Held;
use crate::clock::Millis;
use crate::store::{Conn, StoreError};

/// How many bytes were left, and when; none: nothing was fetched yet.
pub async fn allowance(conn: &mut Conn, held: &Held) -> Result<Option<(i64, Millis)>, StoreError> {
    let found: Option<(Option<i64>, Option<i64>)> = sqlx::query_as(
        "SELECT backfill_bytes_left, backfill_bytes_at FROM mailboxes
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(found.and_then(|(left, at)| left.zip(at.map(Millis))))
}

/// Notes how many are left now.
pub async fn note_allowance(
    conn: &mut Conn,
    held: &Held,
    left: i64,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE mailboxes SET backfill_bytes_left = $1, backfill_bytes_at = $2
         WHERE tenant_id = $3 AND id = $4 AND fence = $5",
    )
    .bind(left)
    .bind(now.0)
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .execute(conn)
    .await?;
    Ok(())
}

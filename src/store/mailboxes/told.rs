//! What a mailbox's admins were told about its health.

use super::Mailbox;
use super::row::Row;
use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId, Told};

/// The tenant's mailboxes that are ill, or were and whose admins do not know yet that they are not.
pub async fn to_be_told(
    conn: &mut Conn,
    tenant: &TenantId,
) -> Result<Vec<Told<Mailbox>>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, tenant_id, list_id, kind, address, host, port, security, username,
                oauth_service, folder,
                backfill_days, paused, state, state_detail, state_since, ill_since, retry_at,
                told_at, told_times, message_at, created_at, fence
         FROM mailboxes
         WHERE tenant_id = $1 AND (ill_since IS NOT NULL OR told_times > 0)
         ORDER BY id",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Told::try_from).collect()
}

/// Those of which they were told at that moment, and so often by then; paused ones are nobody's business.
pub async fn told_at(
    conn: &mut Conn,
    tenant: &TenantId,
    (at, times): (Millis, u32),
) -> Result<Vec<Mailbox>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, tenant_id, list_id, kind, address, host, port, security, username,
                oauth_service, folder,
                backfill_days, paused, state, state_detail, state_since, ill_since, retry_at,
                told_at, told_times, message_at, created_at, fence
         FROM mailboxes
         WHERE tenant_id = $1 AND told_at = $2 AND told_times = $3 AND paused = 0
         ORDER BY id",
    )
    .bind(tenant.as_str())
    .bind(at.0)
    .bind(i64::from(times))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Mailbox::try_from).collect()
}

/// Notes that they were told so often and not `before` times any more; 0: that it is well again. False:
/// somebody else was faster.
pub async fn note_told(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
    (before, times): (u32, u32),
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mailboxes SET told_times = $1, told_at = $2
         WHERE tenant_id = $3 AND id = $4 AND told_times = $5",
    )
    .bind(i64::from(times))
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .bind(i64::from(before))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

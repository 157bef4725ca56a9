//! What a mailbox's admins were told about its health.

use super::Mailbox;
use super::row::Row;
use crate::clock::Millis;
use crate::store::{Conn, StoreError, TenantId};

/// A mailbox whose admins may have to be told something, and what they were told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// How often they were told that it is ill, since it is.
    pub times: u32,
    /// When they were told last.
    pub at: Option<Millis>,
}

/// The tenant's mailboxes that are ill, or were and whose admins do not know yet that they are not.
pub async fn to_be_told(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<Told>, StoreError> {
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

/// Notes that they were told so often; 0: that it is well again. False: somebody else was faster.
pub async fn note_told(
    conn: &mut Conn,
    told: &Told,
    times: u32,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mailboxes SET told_times = $1, told_at = $2
         WHERE tenant_id = $3 AND id = $4 AND told_times = $5",
    )
    .bind(i64::from(times))
    .bind(now.0)
    .bind(told.mailbox.tenant.as_str())
    .bind(told.mailbox.id.as_str())
    .bind(i64::from(told.times))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

//! What a tenant's admins were told about the health of their CRM's connection.

use super::{CrmConnection, Row, whole};
use crate::clock::Millis;
use crate::store::{Conn, StoreError, TenantId, Told};

/// The tenant's connection, if it is ill, or was and its admins do not know yet that it is not.
pub async fn to_be_told(
    conn: &mut Conn,
    tenant: &TenantId,
) -> Result<Option<Told<CrmConnection>>, StoreError> {
    let query = whole!("tenant_id = $1 AND (ill_since IS NOT NULL OR told_times > 0)");
    let row: Option<Row> = sqlx::query_as(query).bind(tenant.as_str()).fetch_optional(conn).await?;
    let told = |row: Row| {
        let (times, at) = (row.told_times, row.told_at);
        Ok(Told::stored(row.connection(tenant)?, times, at))
    };
    row.map(told).transpose()
}

/// Notes that they were told so often and not `before` times any more; 0: that it is well again. False:
/// somebody else was faster.
pub async fn note_told(
    conn: &mut Conn,
    tenant: &TenantId,
    (before, times): (u32, u32),
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_connections SET told_times = $1, told_at = $2
         WHERE tenant_id = $3 AND told_times = $4",
    )
    .bind(i64::from(times))
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(i64::from(before))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

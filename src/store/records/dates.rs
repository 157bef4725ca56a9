//! How old what records say is.

use crate::matching::Dates;
use crate::store::{Conn, RecordId, StoreError, TenantId, to_json};

/// Notes how old what a record says is.
pub async fn date(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    dates: &Dates,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE crm_records SET dates = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(to_json(dates))
        .execute(conn)
        .await?;
    Ok(())
}

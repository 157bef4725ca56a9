//! Records that are still where they came from.

use crate::clock::Millis;
use crate::store::{Conn, RecordId, Statement, StoreError, TenantId, several};
use std::sync::LazyLock;

/// Notes that a record was read again and is as it was.
pub async fn seen(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE crm_records SET imported_at = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a file has these records, by the ids that stand for them, and that they stay as they were.
pub async fn seen_in_file(
    conn: &mut Conn,
    tenant: &TenantId,
    external_ids: &[String],
    now: Millis,
) -> Result<(), StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "UPDATE crm_records SET imported_at = $2
             WHERE tenant_id = $1 AND connected = 0 AND external_id IN ({})",
            several::places(3)
        )
    });
    for some in several::filled::<{ several::SEVERAL }, _>(external_ids) {
        let statement = Statement::new(SQL.as_str()).text(tenant.as_str()).number(now.0);
        some.into_iter().fold(statement, Statement::text).run(conn).await?;
    }
    Ok(())
}

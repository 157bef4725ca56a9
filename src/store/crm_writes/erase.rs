//! What is erased of a write when its time is up.

use crate::clock::Millis;
use crate::store::{Conn, StoreError, TenantId};

/// Erases the values of writes that were settled before a time, as many as the limit says; answers how
/// many they were.
pub async fn erase(
    conn: &mut Conn,
    tenant: &TenantId,
    before: Millis,
    limit: i64,
) -> Result<u64, StoreError> {
    // PostgreSQL looks again at what it has waited for, as far as the outer condition says so: a rep may
    // have asked at that moment to have a write taken back, which needs its values.
    let done = sqlx::query(
        "UPDATE crm_writes SET before = '', after = '{}', known = '', mapping = '', dates = '',
             erased = 1
         WHERE erased = 0 AND state NOT IN ('waiting', 'undoing') AND id IN
             (SELECT id FROM crm_writes
              WHERE tenant_id = $1 AND erased = 0 AND changed_at < $2
                AND state NOT IN ('waiting', 'undoing')
              LIMIT $3)",
    )
    .bind(tenant.as_str())
    .bind(before.0)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

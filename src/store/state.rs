//! How the one server of its kind that a tenant has fares; its row says so in the same columns whichever
//! it is.

use super::{Conn, StoreError, TenantId};
use crate::clock::Millis;
use sqlx::AssertSqlSafe;

/// Notes a state and its sentence in `table`, unless the settings changed since `changed_at` or it fared
/// so already.
pub(super) async fn note(
    conn: &mut Conn,
    table: &'static str,
    tenant: &TenantId,
    changed_at: Millis,
    (state, detail): (&str, &str),
    now: Millis,
) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE {table} SET state = $3, state_detail = $4, state_since = $5
         WHERE tenant_id = $1 AND changed_at = $2 AND (state <> $3 OR state_detail <> $4)"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(changed_at.0)
        .bind(state)
        .bind(detail)
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

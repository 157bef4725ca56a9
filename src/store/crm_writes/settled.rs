//! What was settled lately, so that nobody keeps what was there before.

use crate::clock::Millis;
use crate::store::{Conn, StoreError, TenantId, several};
use std::collections::BTreeSet;

/// Those of these records, by the CRM's ids, of which a write was settled after a time: it was made or taken
/// back, or has found the record otherwise.
pub async fn settled_after(
    conn: &mut Conn,
    tenant: &TenantId,
    external_ids: &[&str],
    time: Millis,
) -> Result<BTreeSet<String>, StoreError> {
    let sql = format!(
        "SELECT external_id, changed_at FROM crm_writes
         WHERE tenant_id = $1 AND external_id <> '' AND external_id IN ({})
           AND state IN ('written', 'conflict', 'failed', 'undone')",
        several::places(2)
    );
    let rows: Vec<(String, i64)> =
        several::rows(conn, sql, &[tenant.as_str()], external_ids).await?;
    let lately = rows.into_iter().filter(|(_, changed_at)| *changed_at > time.0);
    Ok(lately.map(|(external_id, _)| external_id).collect())
}

//! What open suggestions are compared with, when that changes.

use super::{Conn, StoreError, TenantId, row};
use crate::clock::Millis;
use crate::contact::Contact;

/// Compares the open suggestions that know a contact or record with what it says now; whoever looked at
/// them before has to look again.
pub async fn know(
    conn: &mut Conn,
    tenant: &TenantId,
    known_id: &str,
    known: &Contact,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE suggestions
         SET known = $3, changed_at = CASE WHEN changed_at < $4 THEN $4 ELSE changed_at + 1 END
         WHERE tenant_id = $1 AND known_id = $2 AND known_id <> '' AND state = 'open'",
    )
    .bind(tenant.as_str())
    .bind(known_id)
    .bind(row::optional_json(Some(known)))
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

//! What suggestions say of a contact or record by a CRM that is not connected any more.

use super::row::{Row, optional_json, whole};
use super::{Conn, StoreError, Suggestion, TenantId};
use crate::store::to_json;

/// The suggestions that a contact was accepted from, and those that know it, or a record, by its id; the last
/// ones first.
pub async fn about(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &str,
) -> Result<Vec<Suggestion>, StoreError> {
    // Each part has an index of its own.
    let rows: Vec<Row> = sqlx::query_as(concat!(
        whole!("tenant_id = $1 AND contact_id = $2"),
        " UNION ",
        whole!("tenant_id = $1 AND known_id = $2"),
        " ORDER BY changed_at DESC, id DESC"
    ))
    .bind(tenant.as_str())
    .bind(id)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Suggestion::try_from).collect()
}

/// Writes what a suggestion, and the contact before it was accepted, say now. What is known beside one that is
/// decided goes; an open one is compared anew.
pub async fn retell(conn: &mut Conn, suggestion: &Suggestion) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE suggestions SET contact = $3, before_accept = $4,
             known = CASE state WHEN 'open' THEN known ELSE '' END
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(suggestion.tenant.as_str())
    .bind(suggestion.id.as_str())
    .bind(to_json(&suggestion.contact))
    .bind(optional_json(suggestion.before_accept.as_ref()))
    .execute(conn)
    .await?;
    Ok(())
}

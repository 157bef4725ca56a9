//! Contacts that may say what only a CRM has said that is not connected any more.

use crate::store::{Conn, ContactId, StoreError, TenantId};

/// Marks all contacts of a tenant, whose CRM is disconnected.
pub async fn mark_former(conn: &mut Conn, tenant: &TenantId) -> Result<(), StoreError> {
    sqlx::query("UPDATE contacts SET former = 1 WHERE tenant_id = $1 AND former = 0")
        .bind(tenant.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// The first of the marked contacts in the order of their ids; of those after `after` if it is given.
pub async fn next_former(
    conn: &mut Conn,
    tenant: &TenantId,
    after: Option<&ContactId>,
) -> Result<Option<ContactId>, StoreError> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT id FROM contacts WHERE tenant_id = $1 AND former = 1 AND id > $2
         ORDER BY id LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(after.map_or("", ContactId::as_str))
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ContactId::stored))
}

/// Takes the mark off a contact. Whoever changes it at this moment waits, or has done so. False: it has none.
pub async fn take_former(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE contacts SET former = 0 WHERE tenant_id = $1 AND id = $2 AND former = 1",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

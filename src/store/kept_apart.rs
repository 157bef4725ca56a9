//! Whom reps keep apart: a contact that was accepted as another person than the known one.

use super::{Conn, ContactId, StoreError, SuggestionId, TenantId, several};

/// A contact and the contact or record that is another person.
pub type Pair = (ContactId, String);

/// Remembers that a decision kept a contact apart from a contact or record.
pub async fn add(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    other: &str,
    decision: &SuggestionId,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO kept_apart (tenant_id, contact_id, other_id, suggestion_id)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .bind(other)
    .bind(decision.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The pairs of which one of these contacts and records is the other person.
pub async fn of(
    conn: &mut Conn,
    tenant: &TenantId,
    others: &[&str],
) -> Result<Vec<Pair>, StoreError> {
    let sql = format!(
        "SELECT contact_id, other_id FROM kept_apart WHERE tenant_id = $1 AND other_id IN ({})",
        several::places(2)
    );
    let rows: Vec<(String, String)> = several::rows(conn, sql, &[tenant.as_str()], others).await?;
    Ok(rows.into_iter().map(|(contact, other)| (ContactId::stored(contact), other)).collect())
}

/// The CRM's ids of the records of those who are kept apart from a contact, whichever of the two a rep
/// has decided about.
pub async fn records_of(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT crm_records.external_id FROM kept_apart
         JOIN crm_records ON crm_records.id = kept_apart.other_id
         WHERE kept_apart.tenant_id = $1 AND kept_apart.contact_id = $2
         UNION
         SELECT crm_records.external_id FROM kept_apart
         JOIN contacts ON contacts.id = kept_apart.other_id
         JOIN crm_records ON crm_records.id = contacts.record_id
         WHERE kept_apart.tenant_id = $1 AND kept_apart.contact_id = $2
         UNION
         SELECT crm_records.external_id FROM kept_apart
         JOIN contacts ON contacts.id = kept_apart.contact_id
         JOIN crm_records ON crm_records.id = contacts.record_id
         WHERE kept_apart.tenant_id = $1 AND kept_apart.other_id = $2",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .fetch_all(conn)
    .await?)
}

/// Keeps whoever was kept apart from one record apart from another one in its place.
pub async fn know_instead(
    conn: &mut Conn,
    tenant: &TenantId,
    old: &str,
    new: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO kept_apart (tenant_id, contact_id, other_id, suggestion_id)
         SELECT tenant_id, contact_id, $3, suggestion_id FROM kept_apart
         WHERE tenant_id = $1 AND other_id = $2 ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(old)
    .bind(new)
    .execute(&mut *conn)
    .await?;
    forget_other(conn, tenant, old).await
}

/// Forgets what a decision kept apart, because it was undone.
pub async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    decision: &SuggestionId,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM kept_apart WHERE tenant_id = $1 AND suggestion_id = $2")
        .bind(tenant.as_str())
        .bind(decision.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets who was kept apart from a contact or record that is gone.
pub async fn forget_other(
    conn: &mut Conn,
    tenant: &TenantId,
    other: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM kept_apart WHERE tenant_id = $1 AND other_id = $2")
        .bind(tenant.as_str())
        .bind(other)
        .execute(conn)
        .await?;
    Ok(())
}

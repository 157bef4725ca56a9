//! Whom reps keep apart: a contact that was accepted as another person than the known one.
//!
//! A record that is erased may come back under the CRM's id, as when its connection is made anew. Until then
//! a hash of that id stands for it.

use super::{
    Conn, ContactId, RecordId, Statement, StoreError, SuggestionId, TenantId, records, several,
};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

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

/// Whether a decision kept a contact apart from anybody.
pub async fn is_by(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    decision: &SuggestionId,
) -> Result<bool, StoreError> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT other_id FROM kept_apart
         WHERE tenant_id || '' = $1 AND contact_id = $2 AND suggestion_id = $3 LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .bind(decision.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Who is kept apart from one of these contacts and records, whichever of the two a rep has decided about.
pub async fn from(
    conn: &mut Conn,
    tenant: &TenantId,
    these: &[&str],
) -> Result<Vec<String>, StoreError> {
    let places = several::places(2);
    // `|| ''` keeps SQLite from walking through all pairs of the tenant instead of the contacts'.
    let of_contacts = format!(
        "SELECT other_id FROM kept_apart WHERE tenant_id || '' = $1 AND contact_id IN ({places})"
    );
    let of_others = format!(
        "SELECT contact_id FROM kept_apart WHERE tenant_id = $1 AND other_id IN ({places})"
    );
    let mut found = Vec::new();
    for sql in [of_contacts, of_others] {
        let rows: Vec<(String,)> = several::rows(conn, sql, &[tenant.as_str()], these).await?;
        found.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(found)
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

/// What stands for a record that is erased: nobody reads the CRM's id out of it.
fn hash(tenant: &TenantId, external_id: &str) -> String {
    let digest = Sha256::new().chain_update(tenant.as_str()).chain_update(external_id).finalize();
    digest.iter().fold(String::from("was:"), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

/// Keeps whoever was kept apart from a record, which is about to be erased, apart from whomever it was of:
/// from its contacts, and from the record should it come back.
pub async fn outlive(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &RecordId,
) -> Result<(), StoreError> {
    if of(conn, tenant, &[record.as_str()]).await?.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO kept_apart (tenant_id, contact_id, other_id, suggestion_id)
         SELECT k.tenant_id, k.contact_id, c.id, k.suggestion_id FROM kept_apart k
         JOIN contacts c ON c.tenant_id = k.tenant_id AND c.record_id = k.other_id
         WHERE k.tenant_id = $1 AND k.other_id = $2 AND c.id <> k.contact_id ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(record.as_str())
    .execute(&mut *conn)
    .await?;
    let ids = records::external_ids(conn, tenant, &[record.as_str()]).await?;
    let Some(external_id) = ids.get(record.as_str()) else { return Ok(()) };
    know_instead(conn, tenant, record.as_str(), &hash(tenant, external_id)).await
}

/// Keeps whoever was kept apart from a record that was erased apart from it, now that it is back under
/// another id of ours.
pub async fn know_again(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    id: &RecordId,
) -> Result<(), StoreError> {
    knowing_again(tenant, external_id, id).run(conn).await.map(drop)
}

/// The statement of [`know_again`].
pub fn knowing_again(tenant: &TenantId, external_id: &str, id: &RecordId) -> Statement {
    Statement::new("UPDATE kept_apart SET other_id = $3 WHERE tenant_id = $1 AND other_id = $2")
        .text(tenant.as_str())
        .text(hash(tenant, external_id))
        .text(id.as_str())
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

/// Forgets who was kept apart from a contact that is gone, or a record in whose place another one is.
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

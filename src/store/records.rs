//! CRM records as they were last imported.

use super::{Conn, RecordId, StoreError, TenantId};
use crate::clock::Millis;
use crate::contact::Contact;

/// One person in the tenant's CRM.
#[derive(Debug, Clone, PartialEq)]
pub struct CrmRecord {
    /// Our id.
    pub id: RecordId,
    /// The CRM's id, or what stands for it where the CRM gave none.
    pub external_id: String,
    /// Its values.
    pub contact: Contact,
    /// When it was imported.
    pub imported_at: Millis,
}

type Row = (String, String, String, i64);

fn record((id, external_id, contact, imported_at): Row) -> Result<CrmRecord, StoreError> {
    Ok(CrmRecord {
        contact: super::from_json("crm_records", "contact", &id, &contact)?,
        id: RecordId::stored(id),
        external_id,
        imported_at: Millis(imported_at),
    })
}

/// Writes a record under the CRM's id, and answers our id of it and whether it is new.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    contact: &Contact,
    now: Millis,
) -> Result<(RecordId, bool), StoreError> {
    let new = RecordId::new();
    let id: String = sqlx::query_scalar(
        "INSERT INTO crm_records (id, tenant_id, external_id, contact, imported_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, external_id) DO UPDATE
         SET contact = excluded.contact, imported_at = excluded.imported_at
         RETURNING id",
    )
    .bind(new.as_str())
    .bind(tenant.as_str())
    .bind(external_id)
    .bind(super::to_json(contact))
    .bind(now.0)
    .fetch_one(conn)
    .await?;
    let is_new = id == new.as_str();
    Ok((RecordId::stored(id), is_new))
}

/// One record.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
) -> Result<Option<CrmRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, external_id, contact, imported_at FROM crm_records
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(record).transpose()
}

/// The record that has the CRM's id.
pub async fn by_external_id(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
) -> Result<Option<CrmRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, external_id, contact, imported_at FROM crm_records
         WHERE tenant_id = $1 AND external_id = $2",
    )
    .bind(tenant.as_str())
    .bind(external_id)
    .fetch_optional(conn)
    .await?;
    row.map(record).transpose()
}

/// How many records the tenant has.
pub async fn count(conn: &mut Conn, tenant: &TenantId) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM crm_records WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .fetch_one(conn)
        .await?)
}

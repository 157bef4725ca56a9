//! CRM records as they were last imported.

mod dates;
mod seen;

pub use dates::date;
pub use seen::{seen, seen_in_file};

use super::{Conn, RecordId, Statement, StoreError, TenantId, several};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::Dates;
use futures::TryStreamExt as _;
use std::collections::BTreeMap;

/// One person in the tenant's CRM.
#[derive(Debug, Clone, PartialEq)]
pub struct CrmRecord {
    /// Our id.
    pub id: RecordId,
    /// The CRM's id, or what stands for it where the CRM gave none.
    pub external_id: String,
    /// The CRM's version of it; empty where it came from a file.
    pub version: String,
    /// Its values.
    pub contact: Contact,
    /// The fields of it that are filled, by the CRM's names.
    pub filled: Vec<String>,
    /// When it was imported.
    pub imported_at: Millis,
    /// By which rules its match keys were made.
    pub keyed_by: i64,
    /// How old what it says is, as far as somebody was seen to change it in the CRM, or we have written it.
    pub dates: Dates,
}

impl CrmRecord {
    /// Whether it came with a file, and no connection has named it.
    pub fn is_imported(&self) -> bool {
        self.version.is_empty()
    }
}

/// What is asked of the records of a file and of the CRM that is connected now; not of those that an
/// earlier connection left. `$1` is the tenant.
macro_rules! present {
    ($select:literal $of:literal) => {
        concat!(
            $select,
            " FROM crm_records WHERE ",
            $of,
            " AND (connected = 0 OR imported_at >=
                 (SELECT since FROM crm_connections WHERE crm_connections.tenant_id = $1))"
        )
    };
    ($of:literal) => {
        present!("SELECT id, external_id, version, contact, filled, imported_at, keyed_by, dates" $of)
    };
}

type Row = (String, String, String, String, String, i64, i64, String);

fn record(
    (id, external_id, version, contact, filled, imported_at, keyed_by, dates): Row,
) -> Result<CrmRecord, StoreError> {
    Ok(CrmRecord {
        contact: super::from_json("crm_records", "contact", &id, &contact)?,
        dates: super::from_json("crm_records", "dates", &id, &dates)?,
        id: RecordId::stored(id),
        external_id,
        version,
        filled: names(&filled),
        imported_at: Millis(imported_at),
        keyed_by,
    })
}

/// No name of a field has a blank in it.
fn names(filled: &str) -> Vec<String> {
    filled.split_whitespace().map(str::to_owned).collect()
}

/// A record as the CRM has it.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord<'a> {
    /// The CRM's id, or what stands for it.
    pub external_id: &'a str,
    /// The CRM's version of it, if the CRM is connected.
    pub version: Option<&'a str>,
    /// Its values.
    pub contact: &'a Contact,
    /// The fields of it that are filled, by the CRM's names.
    pub filled: &'a [String],
    /// By which rules its match keys are made.
    pub keyed_by: i64,
}

/// Writes a record, or does something else where the tenant has one of the CRM's id.
macro_rules! insert {
    ($on_conflict:literal) => {
        concat!(
            "INSERT INTO crm_records
               (id, tenant_id, external_id, version, connected, contact, imported_at, keyed_by, filled)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (tenant_id, external_id) ",
            $on_conflict
        )
    };
}

/// Writes a record under this id of ours, unless the tenant has one of the CRM's id.
pub fn adding(tenant: &TenantId, id: &RecordId, record: NewRecord<'_>, now: Millis) -> Statement {
    Statement::new(insert!("DO NOTHING"))
        .text(id.as_str())
        .text(tenant.as_str())
        .text(record.external_id)
        .text(record.version.unwrap_or_default())
        .number(i64::from(record.version.is_some()))
        .text(super::to_json(record.contact))
        .number(now.0)
        .number(record.keyed_by)
        .text(record.filled.join(" "))
}

/// Writes a record under the CRM's id, and answers our id of it and whether it is new.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    record: NewRecord<'_>,
    now: Millis,
) -> Result<(RecordId, bool), StoreError> {
    let new = RecordId::new();
    let id: String = sqlx::query_scalar(insert!(
        "DO UPDATE
         SET contact = excluded.contact, version = excluded.version,
             connected = excluded.connected, imported_at = excluded.imported_at,
             keyed_by = excluded.keyed_by, filled = excluded.filled
         RETURNING id"
    ))
    .bind(new.as_str())
    .bind(tenant.as_str())
    .bind(record.external_id)
    .bind(record.version.unwrap_or_default())
    .bind(i64::from(record.version.is_some()))
    .bind(super::to_json(record.contact))
    .bind(now.0)
    .bind(record.keyed_by)
    .bind(record.filled.join(" "))
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
    let row: Option<Row> = sqlx::query_as(present!("tenant_id = $1 AND id = $2"))
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(record).transpose()
}

/// Those of these records that are there.
pub async fn some(
    conn: &mut Conn,
    tenant: &TenantId,
    ids: &[&str],
) -> Result<Vec<CrmRecord>, StoreError> {
    // `|| ''` keeps SQLite from walking through all records of the tenant instead of the ids.
    let sql =
        format!(present!("tenant_id || '' = $1 AND id IN ({places})"), places = several::places(2));
    let rows: Vec<Row> = several::rows(conn, sql, &[tenant.as_str()], ids).await?;
    rows.into_iter().map(record).collect()
}

/// The record that has the CRM's id.
pub async fn by_external_id(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
) -> Result<Option<CrmRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(present!("tenant_id = $1 AND external_id = $2"))
        .bind(tenant.as_str())
        .bind(external_id)
        .fetch_optional(conn)
        .await?;
    row.map(record).transpose()
}

/// The CRM's ids of records, by our ids of them, or of contacts that came from them.
pub async fn external_ids(
    conn: &mut Conn,
    tenant: &TenantId,
    known: &[&str],
) -> Result<BTreeMap<String, String>, StoreError> {
    Ok(of_known(conn, tenant, "external_id", known).await?.into_iter().collect())
}

/// Which fields of records are filled, by our ids of the records, or of contacts that came from them.
pub async fn filled(
    conn: &mut Conn,
    tenant: &TenantId,
    known: &[&str],
) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let found = of_known(conn, tenant, "filled", known).await?;
    Ok(found.into_iter().map(|(id, filled)| (id, names(&filled))).collect())
}

/// One column of records, each with our id of the record, or of a contact that came from it.
async fn of_known(
    conn: &mut Conn,
    tenant: &TenantId,
    column: &str,
    known: &[&str],
) -> Result<Vec<(String, String)>, StoreError> {
    let places = several::places(2);
    // `|| ''` keeps SQLite from walking through all records of the tenant instead of the ids.
    let of_records = format!(
        "SELECT id, {column} FROM crm_records WHERE tenant_id || '' = $1 AND id IN ({places})"
    );
    let of_contacts = format!(
        "SELECT c.id, r.{column} FROM contacts c
         JOIN crm_records r ON r.id = c.record_id AND r.tenant_id || '' = c.tenant_id
         WHERE c.tenant_id || '' = $1 AND c.id IN ({places})"
    );
    let mut found = several::rows(conn, of_records, &[tenant.as_str()], known).await?;
    found.extend(several::rows(conn, of_contacts, &[tenant.as_str()], known).await?);
    Ok(found)
}

/// How many records the tenant has.
pub async fn count(conn: &mut Conn, tenant: &TenantId) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(present!("SELECT COUNT(*)" "tenant_id = $1"))
        .bind(tenant.as_str())
        .fetch_one(conn)
        .await?)
}

/// The CRM's id of the record that is so many further on, in the order of those ids; nothing beyond the
/// last one. Only an index is walked along.
pub async fn further_on(
    conn: &mut Conn,
    tenant: &TenantId,
    from: &str,
    records: i64,
) -> Result<Option<String>, StoreError> {
    let next = sqlx::query_scalar(
        "SELECT external_id FROM crm_records WHERE tenant_id = $1 AND external_id >= $2
         ORDER BY external_id LIMIT 1 OFFSET $3",
    );
    Ok(next.bind(tenant.as_str()).bind(from).bind(records).fetch_optional(conn).await?)
}

/// Some records in the order of the CRM's ids.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The CRM's id at which they begin.
    pub from: &'a str,
    /// The CRM's id before which they end, if any.
    pub before: Option<&'a str>,
    /// How many they are at most.
    pub limit: i64,
}

/// What some records say.
pub async fn contacts_of(
    conn: &mut Conn,
    tenant: &TenantId,
    page: Page<'_>,
) -> Result<Vec<Contact>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(concat!(
        present!(
            "SELECT id, contact"
            "tenant_id = $1 AND external_id >= $2 AND ($3 = '' OR external_id < $3)"
        ),
        " ORDER BY external_id LIMIT $4"
    ))
    .bind(tenant.as_str())
    .bind(page.from)
    .bind(page.before.unwrap_or_default())
    .bind(page.limit)
    .fetch_all(conn)
    .await?;
    let contact =
        |(id, contact): (String, String)| super::from_json("crm_records", "contact", &id, &contact);
    rows.into_iter().map(contact).collect()
}

/// By what a record came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// A connected CRM.
    ByCrm,
    /// A file.
    ByFile,
}

/// Records that were last seen before `before`, to be removed.
pub async fn seen_before(
    conn: &mut Conn,
    tenant: &TenantId,
    brought: Brought,
    before: Millis,
    limit: i64,
) -> Result<Vec<RecordId>, StoreError> {
    // Each has an index of its own.
    macro_rules! of {
        ($brought:literal) => {
            concat!(
                "SELECT id FROM crm_records WHERE tenant_id = $1 AND ",
                $brought,
                " AND imported_at < $2 LIMIT $3"
            )
        };
    }
    let query = match brought {
        Brought::ByCrm => of!("connected = 1"),
        Brought::ByFile => of!("connected = 0"),
    };
    let ids: Vec<String> = sqlx::query_scalar(query)
        .bind(tenant.as_str())
        .bind(before.0)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(RecordId::stored).collect())
}

/// The CRM's ids, behind `after` in their order, of records that the connected CRM has not named since.
pub async fn unnamed(
    conn: &mut Conn,
    tenant: &TenantId,
    since: Millis,
    after: &str,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let ids = sqlx::query_scalar(
        "SELECT external_id FROM crm_records
         WHERE tenant_id = $1 AND external_id > $3 AND connected = 1 AND imported_at < $2
         ORDER BY external_id LIMIT $4",
    );
    let ids = ids.bind(tenant.as_str()).bind(since.0).bind(after);
    Ok(ids.bind(i64::try_from(limit).unwrap_or(i64::MAX)).fetch_all(conn).await?)
}

/// Whether the tenant has records of files.
pub async fn any_imported(conn: &mut Conn, tenant: &TenantId) -> Result<bool, StoreError> {
    let found = seen_before(conn, tenant, Brought::ByFile, Millis(i64::MAX), 1).await?;
    Ok(!found.is_empty())
}

/// Shows the ids that stand for the records of files, one after the other.
pub async fn each_imported(
    conn: &mut Conn,
    tenant: &TenantId,
    mut see: impl FnMut(String),
) -> Result<(), StoreError> {
    let mut ids = sqlx::query_scalar(
        "SELECT external_id FROM crm_records WHERE tenant_id = $1 AND connected = 0",
    )
    .bind(tenant.as_str())
    .fetch(conn);
    while let Some(id) = ids.try_next().await? {
        see(id);
    }
    Ok(())
}

/// How many records of files the tenant has.
pub async fn count_imported(conn: &mut Conn, tenant: &TenantId) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM crm_records WHERE tenant_id = $1 AND connected = 0",
    )
    .bind(tenant.as_str())
    .fetch_one(conn)
    .await?)
}

/// Removes a record.
pub async fn remove(conn: &mut Conn, tenant: &TenantId, id: &RecordId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM crm_records WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

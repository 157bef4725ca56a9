//! Contacts that a rep accepted.

mod former;

pub use former::{mark_former, next_former, take_former};

use super::several::{self, SEVERAL};
use super::{Conn, ContactId, ListId, RecordId, StoreError, TenantId, id};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::RULES;
use sqlx::query::QueryAs;
use std::sync::LazyLock;

/// A contact that a rep accepted into a list.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedContact {
    /// Its id.
    pub id: ContactId,
    /// The list it belongs to.
    pub list: ListId,
    /// The CRM record it came from, if it was known there.
    pub record: Option<RecordId>,
    /// Whether its last record was deleted in the CRM.
    pub gone: bool,
    /// Its values.
    pub contact: Contact,
    /// When it was first accepted.
    pub created_at: Millis,
    /// When it last changed.
    pub changed_at: Millis,
}

impl AcceptedContact {
    /// Whether the CRM had this person, and somebody has deleted them there.
    pub fn is_gone(&self) -> bool {
        self.gone && self.record.is_none()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    list_id: String,
    record_id: String,
    gone: i64,
    contact: String,
    created_at: i64,
    changed_at: i64,
}

impl TryFrom<Row> for AcceptedContact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            contact: super::from_json("contacts", "contact", &row.id, &row.contact)?,
            id: ContactId::stored(row.id),
            list: ListId::stored(row.list_id),
            record: (!row.record_id.is_empty()).then(|| RecordId::stored(row.record_id)),
            gone: row.gone != 0,
            created_at: Millis(row.created_at),
            changed_at: Millis(row.changed_at),
        })
    }
}

/// Writes a contact, new or changed; the caller gives it its match keys.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &AcceptedContact,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO contacts
           (id, tenant_id, list_id, record_id, contact, created_at, changed_at, gone, keyed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE
         SET contact = excluded.contact, record_id = excluded.record_id,
             changed_at = excluded.changed_at, gone = excluded.gone,
             keyed_by = excluded.keyed_by
         WHERE contacts.tenant_id = excluded.tenant_id",
    )
    .bind(contact.id.as_str())
    .bind(tenant.as_str())
    .bind(contact.list.as_str())
    .bind(contact.record.as_ref().map_or("", RecordId::as_str))
    .bind(super::to_json(&contact.contact))
    .bind(contact.created_at.0)
    .bind(contact.changed_at.0)
    .bind(i64::from(contact.gone))
    .bind(RULES)
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a contact that was changed last at `seen`; the caller gives it its match keys. False: somebody
/// has changed it since, or it is gone.
pub async fn replace(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &AcceptedContact,
    seen: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE contacts SET contact = $3, record_id = $4, changed_at = $5, gone = $6, keyed_by = $8
         WHERE tenant_id = $1 AND id = $2 AND changed_at = $7",
    )
    .bind(tenant.as_str())
    .bind(contact.id.as_str())
    .bind(super::to_json(&contact.contact))
    .bind(contact.record.as_ref().map_or("", RecordId::as_str))
    .bind(contact.changed_at.0)
    .bind(i64::from(contact.gone))
    .bind(seen.0)
    .bind(RULES)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes a contact one of a CRM record that it was not of, and that it has followed from now on. Whoever
/// decides about it at this moment has to look again; likewise below.
pub async fn link(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
    record: &RecordId,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE contacts SET record_id = $3, gone = 0, behind = '', changed_at = changed_at + 1
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(record.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the contacts of a record, which is no more, contacts of none; what it said goes with it. `gone`: it
/// was deleted in the CRM.
pub async fn unlink(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &RecordId,
    gone: bool,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE contacts SET record_id = '', gone = $3, behind = '', changed_at = changed_at + 1
         WHERE tenant_id = $1 AND record_id = $2 AND record_id <> ''",
    )
    .bind(tenant.as_str())
    .bind(record.as_str())
    .bind(i64::from(gone))
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the contacts of a record contacts of another one.
pub async fn link_instead(
    conn: &mut Conn,
    tenant: &TenantId,
    old: &RecordId,
    new: &RecordId,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE contacts SET record_id = $3, changed_at = changed_at + 1
         WHERE tenant_id = $1 AND record_id = $2",
    )
    .bind(tenant.as_str())
    .bind(old.as_str())
    .bind(new.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// What the record of a contact said when the contact followed it last, if it has not followed since.
pub async fn behind(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
) -> Result<Option<Contact>, StoreError> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT behind FROM contacts WHERE tenant_id = $1 AND id = $2")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    let found = found.filter(|json| !json.is_empty());
    found.map(|json| super::from_json("contacts", "behind", id.as_str(), &json)).transpose()
}

/// Notes what the record of a contact said when the contact followed it last; `None`: it has followed.
pub async fn set_behind(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
    behind: Option<&Contact>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE contacts SET behind = $3 WHERE tenant_id = $1 AND id = $2 AND behind <> $3",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(behind.map(super::to_json).unwrap_or_default())
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a contact of the tenant is of no record.
pub async fn any_unlinked(conn: &mut Conn, tenant: &TenantId) -> Result<bool, StoreError> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT id FROM contacts WHERE tenant_id = $1 AND record_id = '' LIMIT 1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// One contact.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
) -> Result<Option<AcceptedContact>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, list_id, record_id, gone, contact, created_at, changed_at FROM contacts
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(AcceptedContact::try_from).transpose()
}

/// The contact of a list that came from a CRM record.
pub async fn by_record(
    conn: &mut Conn,
    tenant: &TenantId,
    list: &ListId,
    record: &RecordId,
) -> Result<Option<AcceptedContact>, StoreError> {
    // `|| ''` keeps SQLite from walking through all contacts of the list instead of the record's.
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, list_id, record_id, gone, contact, created_at, changed_at FROM contacts
         WHERE tenant_id = $1 AND record_id = $2 AND list_id || '' = $3 ORDER BY id LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(record.as_str())
    .bind(list.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(AcceptedContact::try_from).transpose()
}

/// The contacts of a list among these, and those that came from one of these CRM records.
pub async fn some(
    conn: &mut Conn,
    tenant: &TenantId,
    list: &ListId,
    ids: &[&str],
    records: &[&str],
) -> Result<Vec<AcceptedContact>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        // `|| ''` keeps SQLite from walking through all contacts of the list instead of the records'.
        format!(
            "SELECT id, list_id, record_id, gone, contact, created_at, changed_at FROM contacts
             WHERE tenant_id = $1 AND list_id = $2 AND id IN ({}) AND id <> ''
             UNION ALL
             SELECT id, list_id, record_id, gone, contact, created_at, changed_at FROM contacts
             WHERE tenant_id = $1 AND list_id || '' = $2 AND record_id IN ({}) AND record_id <> ''",
            several::places(3),
            several::places(3 + SEVERAL)
        )
    });
    let mut found = Vec::new();
    let mut ids = several::filled::<SEVERAL, _>(ids);
    let mut records = several::filled::<SEVERAL, _>(records);
    loop {
        let (some, others) = match (ids.next(), records.next()) {
            (None, None) => break,
            (some, others) => (some.unwrap_or([""; SEVERAL]), others.unwrap_or([""; SEVERAL])),
        };
        let query = sqlx::query_as(SQL.as_str()).bind(tenant.as_str()).bind(list.as_str());
        let query = some.into_iter().chain(others).fold(query, QueryAs::bind);
        let rows: Vec<Row> = query.fetch_all(&mut *conn).await?;
        for row in rows {
            found.push(AcceptedContact::try_from(row)?);
        }
    }
    found.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
    found.dedup_by(|one, other| one.id == other.id);
    Ok(found)
}

/// The contacts of every list that came from a CRM record.
pub async fn all_by_record(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &RecordId,
) -> Result<Vec<AcceptedContact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, list_id, record_id, gone, contact, created_at, changed_at FROM contacts
         WHERE tenant_id = $1 AND record_id = $2 ORDER BY id",
    )
    .bind(tenant.as_str())
    .bind(record.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(AcceptedContact::try_from).collect()
}

/// The newest contacts of the tenant or of one list, those before `before` if it is given.
pub async fn page(
    conn: &mut Conn,
    tenant: &TenantId,
    list: Option<&ListId>,
    before: Option<&ContactId>,
    limit: i64,
) -> Result<Vec<AcceptedContact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, list_id, record_id, gone, contact, created_at, changed_at FROM contacts
         WHERE tenant_id = $1 AND ($2 = '' OR list_id = $2) AND id < $3
         ORDER BY id DESC LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(list.map_or("", ListId::as_str))
    .bind(id::before(before))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(AcceptedContact::try_from).collect()
}

/// Removes a contact; false if there is none.
pub async fn remove(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM contacts WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

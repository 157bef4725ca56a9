//! Contact lists: where suggestions land. A list's revision grows with every change in it, so
//! that a page can ask cheaply whether there is something new.

use super::{Backend, Conn, ListId, Statement, StoreError, TenantId};
use crate::clock::Millis;

/// A contact list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactList {
    /// Its id.
    pub id: ListId,
    /// Its name, unique within the tenant.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
}

impl From<(String, String, i64)> for ContactList {
    fn from((id, name, created_at): (String, String, i64)) -> Self {
        Self { id: ListId::stored(id), name, created_at: Millis(created_at) }
    }
}

/// Makes a list. A name that is taken is a [unique violation](StoreError::is_unique_violation).
pub async fn create(
    conn: &mut Conn,
    tenant: &TenantId,
    name: &str,
    now: Millis,
) -> Result<ContactList, StoreError> {
    let list = ContactList { id: ListId::new(), name: name.to_owned(), created_at: now };
    sqlx::query(
        "INSERT INTO contact_lists (id, tenant_id, name, created_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(list.id.as_str())
    .bind(tenant.as_str())
    .bind(name)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(list)
}

/// One list.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ListId,
) -> Result<Option<ContactList>, StoreError> {
    let row: Option<(String, String, i64)> = sqlx::query_as(
        "SELECT id, name, created_at FROM contact_lists WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(ContactList::from))
}

/// The list of that name.
pub async fn by_name(
    conn: &mut Conn,
    tenant: &TenantId,
    name: &str,
) -> Result<Option<ContactList>, StoreError> {
    let row: Option<(String, String, i64)> = sqlx::query_as(
        "SELECT id, name, created_at FROM contact_lists WHERE tenant_id = $1 AND name = $2",
    )
    .bind(tenant.as_str())
    .bind(name)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(ContactList::from))
}

/// Every list of the tenant, by name.
pub async fn list(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<ContactList>, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT id, name, created_at FROM contact_lists WHERE tenant_id = $1 ORDER BY name, id",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ContactList::from).collect())
}

/// Renames a list; false if there is none.
pub async fn rename(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ListId,
    name: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE contact_lists SET name = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(name)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes whoever else wants to change this list wait until the transaction ends, so that two
/// messages of one person that arrive at the same instant see each other. On SQLite nobody else can
/// write in a transaction that writes.
pub async fn lock(conn: &mut Conn, tenant: &TenantId, id: &ListId) -> Result<(), StoreError> {
    if Backend::of_connection(conn) == Backend::Sqlite {
        return Ok(());
    }
    sqlx::query("SELECT 1 FROM contact_lists WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Says that something in the list changed.
pub async fn touch(conn: &mut Conn, tenant: &TenantId, id: &ListId) -> Result<(), StoreError> {
    touching(tenant, id).run(conn).await.map(drop)
}

/// The statement of [`touch`].
pub fn touching(tenant: &TenantId, id: &ListId) -> Statement {
    Statement::new(
        "UPDATE contact_lists SET revision = revision + 1 WHERE tenant_id = $1 AND id = $2",
    )
    .text(tenant.as_str())
    .text(id.as_str())
}

/// A number that grows with every change in the list, or in any list of the tenant.
pub async fn revision(
    conn: &mut Conn,
    tenant: &TenantId,
    id: Option<&ListId>,
) -> Result<i64, StoreError> {
    let revision: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(SUM(revision) AS BIGINT) FROM contact_lists
         WHERE tenant_id = $1 AND ($2 = '' OR id = $2)",
    )
    .bind(tenant.as_str())
    .bind(id.map_or("", ListId::as_str))
    .fetch_one(conn)
    .await?;
    Ok(revision.unwrap_or(0))
}

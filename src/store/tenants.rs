//! Tenants: organisations that share nothing.

use super::{Conn, StoreError, TenantId};
use crate::clock::Millis;
use crate::vault::{HashKey, Place, Vault, VaultError};

/// One organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, unique in this installation.
    pub name: String,
    /// ISO 3166 country whose plan applies to phone numbers without a prefix.
    pub region: String,
    /// When it was made.
    pub created_at: Millis,
}

/// What a new tenant needs.
#[derive(Debug, Clone, Copy)]
pub struct NewTenant<'a> {
    /// Its name.
    pub name: &'a str,
    /// ISO 3166 country whose plan applies to phone numbers without a prefix.
    pub region: &'a str,
}

type Row = (String, String, String, i64);

fn tenant((id, name, region, created_at): Row) -> Tenant {
    Tenant { id: TenantId::stored(id), name, region, created_at: Millis(created_at) }
}

/// Makes a tenant with a new hash key, sealed. A name that is taken is a
/// [unique violation](StoreError::is_unique_violation).
pub async fn create(
    conn: &mut Conn,
    vault: &Vault,
    new: &NewTenant<'_>,
    now: Millis,
) -> Result<Tenant, StoreError> {
    let id = TenantId::new();
    let (_, bytes) = HashKey::generate();
    sqlx::query(
        "INSERT INTO tenants (id, name, region, hash_key_sealed, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id.as_str())
    .bind(new.name)
    .bind(new.region)
    .bind(vault.seal(&Place::hash_key(&id), &bytes))
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(Tenant { id, name: new.name.into(), region: new.region.into(), created_at: now })
}

/// One tenant.
pub async fn get(conn: &mut Conn, id: &TenantId) -> Result<Option<Tenant>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT id, name, region, created_at FROM tenants WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    Ok(row.map(tenant))
}

/// The tenant of that name.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Tenant>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT id, name, region, created_at FROM tenants WHERE name = $1")
            .bind(name)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(tenant))
}

/// Every tenant, by name. For what the daemon does on its own, and for commands.
pub async fn list_all(conn: &mut Conn) -> Result<Vec<Tenant>, StoreError> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT id, name, region, created_at FROM tenants ORDER BY name")
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(tenant).collect())
}

/// The key of the tenant's keyed hashes; none if there is no such tenant.
pub async fn hash_key(
    conn: &mut Conn,
    vault: &Vault,
    id: &TenantId,
) -> Result<Option<HashKey>, VaultError> {
    let sealed: Option<String> =
        sqlx::query_scalar("SELECT hash_key_sealed FROM tenants WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *conn)
            .await
            .map_err(StoreError::from)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let bytes = vault.open_fresh(conn, &Place::hash_key(id), &sealed).await?;
    HashKey::from_bytes(&bytes).ok_or(VaultError::Unreadable).map(Some)
}

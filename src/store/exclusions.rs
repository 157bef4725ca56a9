//! Addresses and domains of which nothing is read, and the tenant's own domains.

use super::{Conn, StoreError, TenantId};
use crate::clock::Millis;

/// An address or domain of which nothing is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// An address or a domain, lower case.
    pub pattern: String,
    /// Whether it is one of the tenant's own domains.
    pub own: bool,
}

/// Excludes an address or domain, or changes whether it is the tenant's own.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    exclusion: &Exclusion,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO exclusions (tenant_id, pattern, own, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, pattern) DO UPDATE SET own = excluded.own",
    )
    .bind(tenant.as_str())
    .bind(exclusion.pattern.to_lowercase())
    .bind(i64::from(exclusion.own))
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts a domain among the tenant's own, so that colleagues are not suggested; one that is
/// excluded for another reason stays so.
pub async fn add_own_domain(
    conn: &mut Conn,
    tenant: &TenantId,
    domain: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO exclusions (tenant_id, pattern, own, created_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (tenant_id, pattern) DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(domain.to_lowercase())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Reads of an address or domain again; false if it was not excluded.
pub async fn remove(conn: &mut Conn, tenant: &TenantId, pattern: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM exclusions WHERE tenant_id = $1 AND pattern = $2")
        .bind(tenant.as_str())
        .bind(pattern.to_lowercase())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Everything the tenant excludes.
pub async fn list(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<Exclusion>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT pattern, own FROM exclusions WHERE tenant_id = $1 ORDER BY pattern")
            .bind(tenant.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(pattern, own)| Exclusion { pattern, own: own != 0 }).collect())
}

/// Everything the tenant excludes, and its region; none if there is no such tenant.
pub async fn with_region(
    conn: &mut Conn,
    tenant: &TenantId,
) -> Result<Option<(String, Vec<Exclusion>)>, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT t.region, COALESCE(e.pattern, ''), COALESCE(e.own, 0)
         FROM tenants t LEFT JOIN exclusions e ON e.tenant_id = t.id
         WHERE t.id = $1 ORDER BY e.pattern",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    let Some((region, ..)) = rows.first() else { return Ok(None) };
    let region = region.clone();
    let excluded = rows.into_iter().filter(|(_, pattern, _)| !pattern.is_empty());
    let excluded = excluded.map(|(_, pattern, own)| Exclusion { pattern, own: own != 0 });
    Ok(Some((region, excluded.collect())))
}

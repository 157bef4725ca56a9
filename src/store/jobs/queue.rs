//! The queue as a whole: what leaves it, hurries, is missing, or old.

use super::Kind;
use crate::clock::Millis;
use crate::store::{Conn, Id, StoreError, TenantId};

/// Removes the jobs of one payload that nobody has begun.
pub async fn remove_queued(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    payload: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM jobs
         WHERE tenant_id = $1 AND kind = $2 AND payload = $3 AND state = 'queued'",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(payload)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets what waits for another try run now, because its cause was mended. Jobs that were never
/// begun keep their time.
pub async fn try_now(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE jobs SET run_at = $3
         WHERE tenant_id = $1 AND kind = $2 AND state = 'queued' AND attempts > 0 AND run_at > $3",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets what is queued run now.
pub async fn hurry(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE jobs SET run_at = $3
         WHERE tenant_id = $1 AND kind = $2 AND state = 'queued' AND run_at > $3",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the queued job of one payload run now.
pub async fn hurry_one(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    payload: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE jobs SET run_at = $4
         WHERE tenant_id = $1 AND kind = $2 AND payload = $3 AND state = 'queued' AND run_at > $4",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(payload)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// The tenants that have no unfinished job of a recurring kind.
pub async fn tenants_without(conn: &mut Conn, kind: Kind) -> Result<Vec<TenantId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM tenants
         WHERE NOT EXISTS (
             SELECT 1 FROM jobs
             WHERE jobs.tenant_id = tenants.id AND jobs.dedupe_key = $1
               AND jobs.state IN ('queued', 'running'))
         ORDER BY id",
    )
    .bind(kind.as_str())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(Id::stored).collect())
}

/// Forgets the jobs done before one point in time and given up before another.
pub async fn purge(
    conn: &mut Conn,
    done_before: Millis,
    dead_before: Millis,
) -> Result<u64, StoreError> {
    let purged = sqlx::query(
        "DELETE FROM jobs
         WHERE (state = 'done' AND finished_at < $1) OR (state = 'dead' AND finished_at < $2)",
    )
    .bind(done_before.0)
    .bind(dead_before.0)
    .execute(conn)
    .await?;
    Ok(purged.rows_affected())
}

/// How many jobs of a kind are in a state: kind, state, number. What is done is not counted.
pub async fn count(conn: &mut Conn) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT kind, state, COUNT(*) FROM jobs
         WHERE state IN ('queued', 'running', 'dead')
         GROUP BY kind, state",
    )
    .fetch_all(conn)
    .await?)
}

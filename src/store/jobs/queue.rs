//! The queue as a whole: what leaves it, hurries, is missing, or old.

use super::Kind;
use crate::clock::Millis;
use crate::store::{Conn, Id, StoreError, TenantId};

/// How often a recurring job is looked for: on PostgreSQL, a look that waited for whoever was settling one
/// does not see the next one, which was added with that.
const LOOKS: usize = 2;

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

/// Lets what waits for another try run now, because its cause was mended, and what runs at this moment once
/// more if it fails: it may have begun before. Jobs that were never begun keep their time.
pub async fn try_now(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    now: Millis,
) -> Result<(), StoreError> {
    bring_forward(conn, tenant, kind, ("", 1), now).await?;
    Ok(())
}

/// Lets a recurring job run now. One that runs at this moment may not see why it is hurried, and runs once
/// more.
pub async fn hurry(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    now: Millis,
) -> Result<(), StoreError> {
    for _ in 0..LOOKS {
        if bring_forward(conn, tenant, kind, ("", 0), now).await? > 0 {
            break;
        }
    }
    Ok(())
}

/// Lets the job of one payload run now, and once more if it runs at this moment and is to be tried again.
pub async fn hurry_one(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    payload: &str,
    now: Millis,
) -> Result<(), StoreError> {
    bring_forward(conn, tenant, kind, (payload, 0), now).await?;
    Ok(())
}

/// Lets jobs run now, of one payload or, if it is empty, of any, that were begun so often; answers how many.
/// Those that are due are among them: nobody takes one before the caller's transaction has ended, whose
/// effects it is to see. One after the other, in the order that all keep.
async fn bring_forward(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    (payload, begun): (&str, i64),
    now: Millis,
) -> Result<u64, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM jobs
         WHERE tenant_id = $1 AND kind = $2 AND state IN ('queued', 'running')
           AND ($3 = '' OR payload = $3) AND attempts >= $4
         ORDER BY payload, id",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(payload)
    .bind(begun)
    .fetch_all(&mut *conn)
    .await?;
    let mut brought = 0;
    for id in ids {
        let done = sqlx::query(
            "UPDATE jobs SET run_at = CASE WHEN run_at > $2 THEN $2 ELSE run_at END,
                 hurried = CASE WHEN state = 'running' THEN 1 ELSE 0 END
             WHERE id = $1 AND state IN ('queued', 'running')",
        )
        .bind(id)
        .bind(now.0)
        .execute(&mut *conn)
        .await?;
        brought += done.rows_affected();
    }
    Ok(brought)
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

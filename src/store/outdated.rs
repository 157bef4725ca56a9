//! Open suggestions whose comparison is out of date: a record or contact that they may be of has come,
//! changed or gone, or how sure it must be has changed. They are marked in the transaction that changes it, and
//! compared anew soon after.

use super::several::{self, KEYS, SEVERAL};
use super::{Conn, Statement, StoreError, SuggestionId, TenantId};
use sqlx::query::QueryScalar;
use std::sync::LazyLock;

/// How many suggestions of one key are marked: one that more have in common tells nobody apart.
const MOST_OF_A_KEY: usize = 64;

/// Marks the open suggestions that were compared with one of these contacts and records, or share one of
/// these match keys with what it says now.
pub async fn mark(
    conn: &mut Conn,
    tenant: &TenantId,
    known: &[&str],
    keys: &[String],
) -> Result<(), StoreError> {
    let mut ids = knowing(conn, tenant, known).await?;
    ids.extend(sharing(conn, tenant, keys).await?);
    mark_these(conn, tenant, ids).await
}

/// Marks the open suggestions that share one of the match keys of many records, in any order and several
/// times perhaps. Nothing is looked up where the tenant has no suggestion at all.
pub async fn mark_sharing(
    conn: &mut Conn,
    tenant: &TenantId,
    mut keys: Vec<String>,
) -> Result<(), StoreError> {
    let any: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(1 AS BIGINT) FROM suggestions WHERE tenant_id = $1 LIMIT 1",
    )
    .bind(tenant.as_str())
    .fetch_optional(&mut *conn)
    .await?;
    if any.is_none() {
        return Ok(());
    }
    keys.sort_unstable();
    keys.dedup();
    mark(conn, tenant, &[], &keys).await
}

/// Marks one suggestion, if it is open.
pub async fn mark_one(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
) -> Result<(), StoreError> {
    mark_these(conn, tenant, vec![id.to_string()]).await
}

/// Marks every open suggestion of a tenant.
pub async fn mark_all(conn: &mut Conn, tenant: &TenantId) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outdated (tenant_id, suggestion_id, times)
         SELECT tenant_id, id, 1 FROM suggestions
         WHERE tenant_id = $1 AND state = 'open'
         ORDER BY id
         ON CONFLICT (tenant_id, suggestion_id) DO UPDATE SET times = outdated.times + 1",
    )
    .bind(tenant.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

async fn mark_these(
    conn: &mut Conn,
    tenant: &TenantId,
    mut ids: Vec<String>,
) -> Result<(), StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        // What was marked before is written once more: whoever takes that mark at this moment waits,
        // and compares with what this transaction leaves.
        format!(
            "INSERT INTO outdated (tenant_id, suggestion_id, times)
             SELECT tenant_id, id, 1 FROM suggestions
             WHERE tenant_id = $1 AND state = 'open' AND id IN ({})
             ORDER BY id
             ON CONFLICT (tenant_id, suggestion_id) DO UPDATE SET times = outdated.times + 1",
            several::places(2)
        )
    });
    // In one order everywhere, so that two who mark the same ones wait for each other at most.
    ids.sort_unstable();
    ids.dedup();
    for some in several::filled::<SEVERAL, _>(&ids) {
        let statement = Statement::new(SQL.as_str()).text(tenant.as_str());
        some.into_iter().fold(statement, Statement::text).run(conn).await?;
    }
    Ok(())
}

/// The open suggestions that were compared with one of these contacts and records.
async fn knowing(
    conn: &mut Conn,
    tenant: &TenantId,
    known: &[&str],
) -> Result<Vec<String>, StoreError> {
    let mut ids: Vec<String> = Vec::new();
    for known in known {
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM suggestions
             WHERE tenant_id = $1 AND known_id = $2 AND known_id <> '' AND state = 'open'",
        )
        .bind(tenant.as_str())
        .bind(*known)
        .fetch_all(&mut *conn)
        .await?;
        ids.extend(found);
    }
    Ok(ids)
}

/// Suggestions that share a key, of each key only the newest, which are most likely still open.
async fn sharing(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
) -> Result<Vec<String>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        // Each key is looked up by itself, so that a frequent one costs no more than another.
        let of_key = |place: usize| {
            format!(
                "SELECT * FROM (SELECT owner_id FROM match_keys
                 WHERE tenant_id = $1 AND match_key = ${place} AND owner_kind = 'suggestion'
                 ORDER BY owner_id DESC LIMIT {MOST_OF_A_KEY}) AS k{place}"
            )
        };
        (2..2 + KEYS).map(of_key).collect::<Vec<_>>().join(" UNION ALL ")
    });
    let mut ids: Vec<String> = Vec::new();
    for some in several::filled::<KEYS, _>(keys) {
        let query = sqlx::query_scalar(SQL.as_str()).bind(tenant.as_str());
        let query = some.into_iter().fold(query, QueryScalar::bind);
        ids.extend(query.fetch_all(&mut *conn).await?);
    }
    Ok(ids)
}

/// Some of the marked suggestions, in the order of their ids; those after `after` if it is given.
pub async fn some(
    conn: &mut Conn,
    tenant: &TenantId,
    after: Option<&SuggestionId>,
    limit: i64,
) -> Result<Vec<SuggestionId>, StoreError> {
    let sql = "SELECT suggestion_id FROM outdated WHERE tenant_id = $1 AND suggestion_id > $2
         ORDER BY suggestion_id LIMIT $3";
    slice(conn, sql, tenant, after, limit).await
}

/// Some of the open suggestions, marked or not, in the order of their ids; those after `after` if it is given.
pub async fn open(
    conn: &mut Conn,
    tenant: &TenantId,
    after: Option<&SuggestionId>,
    limit: i64,
) -> Result<Vec<SuggestionId>, StoreError> {
    let sql = "SELECT id FROM suggestions WHERE tenant_id = $1 AND state = 'open' AND id > $2
         ORDER BY id LIMIT $3";
    slice(conn, sql, tenant, after, limit).await
}

/// A slice of the suggestions that a statement finds.
async fn slice(
    conn: &mut Conn,
    sql: &'static str,
    tenant: &TenantId,
    after: Option<&SuggestionId>,
    limit: i64,
) -> Result<Vec<SuggestionId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(sql)
        .bind(tenant.as_str())
        .bind(after.map_or("", SuggestionId::as_str))
        .bind(limit)
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(SuggestionId::stored).collect())
}

/// Whether a suggestion is marked.
pub async fn is_marked(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
) -> Result<bool, StoreError> {
    let times: Option<i64> = sqlx::query_scalar(
        "SELECT times FROM outdated WHERE tenant_id = $1 AND suggestion_id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(times.is_some())
}

/// Takes the mark off a suggestion, which is compared anew in this transaction. `false`: it has none.
pub async fn take(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM outdated WHERE tenant_id = $1 AND suggestion_id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

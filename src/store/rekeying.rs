//! What has match keys of older rules than [`RULES`]. Each kind has an index of nothing else, which is
//! empty but for a while after the rules have changed; it is found by the number as it stands there.

use super::match_keys::OwnerKind;
use super::{Conn, ListId, StoreError, TenantId, from_json};
use crate::contact::Contact;
use crate::matching::RULES;
use sqlx::AssertSqlSafe;
use std::sync::LazyLock;

const fn table(kind: OwnerKind) -> &'static str {
    match kind {
        OwnerKind::Record => "crm_records",
        OwnerKind::Contact => "contacts",
        OwnerKind::Suggestion => "suggestions",
    }
}

/// The tenants that have something of older rules.
pub async fn tenants(conn: &mut Conn) -> Result<Vec<TenantId>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let kinds = [OwnerKind::Record, OwnerKind::Contact, OwnerKind::Suggestion];
        let any = kinds.map(table).map(|table| {
            format!(
                "EXISTS (SELECT 1 FROM {table}
                   WHERE {table}.tenant_id = tenants.id AND {table}.keyed_by < {RULES})"
            )
        });
        format!("SELECT id FROM tenants WHERE {} ORDER BY id", any.join(" OR "))
    });
    let ids: Vec<String> = sqlx::query_scalar(SQL.as_str()).fetch_all(conn).await?;
    Ok(ids.into_iter().map(TenantId::stored).collect())
}

/// The ids of some of a tenant that are of older rules, in order; those after `after`.
pub async fn some(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: OwnerKind,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let table = table(kind);
    let sql = format!(
        "SELECT id FROM {table} WHERE tenant_id = $1 AND keyed_by < {RULES} AND id > $2
         ORDER BY id LIMIT $3"
    );
    let ids = sqlx::query_scalar(AssertSqlSafe(sql)).bind(tenant.as_str()).bind(after).bind(limit);
    Ok(ids.fetch_all(conn).await?)
}

/// Notes that an owner has keys of the rules of now, which the caller gives it in this transaction, and
/// answers what it says, and which list it is of. Whoever changes it meanwhile waits. `None`: it has them, or
/// is gone.
///
/// # Errors
/// [`StoreError::Row`] if what it says cannot be read; that is noted too.
pub async fn take(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: OwnerKind,
    id: &str,
) -> Result<Option<(Contact, Option<ListId>)>, StoreError> {
    let table = table(kind);
    let list = if kind == OwnerKind::Record { "''" } else { "list_id" };
    let sql = format!(
        "UPDATE {table} SET keyed_by = {RULES}
         WHERE tenant_id = $1 AND id = $2 AND keyed_by < {RULES} RETURNING contact, {list}"
    );
    let taken = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant.as_str()).bind(id);
    let taken: Option<(String, String)> = taken.fetch_optional(conn).await?;
    let Some((contact, list)) = taken else { return Ok(None) };
    let contact = from_json(table, "contact", id, &contact)?;
    Ok(Some((contact, (!list.is_empty()).then(|| ListId::stored(list)))))
}

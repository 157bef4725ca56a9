//! What was decided lately, so that it can still be undone where one looks.

use super::row::{Row, whole};
use super::{Conn, ListId, StoreError, Suggestion, TenantId};
use crate::clock::Millis;

/// The suggestions of the tenant or of one list that were accepted or dismissed after `since`, the
/// last decision first.
pub async fn decided_since(
    conn: &mut Conn,
    tenant: &TenantId,
    list: Option<&ListId>,
    since: Millis,
    limit: i64,
) -> Result<Vec<Suggestion>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(whole!(
        "tenant_id = $1 AND ($2 = '' OR list_id = $2)
             AND state IN ('accepted', 'dismissed') AND changed_at > $3
         ORDER BY changed_at DESC, id DESC LIMIT $4"
    ))
    .bind(tenant.as_str())
    .bind(list.map_or("", ListId::as_str))
    .bind(since.0)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Suggestion::try_from).collect()
}

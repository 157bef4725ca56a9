//! What was decided, the last first, so that it can be undone where one looks.

use super::row::{Row, whole};
use super::{Conn, ListId, StoreError, Suggestion, SuggestionId, TenantId};
use crate::clock::Millis;

/// The suggestions of the tenant or of one list that were accepted or dismissed after `since`, the
/// last decision first; those behind `before` if it is given, which is the last one of another page.
pub async fn decided(
    conn: &mut Conn,
    tenant: &TenantId,
    list: Option<&ListId>,
    (since, before): (Millis, Option<(Millis, &SuggestionId)>),
    limit: i64,
) -> Result<Vec<Suggestion>, StoreError> {
    let (until, id) = before.map_or((i64::MAX, ""), |(at, id)| (at.0, id.as_str()));
    // Each has an index in that order.
    let query = match list {
        None => whole!(
            "tenant_id = $1 AND $2 = ''
                 AND state IN ('accepted', 'dismissed') AND changed_at > $3
                 AND changed_at <= $4 AND (changed_at < $4 OR id < $5)
             ORDER BY changed_at DESC, id DESC LIMIT $6"
        ),
        Some(_) => whole!(
            "tenant_id = $1 AND list_id = $2
                 AND state IN ('accepted', 'dismissed') AND changed_at > $3
                 AND changed_at <= $4 AND (changed_at < $4 OR id < $5)
             ORDER BY changed_at DESC, id DESC LIMIT $6"
        ),
    };
    let rows: Vec<Row> = sqlx::query_as(query)
        .bind(tenant.as_str())
        .bind(list.map_or("", ListId::as_str))
        .bind(since.0)
        .bind(until)
        .bind(id)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(Suggestion::try_from).collect()
}

//! What an open suggestion hears of those who are known.

use super::{Conn, StoreError, Suggestion, SuggestionId, TenantId, row};
use crate::contact::Contact;
use crate::store::to_json;

/// Writes what an open suggestion still says, and how that compares with who is known now. False if it is not open any more.
pub async fn renew(conn: &mut Conn, suggestion: &Suggestion) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE suggestions
         SET kind = $3, known_id = $4, known = $5, match_level = $6, match_reasons = $7,
             changed_at = $8, match_evidence = $9, contact = $10
         WHERE tenant_id = $1 AND id = $2 AND state = 'open'",
    )
    .bind(suggestion.tenant.as_str())
    .bind(suggestion.id.as_str())
    .bind(suggestion.kind.as_str())
    .bind(suggestion.known_id.as_deref().unwrap_or(""))
    .bind(row::optional_json(suggestion.known.as_ref()))
    .bind(suggestion.match_level.as_str())
    .bind(to_json(&suggestion.match_reasons))
    .bind(suggestion.changed_at.0)
    .bind(row::optional_json(suggestion.match_evidence.as_ref()))
    .bind(to_json(&suggestion.contact))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what an open suggestion still says.
pub async fn say(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    contact: &Contact,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE suggestions SET contact = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'open'",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(to_json(contact))
    .execute(conn)
    .await?;
    Ok(())
}

/// Closes an open suggestion of which nothing is left to decide, and says why; its values go. The
/// fingerprint stays, so that the same signature is recognised, and offered should it be news again.
pub async fn close(
    conn: &mut Conn,
    suggestion: &Suggestion,
    why: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE suggestions
         SET state = 'expired', contact = '{}', known = '', match_reasons = $3, changed_at = $4,
             match_evidence = ''
         WHERE tenant_id = $1 AND id = $2 AND state = 'open'",
    )
    .bind(suggestion.tenant.as_str())
    .bind(suggestion.id.as_str())
    .bind(to_json(&[why]))
    .bind(suggestion.changed_at.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

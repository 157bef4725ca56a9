//! What suggestions say of a contact that is removed, or of a CRM's record that is no more.

use super::{Conn, ContactId, StoreError, SuggestionId, TenantId};
use crate::clock::Millis;
use crate::store::{RecordId, to_json};

/// Why somebody is new whom the CRM had.
pub const GONE: &str = "this person was in the CRM and was deleted there";

/// Takes the values of a contact out of the suggestions that it was accepted from, and gives their
/// ids; and out of those that were compared with it. Undecided ones about it become suggestions of somebody new.
pub async fn forget_contact(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    now: Millis,
) -> Result<Vec<SuggestionId>, StoreError> {
    forget_known(conn, tenant, contact.as_str(), &[], now).await?;
    let ids: Vec<String> = sqlx::query_scalar(
        "UPDATE suggestions
         SET contact = '{}', known = '', match_reasons = '[]', match_evidence = '',
             before_accept = ''
         WHERE tenant_id = $1 AND contact_id = $2 AND state = 'accepted'
         RETURNING id",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SuggestionId::stored).collect())
}

/// Takes the values of a CRM's record out of all suggestions. Undecided ones about it become
/// suggestions of somebody new; `gone`: who was deleted in the CRM, which they say.
pub async fn forget_record(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &RecordId,
    gone: bool,
    now: Millis,
) -> Result<(), StoreError> {
    let why: &[&str] = if gone { &[GONE] } else { &[] };
    forget_known(conn, tenant, record.as_str(), why, now).await
}

async fn forget_known(
    conn: &mut Conn,
    tenant: &TenantId,
    known: &str,
    why: &[&str],
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE suggestions
         SET kind = 'new', known = '', known_id = '', match_level = 'none', match_reasons = $4,
             match_evidence = '', changed_at = CASE WHEN state <> 'open' THEN changed_at
                 WHEN changed_at < $3 THEN $3 ELSE changed_at + 1 END
         WHERE tenant_id = $1 AND known_id = $2 AND state IN ('open', 'dismissed')",
    )
    .bind(tenant.as_str())
    .bind(known)
    .bind(now.0)
    .bind(to_json(&why))
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE suggestions SET known = '' WHERE tenant_id = $1 AND known_id = $2")
        .bind(tenant.as_str())
        .bind(known)
        .execute(conn)
        .await?;
    Ok(())
}

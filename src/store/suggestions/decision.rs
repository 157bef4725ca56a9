//! What deciding writes into a suggestion.

use super::{Conn, ContactId, Kind, State, StoreError, SuggestionId, TenantId, row};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::Match;
use crate::store::audit::Actor;
use crate::store::{RecordId, to_json};

/// What a decision writes into a suggestion.
#[derive(Debug)]
pub struct Decision<'a> {
    /// The state it must be in, so that of two deciders one is told.
    pub from: State,
    /// The state it comes to.
    pub to: State,
    /// The contact that accepting made or changed.
    pub contact: Option<&'a ContactId>,
    /// That contact before.
    pub before: Option<&'a Contact>,
    /// Who decides; none takes a decision back.
    pub by: Option<&'a Actor>,
    /// When.
    pub at: Millis,
}

/// Decides, or takes a decision back. False if the suggestion is not in the state it must be in.
pub async fn decide(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    decision: &Decision<'_>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE suggestions
         SET state = $4, contact_id = $5, before_accept = $6, decided_by = $7, changed_at = $8
         WHERE tenant_id = $1 AND id = $2 AND state = $3",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(decision.from.as_str())
    .bind(decision.to.as_str())
    .bind(decision.contact.map_or("", ContactId::as_str))
    .bind(row::optional_json(decision.before))
    .bind(decision.by.map(Actor::to_text).unwrap_or_default())
    .bind(decision.at.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Compares an open suggestion with a known person as it is now, or with nobody.
pub async fn compare_anew(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    known: Option<(&str, &Contact)>,
    matched: &Match,
) -> Result<(), StoreError> {
    let kind = if known.is_some() { Kind::Update } else { Kind::New };
    sqlx::query(
        "UPDATE suggestions
         SET kind = $3, known_id = $4, known = $5, match_level = $6, match_reasons = $7,
             match_evidence = $8
         WHERE tenant_id = $1 AND id = $2 AND state = 'open'",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(kind.as_str())
    .bind(known.map_or("", |(id, _)| id))
    .bind(row::optional_json(known.map(|(_, known)| known)))
    .bind(matched.level.as_str())
    .bind(to_json(&matched.sentences()))
    .bind(row::optional_json(matched.evidence().as_ref()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the suggestions that know a contact, which is taken back, know the record that it was of.
pub async fn know_record(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    record: &RecordId,
) -> Result<(), StoreError> {
    know_instead(conn, tenant, contact.as_str(), record.as_str()).await
}

/// Lets the suggestions that know a contact or record know another one in its place.
pub async fn know_instead(
    conn: &mut Conn,
    tenant: &TenantId,
    old: &str,
    new: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE suggestions SET known_id = $3
         WHERE tenant_id = $1 AND known_id = $2 AND known_id <> ''",
    )
    .bind(tenant.as_str())
    .bind(old)
    .bind(new)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a suggestion was accepted into the contact after `than`.
pub async fn accepted_after(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    than: Millis,
) -> Result<bool, StoreError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM suggestions
         WHERE tenant_id = $1 AND contact_id = $2 AND state = 'accepted' AND changed_at > $3",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .bind(than.0)
    .fetch_one(conn)
    .await?;
    Ok(count > 0)
}

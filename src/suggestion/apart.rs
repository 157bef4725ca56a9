//! Whom a rep has kept apart stays apart: who is the one of two people is not offered as the other.

use super::judge::Judge;
use super::people::Known;
use crate::store::suggestions::{self, Suggestion};
use crate::store::{
    Conn, ContactId, StoreError, SuggestionId, TenantId, contacts, kept_apart, records,
};

/// Remembers that a rep accepted a suggestion as a contact of its own, who is not the known one.
pub(super) async fn remember(
    conn: &mut Conn,
    suggestion: &Suggestion,
    contact: &ContactId,
) -> Result<(), StoreError> {
    let Suggestion { tenant, id, known_id: Some(other), .. } = suggestion else { return Ok(()) };
    kept_apart::add(conn, tenant, contact, other, id).await?;
    // Other lists know the record of that contact.
    if let Some(other) = ContactId::parse(other)
        && let Some(other) = contacts::get(conn, tenant, &other).await?
        && let Some(record) = other.record
    {
        kept_apart::add(conn, tenant, contact, record.as_str(), id).await?;
    }
    Ok(())
}

/// The CRM's ids of the records that are somebody else's than whom accepting a suggestion makes or changes;
/// `apart`: it is accepted as nobody known.
pub async fn in_crm(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    apart: bool,
) -> Result<Vec<String>, StoreError> {
    let suggestion = suggestions::get(conn, tenant, id).await?;
    let Some(known) = suggestion.and_then(|it| it.known_id) else { return Ok(Vec::new()) };
    if apart {
        return Ok(records::external_ids(conn, tenant, &[&known]).await?.into_values().collect());
    }
    match ContactId::parse(&known) {
        Some(contact) => kept_apart::records_of(conn, tenant, &contact).await,
        None => Ok(Vec::new()),
    }
}

/// Leaves out every known person who was kept apart from a contact that matches as well. That contact
/// may be of another list: it is compared, and nothing of it is shown.
pub(super) async fn keep(
    conn: &mut Conn,
    tenant: &TenantId,
    judge: &Judge<'_>,
    known: &mut Vec<Known>,
) -> Result<(), StoreError> {
    let ids: Vec<&str> = known.iter().map(|known| known.id.as_str()).collect();
    for (contact, other) in kept_apart::of(conn, tenant, &ids).await? {
        let Some(contact) = contacts::get(conn, tenant, &contact).await? else { continue };
        let (id, values) = (contact.id.to_string(), contact.contact);
        let rank = Known::judged(judge, id.clone(), values).rank();
        let Some(place) = known.iter().position(|known| known.id == other) else { continue };
        let closer = known.get(place).is_some_and(|other| other.rank() > rank);
        known.retain(|known| known.id != if closer { &id } else { &other }.as_str());
    }
    Ok(())
}

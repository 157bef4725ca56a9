//! Whom a rep has kept apart stays apart: who is the one of two people is not offered as the other.

use super::judge::{Beliefs, Judge};
use super::people::{Known, People};
use crate::store::suggestions::{self, Suggestion};
use crate::store::{
    Conn, ContactId, StoreError, SuggestionId, TenantId, contacts, kept_apart, records,
};

/// Remembers who is somebody else than the contact that a suggestion was accepted as: the known person, if a rep says
/// so (`apart`); where nobody is known, whoever was left out because of somebody of another list.
pub(super) async fn remember(
    conn: &mut Conn,
    suggestion: &Suggestion,
    contact: &ContactId,
    apart: bool,
) -> Result<(), StoreError> {
    let Suggestion { tenant, id, .. } = suggestion;
    let others = others(conn, suggestion, apart).await?;
    for other in &others {
        kept_apart::add(conn, tenant, contact, other, id).await?;
        // Other lists know the record of that contact.
        if let Some(other) = ContactId::parse(other)
            && let Some(other) = contacts::get(conn, tenant, &other).await?
            && let Some(record) = other.record
        {
            kept_apart::add(conn, tenant, contact, record.as_str(), id).await?;
        }
    }
    Ok(())
}

/// Who is somebody else than whom a suggestion is accepted as.
async fn others(
    conn: &mut Conn,
    suggestion: &Suggestion,
    apart: bool,
) -> Result<Vec<String>, StoreError> {
    let Suggestion { tenant, list, known_id, contact, .. } = suggestion;
    match known_id {
        Some(known) if apart => Ok(vec![known.clone()]),
        Some(_) => Ok(Vec::new()),
        None => {
            let beliefs = Beliefs::of(conn, tenant).await?;
            let like = People::like(conn, (tenant, list), &beliefs, contact);
            Ok(Box::pin(like).await?.apart)
        }
    }
}

/// The CRM's ids of the records that are somebody else's than whom accepting a suggestion makes or changes;
/// `apart`: it is accepted as nobody known.
pub async fn in_crm(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    apart: bool,
) -> Result<Vec<String>, StoreError> {
    let Some(suggestion) = suggestions::get(conn, tenant, id).await? else { return Ok(Vec::new()) };
    let others = others(conn, &suggestion, apart).await?;
    if !others.is_empty() {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        return Ok(records::external_ids(conn, tenant, &others).await?.into_values().collect());
    }
    match suggestion.known_id.as_deref().and_then(ContactId::parse) {
        Some(contact) => kept_apart::records_of(conn, tenant, &contact).await,
        None => Ok(Vec::new()),
    }
}

/// Leaves out every known person who was kept apart from a contact that matches as well, and answers those who are not
/// meant since that contact is. It may be of another list: it is compared, and nothing of it is shown. It is nobody
/// else where a colleague has made its record one with that person's.
pub(super) async fn keep(
    conn: &mut Conn,
    tenant: &TenantId,
    judge: &Judge<'_>,
    known: &mut Vec<Known>,
) -> Result<Vec<String>, StoreError> {
    let ids: Vec<&str> = known.iter().map(|known| known.id.as_str()).collect();
    let mut apart = Vec::new();
    for (contact, other) in kept_apart::of(conn, tenant, &ids).await? {
        let Some(contact) = contacts::get(conn, tenant, &contact).await? else { continue };
        if contact.record.as_ref().is_some_and(|record| record.as_str() == other) {
            continue;
        }
        let (id, values) = (contact.id.to_string(), contact.contact);
        let rank = Known::judged(judge, id.clone(), values).rank();
        let Some(place) = known.iter().position(|known| known.id == other) else { continue };
        let closer = known.get(place).is_some_and(|other| other.rank() > rank);
        known.retain(|known| known.id != if closer { &id } else { &other }.as_str());
        apart.extend((!closer).then_some(other));
    }
    Ok(apart)
}

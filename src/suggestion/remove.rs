//! Removing an accepted contact, as when the person asks for it (GDPR, article 17).

use crate::clock::Millis;
use crate::followup;
use crate::store::audit::{self, Actor};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::webhooks::{self, Event};
use crate::store::{
    Conn, ContactId, StoreError, TenantId, contacts, crm_writes, kept_apart, lists, suggestions,
};

/// Removes a contact with everything that was kept because of it: its match keys, its values in
/// suggestions, and its follow-up, unsent or sent, with the address. What remains of its
/// suggestions are fingerprints, by which the same signature is not suggested again. The CRM's own
/// record stays. `false`: there is no such contact.
pub async fn remove_contact(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
    actor: &Actor,
    now: Millis,
) -> Result<bool, StoreError> {
    let Some(found) = contacts::get(conn, tenant, id).await? else { return Ok(false) };
    lists::lock(conn, tenant, &found.list).await?;
    if !contacts::remove(conn, tenant, id).await? {
        return Ok(false);
    }
    match_keys::remove(conn, tenant, OwnerKind::Contact, id.as_str()).await?;
    for suggestion in suggestions::forget_contact(conn, tenant, id, now).await? {
        match_keys::remove(conn, tenant, OwnerKind::Suggestion, suggestion.as_str()).await?;
    }
    kept_apart::forget_other(conn, tenant, id.as_str()).await?;
    followup::forget(conn, tenant, id).await?;
    crm_writes::forget(conn, tenant, id).await?;
    lists::touch(conn, tenant, &found.list).await?;
    audit::record(conn, tenant, actor, "contact.remove", id.as_str(), now).await?;
    let event = Event::ContactRemoved { contact: id.clone(), list: found.list, at: now };
    webhooks::tell(conn, tenant, &event, now).await?;
    Ok(true)
}

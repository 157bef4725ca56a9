//! The contacts of lists that came from a CRM record follow it: what a human writes in the CRM is the
//! truth about them. What the CRM never took of a contact stays with it.
//!
//! While a write of a contact waits, the contact stays as the rep has accepted it. What it followed last is
//! remembered, and from there it follows once the write is settled.

use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::match_keys::{self, Owner};
use crate::store::{
    Conn, ContactId, RecordId, StoreError, TenantId, crm_writes, outdated, records,
};

/// How often a contact is looked at that somebody else changes at the same moment.
const LOOKS: usize = 3;

/// Lets the contacts of a record that has changed follow it. Open suggestions that know them hear of it.
pub(super) async fn record(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    (before, after): (&Contact, &Contact),
    now: Millis,
) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let theirs = contacts::all_by_record(conn, tenant, id).await?;
    these(conn, tenant, &theirs, (before, after), now).await
}

/// Lets contacts whose record said `before` follow what it says, or what it has become.
pub(super) async fn these(
    conn: &mut Conn,
    tenant: &TenantId,
    contacts: &[AcceptedContact],
    (before, after): (&Contact, &Contact),
    now: Millis,
) -> Result<(), StoreError> {
    for contact in contacts {
        let behind = contacts::behind(conn, tenant, &contact.id).await?;
        if !crm_writes::is_waiting(conn, tenant, &contact.id).await? {
            let before = behind.as_ref().unwrap_or(before);
            step(conn, tenant, &contact.id, (before, after), now).await?;
        } else if behind.is_none() {
            contacts::set_behind(conn, tenant, &contact.id, Some(before)).await?;
        }
    }
    Ok(())
}

/// Lets a contact whose write is settled, or taken back, follow its record from where it stood.
pub async fn contact(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(before) = contacts::behind(conn, tenant, id).await? else { return Ok(()) };
    let contact = contacts::get(conn, tenant, id).await?;
    let Some(record) = contact.and_then(|contact| contact.record) else { return Ok(()) };
    let Some(record) = records::get(conn, tenant, &record).await? else { return Ok(()) };
    if crm_writes::is_waiting(conn, tenant, id).await? {
        return Ok(());
    }
    step(conn, tenant, id, (&before, &record.contact), now).await
}

async fn step(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
    (before, after): (&Contact, &Contact),
    now: Millis,
) -> Result<(), StoreError> {
    for _ in 0..LOOKS {
        let Some(contact) = contacts::get(conn, tenant, id).await? else { return Ok(()) };
        let followed = matching::follow(&contact.contact, before, after);
        if followed == contact.contact {
            return contacts::set_behind(conn, tenant, id, None).await;
        }
        let seen = contact.changed_at;
        let changed_at = now.max(Millis(seen.0.saturating_add(1)));
        let followed = AcceptedContact { contact: followed, changed_at, ..contact };
        if contacts::replace(conn, tenant, &followed, seen).await? {
            let keys = matching::keys(&followed.contact);
            match_keys::put(conn, tenant, Owner::contact(id, &followed.list), &keys).await?;
            outdated::mark(conn, tenant, &[id.as_str()], &[]).await?;
            return contacts::set_behind(conn, tenant, &followed.id, None).await;
        }
    }
    // Somebody changes it all the time: it follows with the next change of its record.
    contacts::set_behind(conn, tenant, id, Some(before)).await
}

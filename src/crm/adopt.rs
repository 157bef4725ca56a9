//! Somebody whom a connected CRM names for the first time may be known already: from a file that was
//! imported, or as a contact of a list that is of no record. They are that record's from then on, so that
//! nobody counts as two.

use super::{follow, keep};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::{self, Level, Model, Person, Population};
use crate::store::contacts::{self, AcceptedContact};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::records::{self, CrmRecord};
use crate::store::{Conn, ContactId, RecordId, StoreError, TenantId, crm_writes, kept_apart};

/// How much a key must say of a person to be asked whom else it leads to: a mailbox, a profile, a name.
const TELLING: u32 = 100;

/// Gives a new record of the connected CRM what belongs to the same person. False: there is nothing of
/// the kind.
pub(super) async fn adopt(
    conn: &mut Conn,
    tenant: &TenantId,
    (id, contact): (&RecordId, &Contact),
    keys: &[String],
    now: Millis,
) -> Result<bool, StoreError> {
    if !records::any_imported(conn, tenant).await? && !contacts::any_unlinked(conn, tenant).await? {
        return Ok(false);
    }
    let mut adopted = false;
    let mut keys = keys.to_vec();
    keys.retain(|key| matching::strength(key) >= TELLING);
    let owners = match_keys::owners(conn, tenant, &keys).await?;
    let of = |wanted: OwnerKind| {
        let of_kind = owners.iter().filter(move |(kind, ..)| *kind == wanted);
        let mut ids: Vec<&str> = of_kind.map(|(_, owner, _)| owner.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let person = Person::from(contact);
    let is_same = |other: &Contact| {
        let matched =
            Model::default().judge_among(&Population::new(0), &person, &Person::from(other));
        matched.level == Level::Exact
    };
    for found in records::some(conn, tenant, &of(OwnerKind::Record)).await? {
        if found.is_imported() && found.id != *id && is_same(&found.contact) {
            take_over(conn, tenant, &found, (id, contact), now).await?;
            adopted = true;
        }
    }
    for found in of(OwnerKind::Contact) {
        let Some(found) = ContactId::parse(found) else { continue };
        let Some(found) = contacts::get(conn, tenant, &found).await? else { continue };
        if found.record.is_none() && is_same(&found.contact) {
            link(conn, tenant, found, (id, contact), now).await?;
            adopted = true;
        }
    }
    Ok(adopted)
}

/// Puts a record in the place of one that came with a file.
async fn take_over(
    conn: &mut Conn,
    tenant: &TenantId,
    imported: &CrmRecord,
    (id, contact): (&RecordId, &Contact),
    now: Millis,
) -> Result<(), StoreError> {
    keep::instead(conn, tenant, &imported.id, id).await?;
    follow::record(conn, tenant, id, (&imported.contact, contact), now).await?;
    match_keys::remove(conn, tenant, OwnerKind::Record, imported.id.as_str()).await?;
    records::remove(conn, tenant, &imported.id).await
}

/// Makes a contact one of the record, unless the list has one of it, a rep keeps them apart, or what was
/// accepted of the contact is still to be written.
async fn link(
    conn: &mut Conn,
    tenant: &TenantId,
    found: AcceptedContact,
    (id, contact): (&RecordId, &Contact),
    now: Millis,
) -> Result<(), StoreError> {
    let apart = kept_apart::of(conn, tenant, &[id.as_str()]).await?;
    if apart.iter().any(|(other, _)| *other == found.id)
        || contacts::by_record(conn, tenant, &found.list, id).await?.is_some()
        || crm_writes::is_waiting(conn, tenant, &found.id).await?
    {
        return Ok(());
    }
    // From here on it is changed by nobody else.
    contacts::link(conn, tenant, &found.id, id).await?;
    let was_gone = found.is_gone();
    let Some(found) = contacts::get(conn, tenant, &found.id).await? else { return Ok(()) };
    // Who was deleted and made again is as the CRM says; of another contact, what the CRM has not stays.
    let values =
        if was_gone { contact.clone() } else { matching::follow(&found.contact, contact, contact) };
    let changed_at = now.max(Millis(found.changed_at.0.saturating_add(1)));
    let linked = AcceptedContact { contact: values, changed_at, ..found };
    contacts::put(conn, tenant, &linked).await?;
    let keys = matching::keys(&linked.contact);
    match_keys::put(conn, tenant, OwnerKind::Contact, linked.id.as_str(), &keys).await
}

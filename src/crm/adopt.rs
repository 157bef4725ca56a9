//! Somebody whom a connected CRM names for the first time may be known already: from a file that was
//! imported, or as a contact of a list that is of no record. They are that record's from then on, so that
//! nobody counts as two. Whom a rep keeps apart from them stays apart, and where two contacts of one list
//! may both be meant, neither is: that is for a rep to decide.

use super::{follow, keep};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::{self, Level};
use crate::store::contacts::{self, AcceptedContact};
use crate::store::match_keys::{self, Owner, OwnerKind};
use crate::store::records::{self, CrmRecord};
use crate::store::{
    Conn, ContactId, ListId, RecordId, StoreError, TenantId, crm_writes, kept_apart,
};
use crate::suggestion::{Beliefs, Judge};
use std::collections::BTreeSet;
use std::slice;

/// How much a key must say of a person to be asked whom else it leads to: a mailbox, a profile, a name.
const TELLING: u32 = 100;

/// A record that the connected CRM names for the first time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer<'a> {
    /// Our id of it.
    pub(super) id: &'a RecordId,
    /// Its values.
    pub(super) contact: &'a Contact,
    /// Its match keys.
    pub(super) keys: &'a [String],
    /// The contact for which it was made, or found when it was to be made.
    pub(super) made_for: Option<&'a ContactId>,
}

/// Gives a new record of the connected CRM what belongs to the same person. False: there is nothing of
/// the kind.
pub(super) async fn adopt(
    conn: &mut Conn,
    tenant: &TenantId,
    new: Newcomer<'_>,
    now: Millis,
) -> Result<bool, StoreError> {
    if !records::any_imported(conn, tenant).await? && !contacts::any_unlinked(conn, tenant).await? {
        return Ok(false);
    }
    let (imported, unlinked) = the_same(conn, tenant, new).await?;
    if imported.is_empty() && unlinked.is_empty() {
        return Ok(false);
    }
    let mut adopted = false;
    let mut taken = Taken::default();
    let own = match new.made_for {
        Some(contact) => contacts::get(conn, tenant, contact).await?,
        None => None,
    };
    taken.add(conn, tenant, Some(new.id), own.as_slice()).await?;
    for imported in imported {
        let mut contacts = contacts::all_by_record(conn, tenant, &imported.id).await?;
        contacts.retain(|contact| new.made_for != Some(&contact.id));
        if !taken.are_others(Some(&imported.id), &contacts) {
            taken.add(conn, tenant, Some(&imported.id), &contacts).await?;
            take_over(conn, tenant, &imported, (new.id, new.contact), now).await?;
            adopted = true;
        }
    }
    let meant = |found: &&AcceptedContact| !taken.are_others(None, slice::from_ref(*found));
    let lists: Vec<ListId> = unlinked.iter().filter(meant).map(|it| it.list.clone()).collect();
    for found in unlinked {
        let rivals = lists.iter().filter(|list| **list == found.list).count();
        if rivals > 1 || taken.are_others(None, slice::from_ref(&found)) {
            continue;
        }
        taken.add(conn, tenant, None, slice::from_ref(&found)).await?;
        adopted |= link(conn, tenant, found, (new.id, new.contact), now).await?;
    }
    Ok(adopted)
}

/// The imported records and the contacts of no record that certainly are the same person, those first that
/// match best.
async fn the_same(
    conn: &mut Conn,
    tenant: &TenantId,
    new: Newcomer<'_>,
) -> Result<(Vec<CrmRecord>, Vec<AcceptedContact>), StoreError> {
    let mut keys = new.keys.to_vec();
    keys.retain(|key| matching::strength(key) >= TELLING);
    let owners = match_keys::owners(conn, tenant, &keys).await?;
    let of = |wanted: OwnerKind| -> BTreeSet<&str> {
        let of_kind = owners.iter().filter(move |(kind, ..)| *kind == wanted);
        of_kind.map(|(_, owner, _)| owner.as_str()).collect()
    };
    let ids: Vec<&str> = of(OwnerKind::Record).into_iter().collect();
    let mut imported = records::some(conn, tenant, &ids).await?;
    imported.retain(|found| found.is_imported() && found.id != *new.id);
    let mut unlinked = Vec::new();
    for id in of(OwnerKind::Contact).into_iter().filter_map(ContactId::parse) {
        let found = contacts::get(conn, tenant, &id).await?;
        let other = new.made_for != Some(&id);
        unlinked.extend(found.filter(|found| found.record.is_none() && other));
    }
    if imported.is_empty() && unlinked.is_empty() {
        return Ok((imported, unlinked));
    }
    let mut owners = match_keys::owners(conn, tenant, new.keys).await?;
    owners.retain(|(_, owner, _)| owner != new.id.as_str());
    let beliefs = Beliefs::of(conn, tenant).await?;
    let judge = Judge::of(&beliefs, new.contact, &owners);
    Ok((
        best_first(&judge, imported, |found| &found.contact),
        best_first(&judge, unlinked, |found| &found.contact),
    ))
}

/// Those who certainly are the same person, those first that match best.
fn best_first<T>(judge: &Judge<'_>, found: Vec<T>, contact: fn(&T) -> &Contact) -> Vec<T> {
    let judged = found.into_iter().map(|it| (judge.judge(contact(&it)), it));
    let mut same: Vec<_> = judged.filter(|(matched, _)| matched.level == Level::Exact).collect();
    same.sort_by(|(a, _), (b, _)| b.probability.total_cmp(&a.probability));
    same.into_iter().map(|(_, it)| it).collect()
}

/// Who is the record's, and so who is not.
#[derive(Debug, Default)]
struct Taken {
    /// The contacts and records that are kept apart from it, or from somebody who is of it.
    apart: BTreeSet<String>,
    /// The lists that have a contact of it.
    lists: BTreeSet<String>,
}

impl Taken {
    /// Notes that a record and these contacts are of it.
    async fn add(
        &mut self,
        conn: &mut Conn,
        tenant: &TenantId,
        record: Option<&RecordId>,
        contacts: &[AcceptedContact],
    ) -> Result<(), StoreError> {
        self.lists.extend(contacts.iter().map(|contact| contact.list.to_string()));
        let ids: Vec<&str> = ids(record, contacts).collect();
        self.apart.extend(kept_apart::from(conn, tenant, &ids).await?);
        Ok(())
    }

    /// Whether a record or one of these contacts is somebody else, or would be a second one of a list.
    fn are_others(&self, record: Option<&RecordId>, contacts: &[AcceptedContact]) -> bool {
        ids(record, contacts).any(|id| self.apart.contains(id))
            || contacts.iter().any(|contact| self.lists.contains(contact.list.as_str()))
    }
}

fn ids<'a>(
    record: Option<&'a RecordId>,
    contacts: &'a [AcceptedContact],
) -> impl Iterator<Item = &'a str> {
    let record = record.map(RecordId::as_str);
    record.into_iter().chain(contacts.iter().map(|contact| contact.id.as_str()))
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
    // The record first: whoever gives it keys at this moment holds it, and these are forgotten too.
    records::remove(conn, tenant, &imported.id).await?;
    match_keys::remove(conn, tenant, OwnerKind::Record, imported.id.as_str()).await
}

/// Makes a contact one of the record, unless what was accepted of the contact is still to be written.
async fn link(
    conn: &mut Conn,
    tenant: &TenantId,
    found: AcceptedContact,
    (id, contact): (&RecordId, &Contact),
    now: Millis,
) -> Result<bool, StoreError> {
    if crm_writes::is_waiting(conn, tenant, &found.id).await? {
        return Ok(false);
    }
    let (was_gone, seen) = (found.is_gone(), found.changed_at);
    // Who was deleted and made again is as the CRM says; of another contact, what the CRM has not stays.
    let values =
        if was_gone { contact.clone() } else { matching::follow(&found.contact, contact, contact) };
    let changed_at = now.max(Millis(seen.0.saturating_add(1)));
    let record = Some(id.clone());
    let linked = AcceptedContact { record, gone: false, contact: values, changed_at, ..found };
    if !contacts::replace(conn, tenant, &linked, seen).await? {
        return Ok(false); // it was accepted just now: what is written of it finds the record
    }
    contacts::set_behind(conn, tenant, &linked.id, None).await?;
    let keys = matching::keys(&linked.contact);
    match_keys::put(conn, tenant, Owner::contact(&linked.id, &linked.list), &keys).await?;
    Ok(true)
}

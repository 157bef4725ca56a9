//! What is kept of a CRM record: its values and the keys by which matching finds it.

use super::adopt::{Newcomer, adopt};
use super::{follow, former};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::{self, Dates, Said};
use crate::store::match_keys::{self, Owner, OwnerKind};
use crate::store::records::{self, CrmRecord, NewRecord};
use crate::store::{
    Conn, ContactId, RecordId, StoreError, TenantId, contacts, kept_apart, outdated, suggestions,
};

/// A record as the CRM has it now.
pub(super) struct Read<'a> {
    /// The CRM's id, or what stands for it.
    pub(super) external_id: &'a str,
    /// The CRM's version of it, if the CRM is connected.
    pub(super) version: Option<&'a str>,
    /// Its values.
    pub(super) contact: &'a Contact,
    /// The fields of it that are filled.
    pub(super) filled: &'a [String],
    /// When somebody changed it last, if the CRM tells.
    pub(super) changed_at: Option<Millis>,
    /// The write of ours after which it is so.
    pub(super) after: After<'a>,
}

/// A write of ours after which a record is seen; none if it is only read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct After<'a> {
    /// The contact that is of the record from now on: a write of that made it, or found it there.
    pub(super) made_for: Option<&'a ContactId>,
    /// What the write has brought, and how old that is: as old as the letter, and not as the write. A letter
    /// that came between the two is newer.
    pub(super) said: Option<Said<'a>>,
    /// What the record said before the write that is taken back, and how old that was.
    pub(super) was: Option<Said<'a>>,
}

/// So many seconds a CRM's clock may be behind ours.
const SKEW: i64 = 2 * 60;

/// Keeps a record, new or changed; answers our id of it and what it was before.
pub(super) async fn record(
    conn: &mut Conn,
    tenant: &TenantId,
    read: Read<'_>,
    now: Millis,
) -> Result<(RecordId, Option<CrmRecord>), StoreError> {
    let Read { external_id, version, contact, filled, .. } = read;
    let before = records::by_external_id(conn, tenant, external_id).await?;
    let is_as_it_was = |before: &&CrmRecord| {
        before.version == version.unwrap_or_default()
            && before.contact == *contact
            && before.filled == filled
            && before.keyed_by == matching::RULES
    };
    // Most records that are read again are as they were, and their keys are most of what is written.
    if let Some(same) = before.as_ref().filter(is_as_it_was) {
        records::seen(conn, tenant, &same.id, now).await?;
        return Ok((same.id.clone(), before));
    }
    let keyed_by = matching::RULES;
    let new = NewRecord { external_id, version, contact, filled, keyed_by };
    let (id, is_new) = records::put(conn, tenant, new, now).await?;
    let keys = matching::keys(contact);
    if is_new {
        kept_apart::know_again(conn, tenant, external_id, &id).await?;
        match_keys::add(conn, tenant, Owner::record(&id), &keys).await?;
    } else {
        match_keys::put(conn, tenant, Owner::record(&id), &keys).await?;
    }
    let is_first = before.is_none() && version.is_some();
    let new = Newcomer { id: &id, contact, keys: &keys, made_for: read.after.made_for };
    let has_more = is_first && adopt(conn, tenant, new, now).await?;
    let says_the_same = before.as_ref().is_some_and(|before| before.contact == *contact);
    if let Some(dates) = before.as_ref().and_then(|before| dates(before, &read, now)) {
        records::date(conn, tenant, &id, &dates).await?;
    }
    if !says_the_same {
        tell(conn, tenant, &id, !is_new || has_more, &keys).await?;
    }
    Ok((id, before))
}

/// How old what a record says is, if it was changed in the CRM since it was read last. What is only read
/// otherwise than before, as by another mapping, nobody has changed.
fn dates(before: &CrmRecord, read: &Read<'_>, now: Millis) -> Option<Dates> {
    let is_otherwise = !before.is_imported() && read.version != Some(before.version.as_str());
    let since = before.imported_at.plus_secs(-SKEW);
    if !is_otherwise || read.changed_at.is_some_and(|at| at < since) {
        return None;
    }
    let at = read.changed_at.map_or(now, |at| at.min(now));
    let change = (&before.contact, read.contact);
    let dates = match read.after.was {
        Some(was) => before.dates.restored(change, at, was),
        None => before.dates.changed(change, at, read.after.said),
    };
    (dates != before.dates).then_some(dates)
}

/// Lets what is known of a record go over to the one that it has become, which its contacts follow from now
/// on. Where the CRM does not show that one, nobody knows what became of it.
pub(super) async fn moved(
    conn: &mut Conn,
    tenant: &TenantId,
    (from, to): (&str, &str),
    now: Millis,
) -> Result<(), StoreError> {
    let Some(from) = records::by_external_id(conn, tenant, from).await? else { return Ok(()) };
    let to = records::by_external_id(conn, tenant, to).await?.filter(|to| to.id != from.id);
    if let Some(to) = to {
        let theirs = contacts::all_by_record(conn, tenant, &from.id).await?;
        instead(conn, tenant, &from.id, &to.id).await?;
        follow::these(conn, tenant, &theirs, (&from.contact, &to.contact), now).await?;
        tell(conn, tenant, &to.id, true, &[]).await?;
    }
    erase(conn, tenant, &from.id, now).await
}

/// Lets a record be known wherever another one is: by contacts, by suggestions, and by those who are kept
/// apart from it.
pub(super) async fn instead(
    conn: &mut Conn,
    tenant: &TenantId,
    old: &RecordId,
    new: &RecordId,
) -> Result<(), StoreError> {
    contacts::link_instead(conn, tenant, old, new).await?;
    suggestions::know_instead(conn, tenant, old.as_str(), new.as_str()).await?;
    kept_apart::know_instead(conn, tenant, old.as_str(), new.as_str()).await
}

/// Lets the open suggestions that may be of a record hear of what it says now; those that know it, or a
/// contact of it, only if that can be.
async fn tell(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    is_known: bool,
    keys: &[String],
) -> Result<(), StoreError> {
    if !is_known {
        return outdated::mark(conn, tenant, &[], keys).await;
    }
    let linked = contacts::all_by_record(conn, tenant, id).await?;
    let mut known: Vec<&str> = linked.iter().map(|contact| contact.id.as_str()).collect();
    known.push(id.as_str());
    outdated::mark(conn, tenant, &known, keys).await
}

/// Forgets a record that somebody has deleted in the CRM: whoever it was of is nobody there now, and is
/// not made again unless a rep sees that.
pub(super) async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    now: Millis,
) -> Result<(), StoreError> {
    remove(conn, tenant, id, true, now).await
}

/// Erases a record that an earlier connection or a file has left; what became of it in its CRM is unknown.
pub(super) async fn erase(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    now: Millis,
) -> Result<(), StoreError> {
    former::unname(conn, tenant, id).await?;
    remove(conn, tenant, id, false, now).await
}

async fn remove(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    gone: bool,
    now: Millis,
) -> Result<(), StoreError> {
    tell(conn, tenant, id, true, &[]).await?;
    kept_apart::outlive(conn, tenant, id).await?;
    contacts::unlink(conn, tenant, id, gone).await?;
    suggestions::forget_record(conn, tenant, id, gone, now).await?;
    // The record first: whoever gives it keys at this moment holds it, and these are forgotten too.
    records::remove(conn, tenant, id).await?;
    match_keys::remove(conn, tenant, OwnerKind::Record, id.as_str()).await
}

//! What is kept of a CRM record: its values and the keys by which matching finds it.

use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching;
use crate::store::match_keys::{self, OwnerKind};
use crate::store::records::{self, CrmRecord, NewRecord};
use crate::store::{Conn, RecordId, StoreError, TenantId, contacts, kept_apart, suggestions};

/// A record as the CRM has it now.
pub(super) struct Read<'a> {
    /// The CRM's id, or what stands for it.
    pub(super) external_id: &'a str,
    /// The CRM's version of it, if the CRM is connected.
    pub(super) version: Option<&'a str>,
    /// Its values.
    pub(super) contact: &'a Contact,
}

/// Keeps a record, new or changed; answers our id of it and what it was before.
pub(super) async fn record(
    conn: &mut Conn,
    tenant: &TenantId,
    read: Read<'_>,
    now: Millis,
) -> Result<(RecordId, Option<CrmRecord>), StoreError> {
    let Read { external_id, version, contact } = read;
    let before = records::by_external_id(conn, tenant, external_id).await?;
    let is_as_it_was = |before: &&CrmRecord| {
        before.version == version.unwrap_or_default()
            && before.contact == *contact
            && before.keyed_by == matching::RULES
    };
    // Most records that are read again are as they were, and their keys are most of what is written.
    if let Some(same) = before.as_ref().filter(is_as_it_was) {
        records::seen(conn, tenant, &same.id, now).await?;
        return Ok((same.id.clone(), before));
    }
    let new = NewRecord { external_id, version, contact, keyed_by: matching::RULES };
    let (id, is_new) = records::put(conn, tenant, new, now).await?;
    let keys = matching::keys(contact);
    if is_new {
        match_keys::add(conn, tenant, OwnerKind::Record, id.as_str(), &keys).await?;
    } else {
        match_keys::put(conn, tenant, OwnerKind::Record, id.as_str(), &keys).await?;
    }
    Ok((id, before))
}

/// Lets what is known of a record go over to the one that it has become, if both are kept.
pub(super) async fn moved(
    conn: &mut Conn,
    tenant: &TenantId,
    (from, to): (&str, &str),
    now: Millis,
) -> Result<(), StoreError> {
    let from = records::by_external_id(conn, tenant, from).await?;
    let to = records::by_external_id(conn, tenant, to).await?;
    let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
    contacts::move_to_record(conn, tenant, &from.id, &to.id).await?;
    suggestions::know_other(conn, tenant, &from.id, (&to.id, &to.contact), now).await
}

/// Forgets a record that the CRM has no more.
pub(super) async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    now: Millis,
) -> Result<(), StoreError> {
    suggestions::forget_record(conn, tenant, id, now).await?;
    match_keys::remove(conn, tenant, OwnerKind::Record, id.as_str()).await?;
    kept_apart::forget_other(conn, tenant, id.as_str()).await?;
    records::remove(conn, tenant, id).await
}

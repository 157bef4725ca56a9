//! What is kept of a CRM record: its values and the keys by which matching finds it.

use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching;
use crate::store::match_keys::{self, OwnerKind};
use crate::store::records::{self, NewRecord};
use crate::store::{Conn, RecordId, StoreError, TenantId, kept_apart, suggestions};

/// A record as the CRM has it now.
pub(super) struct Read<'a> {
    /// The CRM's id, or what stands for it.
    pub(super) external_id: &'a str,
    /// The CRM's version of it, if the CRM is connected.
    pub(super) version: Option<&'a str>,
    /// Its values.
    pub(super) contact: &'a Contact,
}

/// Keeps a record, new or changed; answers our id of it and whether it is new.
pub(super) async fn record(
    conn: &mut Conn,
    tenant: &TenantId,
    read: Read<'_>,
    now: Millis,
) -> Result<(RecordId, bool), StoreError> {
    let Read { external_id, version, contact } = read;
    // Most records that are read again are as they were, and their keys are most of what is written.
    if let Some(before) = records::by_external_id(conn, tenant, external_id).await?
        && before.version == version.unwrap_or_default()
        && before.contact == *contact
        && before.keyed_by == matching::RULES
    {
        records::seen(conn, tenant, &before.id, now).await?;
        return Ok((before.id, false));
    }
    let new = NewRecord { external_id, version, contact, keyed_by: matching::RULES };
    let (id, is_new) = records::put(conn, tenant, new, now).await?;
    let keys = matching::keys(contact);
    if is_new {
        match_keys::add(conn, tenant, OwnerKind::Record, id.as_str(), &keys).await?;
    } else {
        match_keys::put(conn, tenant, OwnerKind::Record, id.as_str(), &keys).await?;
    }
    Ok((id, is_new))
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

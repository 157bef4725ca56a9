//! What is kept of a CRM record: its values and the keys by which matching finds it.

use crate::clock::Millis;
use crate::matching;
use crate::store::match_keys::{self, OwnerKind};
use crate::store::records::{self, NewRecord};
use crate::store::{Conn, RecordId, StoreError, TenantId, kept_apart, suggestions};

/// Keeps a record, new or changed; answers our id of it and whether it is new.
pub(super) async fn record(
    conn: &mut Conn,
    tenant: &TenantId,
    record: NewRecord<'_>,
    now: Millis,
) -> Result<(RecordId, bool), StoreError> {
    let (id, new) = records::put(conn, tenant, record, now).await?;
    let keys = matching::keys(record.contact);
    if new {
        match_keys::add(conn, tenant, OwnerKind::Record, id.as_str(), &keys).await?;
    } else {
        match_keys::put(conn, tenant, OwnerKind::Record, id.as_str(), &keys).await?;
    }
    Ok((id, new))
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

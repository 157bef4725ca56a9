//! Brings what is kept of the CRM's records up to date.

use super::http::Http;
use super::keep::Read;
use super::{Changes, CrmError, connection, keep};
use crate::clock::{Clock, Millis};
use crate::contact::Contact;
use crate::matching;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::{
    Conn, Db, RecordId, StoreError, TenantId, crm_connections, crm_writes, records,
};
use crate::vault::Vault;

/// How many records are written in one transaction, so that mail is not kept waiting.
const BATCH: usize = 200;

/// Reads what changed in the tenant's CRM and keeps what matching needs of it; notes how the
/// connection fares. What an earlier connection left is erased first; where none is connected now, that
/// is all.
pub async fn sync(
    http: &Http,
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    tenant: &TenantId,
) -> Result<(), CrmError> {
    let began = clock.now();
    let connected = crm_connections::get(&mut *db.read().await?, tenant).await?;
    let since = connected.map_or(Millis(i64::MAX), |connection| connection.since);
    sweep(db, tenant, since, Left::Behind, began).await?;
    let (crm, connection) = match connection::open(http, db, vault, tenant).await {
        Err(CrmError::NotConnected) => return Ok(()),
        opened => opened?,
    };
    let mut position = connection.position.clone();
    let mut all_since = None;
    let result = loop {
        let changes = match crm.changes(&position, began).await {
            Ok(changes) => changes,
            Err(error) => break Err(error),
        };
        all_since = changes.all_since.or(all_since);
        let more = changes.more && changes.position != position;
        position.clone_from(&changes.position);
        keep_changes(db, tenant, &changes, began).await?;
        let mut tx = db.begin_write().await?;
        let at = connection.changed_at;
        if !crm_connections::set_position(&mut tx, tenant, at, &position, began).await? {
            return Ok(()); // somebody has connected another one meanwhile
        }
        tx.commit().await.map_err(StoreError::from)?;
        if !more {
            break Ok(());
        }
    };
    if let (Ok(()), Some(since)) = (&result, all_since) {
        sweep(db, tenant, since, Left::Deleted, began).await?;
    }
    connection::note(db, tenant, &connection, result.as_ref().copied(), clock.now()).await?;
    result
}

async fn keep_changes(
    db: &Db,
    tenant: &TenantId,
    changes: &Changes,
    now: Millis,
) -> Result<(), StoreError> {
    for some in changes.records.chunks(BATCH) {
        let mut tx = db.begin_write().await?;
        for record in some {
            keep_one(&mut tx, tenant, record, now).await?;
        }
        tx.commit().await?;
    }
    for some in changes.gone.chunks(BATCH) {
        let mut tx = db.begin_write().await?;
        for id in some {
            if let Some(record) = records::by_external_id(&mut tx, tenant, id).await? {
                keep::forget(&mut tx, tenant, &record.id, now).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Keeps a record as the CRM has it. The contacts that came from it follow: what a human writes in
/// the CRM is the truth about them. What the CRM never took of a contact stays with it.
pub(super) async fn keep_one(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &super::Record,
    now: Millis,
) -> Result<RecordId, StoreError> {
    let read =
        Read { external_id: &record.id, version: Some(&record.version), contact: &record.contact };
    let (id, before) = keep::record(conn, tenant, read, now).await?;
    if let Some(before) = before {
        follow(conn, tenant, &id, (&before.contact, &record.contact), now).await?;
    }
    Ok(id)
}

/// Lets the contacts that came from a record follow it from `before` to `after`.
pub(super) async fn follow(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &RecordId,
    (before, after): (&Contact, &Contact),
    now: Millis,
) -> Result<(), StoreError> {
    for contact in contacts::all_by_record(conn, tenant, id).await? {
        let followed = matching::follow(&contact.contact, before, after);
        if contact.contact == followed || crm_writes::is_waiting(conn, tenant, &contact.id).await? {
            continue;
        }
        let changed_at = now.max(Millis(contact.changed_at.0.saturating_add(1)));
        let followed = AcceptedContact { contact: followed, changed_at, ..contact };
        contacts::put(conn, tenant, &followed).await?;
        let keys = matching::keys(&followed.contact);
        match_keys::put(conn, tenant, OwnerKind::Contact, followed.id.as_str(), &keys).await?;
    }
    Ok(())
}

/// Why the CRM has not named a record.
#[derive(Debug, Clone, Copy)]
enum Left {
    /// It is of an earlier connection.
    Behind,
    /// The CRM has named all that it has.
    Deleted,
}

/// Forgets the records of a CRM that it has not named since then.
async fn sweep(
    db: &Db,
    tenant: &TenantId,
    since: Millis,
    left: Left,
    now: Millis,
) -> Result<(), StoreError> {
    loop {
        let mut tx = db.begin_write().await?;
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let some = records::connected_before(&mut tx, tenant, since, limit).await?;
        for id in &some {
            match left {
                Left::Behind => keep::erase(&mut tx, tenant, id, now).await?,
                Left::Deleted => keep::forget(&mut tx, tenant, id, now).await?,
            }
        }
        tx.commit().await?;
        if some.is_empty() {
            return Ok(());
        }
    }
}

//! Brings what is kept of the CRM's records up to date.

use super::http::Http;
use super::keep::Read;
use super::{Changes, CrmError, connection, follow, keep};
use crate::clock::{Clock, Millis};
use crate::store::{
    Conn, Db, RecordId, StoreError, TenantId, crm_connections, made_accounts, records,
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
        let mut changes = match crm.changes(&position, began).await {
            Ok(changes) => changes,
            Err(error) => break Err(error),
        };
        if !crm.tells_companies() {
            tell_companies(db, tenant, &mut changes).await?;
        }
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

/// Takes the companies that we have made out of the people that changed.
async fn tell_companies(
    db: &Db,
    tenant: &TenantId,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let ids: Vec<&str> = changes.records.iter().map(|record| record.id.as_str()).collect();
    let companies = made_accounts::among(&mut *db.read().await?, tenant, &ids).await?;
    changes.records.retain(|record| !companies.contains(&record.id));
    changes.gone.extend(companies);
    Ok(())
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
    for some in changes.moved.chunks(BATCH) {
        let mut tx = db.begin_write().await?;
        for (from, to) in some {
            keep::moved(&mut tx, tenant, (from, to)).await?;
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

/// Keeps a record as the CRM has it; the contacts that came from it follow.
pub(super) async fn keep_one(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &super::Record,
    now: Millis,
) -> Result<RecordId, StoreError> {
    let super::Record { id, version, contact, filled } = record;
    let read = Read { external_id: id, version: Some(version), contact, filled };
    let (id, before) = keep::record(conn, tenant, read, now).await?;
    if let Some(before) = before {
        follow::record(conn, tenant, &id, (&before.contact, &record.contact), now).await?;
    }
    Ok(id)
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

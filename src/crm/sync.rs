//! Brings what is kept of the CRM's records up to date.

use super::http::Http;
use super::keep::Read;
use super::leave::{Leaving, leave};
use super::{Changes, CrmError, Record, connection, follow, keep};
use crate::clock::{Clock, Millis};
use crate::store::records::{self, Brought};
use crate::store::{
    Conn, ContactId, Db, RecordId, StoreError, TenantId, crm_connections, made_accounts, repeated,
};
use crate::vault::Vault;

/// How many records are written in one transaction, so that mail is not kept waiting.
const BATCH: usize = 200;
/// So many seconds those are kept who may not be seen: the right to see them may come back.
const UNSEEN: i64 = 30 * 24 * 60 * 60;

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
    let behind = Leaving { brought: Brought::ByCrm, before: since, unless: None, deleted: false };
    leave(db, tenant, behind, began).await?;
    let (crm, connection) = match connection::open(http, db, vault, tenant).await {
        Err(CrmError::NotConnected) => return Ok(()),
        opened => opened?,
    };
    let mut position = connection.position.clone();
    let mut all = None;
    let result = loop {
        let mut changes = match crm.changes(&position, began).await {
            Ok(changes) => changes,
            Err(error) => break Err(error),
        };
        if !crm.tells_companies() {
            tell_companies(db, tenant, &mut changes).await?;
        }
        all = changes.all_since.map(|since| (since, changes.unseen)).or(all);
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
    if let (Ok(()), Some((since, unseen))) = (&result, all) {
        let deleted = Leaving { before: since, unless: unseen, deleted: true, ..behind };
        leave(db, tenant, deleted, began).await?;
        if unseen.is_some() {
            leave(db, tenant, Leaving { before: since.plus_secs(-UNSEEN), ..behind }, began)
                .await?;
        }
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

/// What is written in one transaction.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Keep(&'a [Record]),
    Move(&'a [(String, String)]),
    Forget(&'a [String]),
}

async fn keep_changes(
    db: &Db,
    tenant: &TenantId,
    changes: &Changes,
    now: Millis,
) -> Result<(), StoreError> {
    let keep = changes.records.chunks(BATCH).map(Step::Keep);
    let go_over = changes.moved.chunks(BATCH).map(Step::Move);
    let forget = changes.gone.chunks(BATCH).map(Step::Forget);
    for step in keep.chain(go_over).chain(forget) {
        repeated(|| take(db, tenant, step, now)).await?;
    }
    Ok(())
}

async fn take(db: &Db, tenant: &TenantId, step: Step<'_>, now: Millis) -> Result<(), StoreError> {
    let mut tx = db.begin_write().await?;
    match step {
        Step::Keep(records) => {
            for record in records {
                keep_one(&mut tx, tenant, record, None, now).await?;
            }
        }
        Step::Move(moved) => {
            for (from, to) in moved {
                keep::moved(&mut tx, tenant, (from, to), now).await?;
            }
        }
        Step::Forget(ids) => {
            for id in ids {
                if let Some(record) = records::by_external_id(&mut tx, tenant, id).await? {
                    keep::forget(&mut tx, tenant, &record.id, now).await?;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Keeps a record as the CRM has it; the contacts that came from it follow. `made_for`: whose it is from
/// now on, for a write of theirs made it, or found it there.
pub(super) async fn keep_one(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &Record,
    made_for: Option<&ContactId>,
    now: Millis,
) -> Result<RecordId, StoreError> {
    let Record { id: external_id, version, contact, filled } = record;
    let read = Read { external_id, version: Some(version), contact, made_for, filled };
    let (id, before) = keep::record(conn, tenant, read, now).await?;
    if let Some(before) = before {
        follow::record(conn, tenant, &id, (&before.contact, &record.contact), now).await?;
    }
    Ok(id)
}

//! Brings what is kept of the CRM's records up to date.

use super::http::Http;
use super::keep::{After, Read};
use super::leave::{Leaving, leave};
use super::{Changes, Crm, CrmError, Record, connection, follow, former, keep, left, moves};
use crate::clock::{Clock, Millis};
use crate::store::records::{self, Brought};
use crate::store::{
    Conn, Db, RecordId, StoreError, TenantId, crm_connections, crm_writes, made_accounts, repeated,
};
use crate::vault::Vault;
use std::collections::BTreeSet;
use std::slice;

/// How many records are written in one transaction, so that mail is not kept waiting.
const BATCH: usize = 200;

/// How often a record is read that writes of ours change at the same moment.
const LOOKS: usize = 3;

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
    let connected = crm_connections::get(&mut *db.read().await?, tenant).await?;
    let since = connected.map_or(Millis(i64::MAX), |connection| connection.since);
    let behind = Leaving { brought: Brought::ByCrm, before: since, deleted: false };
    leave(db, tenant, behind, clock.now()).await?;
    former::forget(db, tenant, clock.now()).await?;
    let (crm, connection) = match connection::open(http, db, vault, tenant).await {
        Err(CrmError::NotConnected) => return Ok(()),
        opened => opened?,
    };
    // Whoever hurries a reading says nothing of the CRM, which has asked to wait.
    if let Some(rest) = connection.retry_at.and_then(|at| at.until(clock.now())) {
        return Err(CrmError::Throttled(Some(rest)));
    }
    // Whoever connected it may have a clock that is ahead: what is read now is of this connection all the same.
    let began = clock.now().max(connection.since);
    let mut position = connection.position.clone();
    let result = loop {
        let asked = clock.now();
        let mut changes = match crm.changes(&position, began).await {
            Ok(changes) => changes,
            Err(error) => break Err(error),
        };
        if !crm.tells_companies() {
            tell_companies(db, tenant, &mut changes).await?;
        }
        if let Err(error) = moves::to_the_end(db, tenant, &crm, &mut changes).await {
            break Err(error);
        }
        let more = changes.more && changes.position != position;
        position.clone_from(&changes.position);
        let overtaken = keep_changes(db, tenant, &changes, (asked, began)).await?;
        if let Err(error) = read_again(db, clock, (tenant, &crm), overtaken, began).await {
            break Err(error);
        }
        if let Err(error) = left::some((db, clock), (tenant, &crm), &changes.left, began).await {
            break Err(error);
        }
        // Before that page counts as read: what cannot be asked now is asked after it was read again.
        if let Some(since) = changes.all_since
            && let Err(error) =
                left::unnamed((db, clock), (tenant, &crm), (since, changes.unseen), began).await
        {
            break Err(error);
        }
        let mut tx = db.begin_write().await?;
        let at = connection.changed_at;
        if !crm_connections::set_position(&mut tx, tenant, at, &position, began).await? {
            tx.rollback().await.map_err(StoreError::from)?;
            // Somebody has changed the mapping meanwhile, or connected another one, and waits for that.
            return Box::pin(sync(http, db, vault, clock, tenant)).await;
        }
        tx.commit().await.map_err(StoreError::from)?;
        if !more {
            break Ok(());
        }
    };
    connection::note_read(db, tenant, &connection, result.as_ref().copied(), clock.now()).await?;
    if result.is_err() {
        let there = crm_connections::get(&mut *db.read().await?, tenant).await?;
        if there.is_none_or(|there| there.since != connection.since) {
            // For how long this one asks to wait says nothing of the one that is connected now, if any is.
            return Box::pin(sync(http, db, vault, clock, tenant)).await;
        }
    }
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

/// Keeps what the CRM told after it was `asked`. Answers the ids of the records that writes of ours have
/// overtaken.
pub(super) async fn keep_changes(
    db: &Db,
    tenant: &TenantId,
    changes: &Changes,
    (asked, now): (Millis, Millis),
) -> Result<BTreeSet<String>, StoreError> {
    let keep = changes.records.chunks(BATCH).map(Step::Keep);
    let go_over = changes.moved.chunks(BATCH).map(Step::Move);
    let forget = changes.gone.chunks(BATCH).map(Step::Forget);
    let mut overtaken = BTreeSet::new();
    for step in keep.chain(go_over).chain(forget) {
        overtaken.extend(repeated(|| take(db, tenant, step, (asked, now))).await?);
    }
    Ok(overtaken)
}

/// Reads records by themselves, of which a page may tell what was there before a write of ours: whether it
/// was asked for before or after, nobody can say.
pub(super) async fn read_again(
    db: &Db,
    clock: &Clock,
    (tenant, crm): (&TenantId, &Crm),
    mut ids: BTreeSet<String>,
    now: Millis,
) -> Result<(), CrmError> {
    for _ in 0..LOOKS {
        for id in std::mem::take(&mut ids) {
            let asked = clock.now();
            let there = crm.get(&id).await?;
            let step = match &there {
                Some(record) => Step::Keep(slice::from_ref(record)),
                None if crm.may_hide(&id).await? => continue,
                None => Step::Forget(slice::from_ref(&id)),
            };
            ids.extend(repeated(|| take(db, tenant, step, (asked, now))).await?);
            if let Some(other) = there.map(|record| record.id).filter(|other| *other != id) {
                let moved = [(id, other)];
                repeated(|| take(db, tenant, Step::Move(&moved), (asked, now))).await?;
            }
        }
    }
    Ok(())
}

/// Takes one step, but for the records of which a write was settled since the CRM was asked: the write knows
/// better. Answers the ids of these.
async fn take(
    db: &Db,
    tenant: &TenantId,
    step: Step<'_>,
    (asked, now): (Millis, Millis),
) -> Result<BTreeSet<String>, StoreError> {
    let mut overtaken = BTreeSet::new();
    loop {
        let mut tx = db.begin_write().await?;
        make(&mut tx, tenant, step, &overtaken, now).await?;
        let ids: Vec<&str> = match step {
            Step::Keep(records) => records.iter().map(|record| record.id.as_str()).collect(),
            Step::Move(_) | Step::Forget(_) => Vec::new(),
        };
        // Asked last: whoever settles a write now waits for the records that are kept here.
        let settled = crm_writes::settled_after(&mut tx, tenant, &ids, asked).await?;
        if settled.is_subset(&overtaken) {
            tx.commit().await?;
            return Ok(overtaken);
        }
        tx.rollback().await?;
        overtaken.extend(settled);
    }
}

async fn make(
    tx: &mut Conn,
    tenant: &TenantId,
    step: Step<'_>,
    but: &BTreeSet<String>,
    now: Millis,
) -> Result<(), StoreError> {
    match step {
        Step::Keep(records) => {
            for record in records.iter().filter(|record| !but.contains(&record.id)) {
                keep_one(tx, tenant, record, After::default(), now).await?;
            }
        }
        Step::Move(moved) => {
            for (from, to) in moved {
                keep::moved(tx, tenant, (from, to), now).await?;
            }
        }
        Step::Forget(ids) => {
            for id in ids {
                if let Some(record) = records::by_external_id(tx, tenant, id).await? {
                    keep::forget(tx, tenant, &record.id, now).await?;
                }
            }
        }
    }
    Ok(())
}

/// Keeps a record as the CRM has it; the contacts that came from it follow.
pub(super) async fn keep_one(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &Record,
    after: After<'_>,
    now: Millis,
) -> Result<RecordId, StoreError> {
    let Record { id: external_id, version, contact, filled, changed_at } = record;
    let (version, changed_at) = (Some(version.as_str()), *changed_at);
    let read = Read { external_id, version, contact, filled, changed_at, after };
    let (id, before) = keep::record(conn, tenant, read, now).await?;
    if let Some(before) = before {
        follow::record(conn, tenant, &id, (&before.contact, &record.contact), now).await?;
    }
    Ok(id)
}

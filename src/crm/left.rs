//! Records that the CRM names no more: somebody has deleted them there, they have become others, or only its
//! user does not see them any more. Where nobody can tell, they are kept for a while, since the right to see
//! them may come back; who leaves then is not said to be deleted.

use super::leave::{Leaving, leave};
use super::sync::{keep_changes, read_again};
use super::{Changes, Crm, CrmError, Record, keep};
use crate::clock::{Clock, Millis};
use crate::store::records::{self, Brought};
use crate::store::{Db, StoreError, TenantId, repeated};
use std::collections::BTreeSet;

/// How many records are asked about at once.
const AT_ONCE: usize = 100;
/// So many seconds those are kept of whom nobody can tell.
const UNSEEN: i64 = 30 * 24 * 60 * 60;

/// What became of records. Of those that are not in here nobody can tell.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// The ids of those that somebody has deleted.
    pub(super) deleted: BTreeSet<String>,
    /// The ids of those that have become others, and these.
    pub(super) became: Vec<(String, Record)>,
}

impl Left {
    /// All of them are deleted.
    pub(super) fn all(ids: &[&str]) -> Self {
        let deleted = ids.iter().map(|id| (*id).to_owned()).collect();
        Self { deleted, ..Self::default() }
    }
}

impl Crm {
    /// What became of records that are named no more.
    pub(super) async fn left(&self, ids: &[&str]) -> Result<Left, CrmError> {
        if ids.is_empty() {
            return Ok(Left::default());
        }
        match self {
            // Salesforce tells of a kind of records that it does not show, and of what is merged.
            Self::CardDav(_) | Self::Salesforce(_) => Ok(Left::all(ids)),
            Self::HubSpot(hubspot) => hubspot.left(ids).await,
            Self::Pipedrive(pipedrive) => pipedrive.left(ids).await,
            Self::Dynamics(dynamics) => dynamics.left(ids).await,
            Self::Tryton(tryton) => tryton.left(ids).await,
        }
    }

    /// Whether a record that is not shown may be there all the same, under its id or another one.
    pub(super) async fn may_hide(&self, id: &str) -> Result<bool, CrmError> {
        let left = self.left(&[id]).await?;
        Ok(!left.deleted.contains(id))
    }

    /// Whether a record that is not shown has to be asked about: an address book hides nothing, and
    /// Salesforce looks itself.
    pub(super) const fn hides_records(&self) -> bool {
        !matches!(self, Self::CardDav(_) | Self::Salesforce(_))
    }
}

/// Lets those leave that were not named since everything was read, `since` then; of those whose ids begin with
/// `unseen` nobody can tell.
pub(super) async fn unnamed(
    (db, clock): (&Db, &Clock),
    (tenant, crm): (&TenantId, &Crm),
    (since, unseen): (Millis, Option<&'static str>),
    now: Millis,
) -> Result<(), CrmError> {
    let mut after = String::new();
    loop {
        let mut conn = db.read().await?;
        let some = records::unnamed(&mut conn, tenant, since, &after, AT_ONCE).await?;
        drop(conn);
        let Some(last) = some.last() else { break };
        after.clone_from(last);
        let ids = some.iter().map(String::as_str);
        let ids: Vec<&str> =
            ids.filter(|id| unseen.is_none_or(|begin| !id.starts_with(begin))).collect();
        ask((db, clock), (tenant, crm), &ids, (since, now)).await?;
    }
    let long_ago = since.plus_secs(-UNSEEN);
    leave(db, tenant, Leaving { brought: Brought::ByCrm, before: long_ago, deleted: false }, now)
        .await?;
    Ok(())
}

/// Lets those of some records leave that are deleted, or have become others.
pub(super) async fn some(
    (db, clock): (&Db, &Clock),
    (tenant, crm): (&TenantId, &Crm),
    ids: &[String],
    now: Millis,
) -> Result<(), CrmError> {
    for ids in ids.chunks(AT_ONCE) {
        let mut known = Vec::new();
        let mut conn = db.read().await?;
        for id in ids {
            if records::by_external_id(&mut conn, tenant, id).await?.is_some() {
                known.push(id.as_str());
            }
        }
        drop(conn);
        ask((db, clock), (tenant, crm), &known, (Millis(i64::MAX), now)).await?;
    }
    Ok(())
}

/// Asks what became of records, and takes it; but for those that were named `since` all the same.
async fn ask(
    (db, clock): (&Db, &Clock),
    (tenant, crm): (&TenantId, &Crm),
    ids: &[&str],
    (since, now): (Millis, Millis),
) -> Result<(), CrmError> {
    let asked = clock.now();
    let Left { deleted, became } = crm.left(ids).await?;
    let moved = became.iter().map(|(id, record)| (id.clone(), record.id.clone())).collect();
    let records = became.into_iter().map(|(_, record)| record).collect();
    let changes = Changes { records, moved, ..Changes::default() };
    let overtaken = keep_changes(db, tenant, &changes, (asked, now)).await?;
    read_again(db, clock, (tenant, crm), overtaken, now).await?;
    repeated(|| forget(db, tenant, &deleted, since, now)).await?;
    Ok(())
}

/// Forgets those who were deleted.
async fn forget(
    db: &Db,
    tenant: &TenantId,
    deleted: &BTreeSet<String>,
    since: Millis,
    now: Millis,
) -> Result<(), StoreError> {
    let mut tx = db.begin_write().await?;
    for id in deleted {
        let there = records::by_external_id(&mut tx, tenant, id).await?;
        if let Some(record) = there.filter(|record| record.imported_at < since) {
            keep::forget(&mut tx, tenant, &record.id, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

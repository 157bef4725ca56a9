//! Records that are not seen any more leave: those that the CRM has not named for long, or a file of all of it
//! does not name, those of an earlier connection, or all that were imported.

use super::keep;
use crate::clock::Millis;
use crate::store::records::{self, Brought};
use crate::store::{Db, StoreError, TenantId, jobs, repeated};

/// How many records leave in one transaction, so that mail is not kept waiting.
const BATCH: usize = 200;

/// Who leaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving {
    /// By what they came.
    pub(super) brought: Brought,
    /// Those that came, or were confirmed, before.
    pub(super) before: Millis,
    /// They were deleted in the CRM; else nobody knows what became of them there.
    pub(super) deleted: bool,
}

/// Lets records leave, and answers how many.
pub(super) async fn leave(
    db: &Db,
    tenant: &TenantId,
    leaving: Leaving,
    now: Millis,
) -> Result<usize, StoreError> {
    let mut gone = 0;
    loop {
        match repeated(|| leave_some(db, tenant, leaving, now)).await? {
            0 => return Ok(gone),
            some => gone += some,
        }
    }
}

/// Lets some of them leave, and answers how many.
async fn leave_some(
    db: &Db,
    tenant: &TenantId,
    leaving: Leaving,
    now: Millis,
) -> Result<usize, StoreError> {
    let Leaving { brought, before, deleted } = leaving;
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let mut tx = db.begin_write().await?;
    let some = records::seen_before(&mut tx, tenant, brought, before, limit).await?;
    for id in &some {
        if deleted {
            keep::forget(&mut tx, tenant, id, now).await?;
        } else {
            keep::erase(&mut tx, tenant, id, now).await?;
        }
    }
    if brought == Brought::ByFile {
        // The job that reads the CRM lets open suggestions hear of it, and does not run by itself.
        jobs::hurry(&mut tx, tenant, jobs::Kind::ReadCrm, now).await?;
    }
    tx.commit().await?;
    Ok(some.len())
}

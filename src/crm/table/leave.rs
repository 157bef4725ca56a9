//! Imported records that leave: those that a file of the whole CRM does not have, or all of them.

use super::import::{BATCH, ImportError, Imported, Order, import};
use crate::clock::Millis;
use crate::crm::keep;
use crate::store::audit::{self, Actor};
use crate::store::{Db, StoreError, TenantId, jobs, records};

/// Imports a table that holds everybody who is in the CRM: whoever came with an earlier file and is not in
/// this one has been deleted there, and is forgotten. Where no row of it is a contact nobody is.
pub async fn import_whole(
    db: &Db,
    order: Order<'_>,
    bytes: impl AsRef<[u8]> + Send + 'static,
    progress: impl FnMut(usize),
) -> Result<Imported, ImportError> {
    let mut done = import(db, order, bytes, progress).await?;
    if done.new + done.again > 0 {
        let deleted = Leaving { before: order.now, deleted: true };
        done.gone = leave(db, order.tenant, deleted, order.now).await?;
    }
    Ok(done)
}

/// Erases every record that came with a file; those of a connected CRM stay. Answers how many.
pub async fn erase(
    db: &Db,
    tenant: &TenantId,
    actor: &Actor,
    now: Millis,
) -> Result<usize, StoreError> {
    let mut tx = db.begin_write().await?;
    audit::record(&mut tx, tenant, actor, "records.erase", tenant.as_str(), now).await?;
    tx.commit().await?;
    leave(db, tenant, Leaving { before: Millis(i64::MAX), deleted: false }, now).await
}

/// Who leaves.
#[derive(Debug, Clone, Copy)]
struct Leaving {
    /// Those that came, or were confirmed, before.
    before: Millis,
    /// They were deleted in the CRM.
    deleted: bool,
}

async fn leave(
    db: &Db,
    tenant: &TenantId,
    leaving: Leaving,
    now: Millis,
) -> Result<usize, StoreError> {
    let mut gone = 0;
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    loop {
        let mut tx = db.begin_write().await?;
        let some = records::imported_before(&mut tx, tenant, leaving.before, limit).await?;
        for id in &some {
            if leaving.deleted {
                keep::forget(&mut tx, tenant, id, now).await?;
            } else {
                keep::erase(&mut tx, tenant, id, now).await?;
            }
        }
        // The same job lets open suggestions hear of it.
        jobs::hurry(&mut tx, tenant, jobs::Kind::ReadCrm, now).await?;
        tx.commit().await?;
        if some.is_empty() {
            return Ok(gone);
        }
        gone += some.len();
    }
}

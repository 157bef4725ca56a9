//! Imported records that leave: those that a file of the whole CRM does not have, or all of them.

use super::import::{ImportError, Imported, Order, import_table, open};
use super::left_out;
use super::preview::Preview;
use super::rows::TableError;
use crate::clock::Millis;
use crate::crm::leave::{Leaving, leave};
use crate::store::audit::{self, Actor};
use crate::store::records::{self, Brought};
use crate::store::{Db, StoreError, TenantId};

/// Imports a table that holds everybody who is in the CRM: whoever came with an earlier file and is not in
/// this one has been deleted there, and is forgotten. Where no row of it is a contact nobody is. A table of
/// what was left out of another one is refused: those who came in with that one are not in it.
pub async fn import_whole(
    db: &Db,
    order: Order<'_>,
    bytes: impl AsRef<[u8]> + Send + 'static,
    progress: impl FnMut(usize),
) -> Result<Imported, ImportError> {
    let table = open(order, bytes).await?;
    if left_out::is_one(&table) {
        return Err(TableError::LeftOut.into());
    }
    let mut done = import_table(db, order, table, progress).await?;
    if done.new + done.again > 0 {
        let deleted = Leaving { brought: Brought::ByFile, before: order.now, deleted: true };
        done.gone = leave(db, order.tenant, deleted, order.now).await?;
    }
    Ok(done)
}

/// How many records of earlier files would leave if a table is the whole CRM; `None` where it cannot be that.
pub async fn would_leave(
    db: &Db,
    tenant: &TenantId,
    preview: &Preview,
) -> Result<Option<usize>, StoreError> {
    let Some(there) = &preview.whole else { return Ok(None) };
    let mut missing = 0;
    let see = |id: String| missing += usize::from(!there.contains(&id));
    records::each_imported(&mut *db.read().await?, tenant, see).await?;
    Ok(Some(missing))
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
    let all = Leaving { brought: Brought::ByFile, before: Millis(i64::MAX), deleted: false };
    leave(db, tenant, all, now).await
}

//! Learns from a tenant's records how much it says that two of them agree: in a CRM of one town the
//! same city says nothing, in one of the whole world it says much.

use super::JobError;
use crate::clock::Millis;
use crate::matching::{Model, Person, Table, Thresholds};
use crate::store::match_models::{self, Learned};
use crate::store::records::{self, Page};
use crate::store::{Db, StoreError, TenantId};
use tokio::task::spawn_blocking;

/// Most records that are learned from; more teach nothing new.
const SAMPLE: i64 = 20_000;
/// Records read at once.
const PAGE: i64 = 500;
/// After so many seconds what was learned is old.
const OLD_AFTER_SECS: i64 = 86_400;

/// Learns from up to 20,000 records, taken evenly from all of them, and keeps what they teach: some
/// hundred numbers, and the domains that name no employer. Nothing happens where that was done within a day and the records are much the same
/// in number.
pub async fn learn(db: &Db, tenant: &TenantId, now: Millis) -> Result<(), JobError> {
    let (count, before) = {
        let mut conn = db.read().await?;
        let count = records::count(&mut conn, tenant).await?;
        (count, match_models::get(&mut conn, tenant).await?)
    };
    if before.is_some_and(|before| !is_due(&before, count, now)) {
        return Ok(());
    }
    let people = sample(db, tenant, count).await?;
    let table = Table::new(people, None, Thresholds::default());
    let weights = spawn_blocking(move || table.learned())
        .await
        .map_err(|_| JobError::retry("the thread that learns ended early"))?;
    let learned = Learned { records: count, weights, learned_at: now };
    let mut tx = db.begin_write().await?;
    match_models::put(&mut tx, tenant, &learned).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Whether the records have changed in number by a tenth, or a day has passed, or another version has
/// learned.
fn is_due(before: &Learned, count: i64, now: Millis) -> bool {
    let changed = before.records.abs_diff(count);
    before.weights.as_ref().is_some_and(|text| Model::learned(text).is_none())
        || now >= before.learned_at.plus_secs(OLD_AFTER_SECS)
        || changed > before.records.unsigned_abs() / 10
}

async fn sample(db: &Db, tenant: &TenantId, count: i64) -> Result<Vec<Person>, StoreError> {
    let pages = (count.min(SAMPLE) + PAGE - 1) / PAGE;
    let step = PAGE.max(count / pages.max(1));
    let mut people = Vec::with_capacity(usize::try_from(pages * PAGE).unwrap_or_default());
    let mut next = Some(String::new());
    for _ in 0..pages {
        let Some(from) = next.take() else { break };
        let mut conn = db.read().await?;
        next = records::further_on(&mut conn, tenant, &from, step).await?;
        let page = Page { from: &from, before: next.as_deref(), limit: PAGE };
        let contacts = records::contacts_of(&mut conn, tenant, page).await?;
        people.extend(contacts.iter().map(Person::from));
    }
    Ok(people)
}

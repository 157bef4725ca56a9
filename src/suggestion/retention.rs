//! What is forgotten when its time is up: the values of suggestions that nobody accepted, those of writes
//! to the CRM, and the keys of messages. Accepted contacts stay until somebody removes them.

use crate::clock::Millis;
use crate::config::Retention;
use crate::store::audit::{self, Actor};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::{
    Conn, Db, StoreError, SuggestionId, TenantId, crm_writes, graph, lists, messages, suggestions,
};
use std::collections::HashSet;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// How many suggestions or writes are forgotten in one transaction, so that mail is not kept waiting.
const BATCH: i64 = 200;

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Suggestions that lost their values.
    pub suggestions: u64,
    /// Writes to the CRM that lost theirs.
    pub writes: u64,
    /// Message keys.
    pub messages: u64,
}

/// Forgets what is due at a tenant. Called from time to time; calling it twice changes nothing.
pub async fn forget(
    db: &Db,
    tenant: &TenantId,
    keep: &Retention,
    now: Millis,
) -> Result<Forgotten, StoreError> {
    let before = |days: u32| now.plus_secs(-i64::from(days) * DAY_SECONDS);
    let mut forgotten = Forgotten::default();
    loop {
        let count = forget_suggestions(db, tenant, before(keep.suggestion_days), now).await?;
        forgotten.suggestions += count;
        if count == 0 {
            break;
        }
    }
    loop {
        let mut tx = db.begin_write().await?;
        let count = crm_writes::erase(&mut tx, tenant, before(keep.crm_write_days), BATCH).await?;
        tx.commit().await?;
        forgotten.writes += count;
        if count == 0 {
            break;
        }
    }
    let mut tx = db.begin_write().await?;
    forgotten.messages = messages::forget(&mut tx, tenant, before(keep.message_key_days)).await?;
    graph::forget(&mut tx, tenant, before(keep.message_key_days)).await?;
    tx.commit().await?;
    metrics::counter!("undersigned_suggestions_forgotten_total").increment(forgotten.suggestions);
    Ok(forgotten)
}

async fn forget_suggestions(
    db: &Db,
    tenant: &TenantId,
    before: Millis,
    now: Millis,
) -> Result<u64, StoreError> {
    let mut tx = db.begin_write().await?;
    let stale = suggestions::stale(&mut tx, tenant, before, BATCH).await?;
    let mut touched = HashSet::new();
    let mut count = 0;
    for (id, list) in stale {
        if forget_one(&mut tx, tenant, &id, before, (&Actor::Worker, now)).await? {
            if touched.insert(list.clone()) {
                lists::touch(&mut tx, tenant, &list).await?;
            }
            count += 1;
        }
    }
    tx.commit().await?;
    Ok(count)
}

/// Takes the values out of a suggestion that nobody accepted, where it was changed last before `before`. False: it is
/// another one.
pub(super) async fn forget_one(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    before: Millis,
    (actor, now): (&Actor, Millis),
) -> Result<bool, StoreError> {
    if !suggestions::forget_values(conn, tenant, id, before).await? {
        return Ok(false);
    }
    match_keys::remove(conn, tenant, OwnerKind::Suggestion, id.as_str()).await?;
    audit::record(conn, tenant, actor, "suggestion.forget", id.as_str(), now).await?;
    Ok(true)
}

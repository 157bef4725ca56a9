//! Gives match keys of the rules of now to whatever has those of older ones: records, contacts and
//! suggestions, decided ones too. Nobody waits for it: each is a short transaction of its own, and it rests
//! as long as it works. What is done is done: when it is broken off, the rest is what it finds again.

use super::JobError;
use crate::matching;
use crate::store::match_keys::{self, Owner, OwnerKind};
use crate::store::{Db, StoreError, SuggestionId, TenantId, outdated, rekeying, repeated};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// How many are looked up at once.
const SLICE: i64 = 100;
/// How often the log says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// Makes the match keys of a tenant anew that older rules made, and marks its open suggestions, those too
/// that came meanwhile, so that they are compared with whom they meet by the new ones.
pub(super) async fn rekey(db: &Db, tenant: &TenantId) -> Result<(), JobError> {
    for kind in [OwnerKind::Record, OwnerKind::Contact, OwnerKind::Suggestion] {
        all(db, tenant, kind).await?;
    }
    let mut last = None;
    loop {
        let open = outdated::open(&mut *db.read().await?, tenant, last.as_ref(), SLICE).await?;
        let Some(end) = open.last() else { return Ok(()) };
        last = Some(end.clone());
        for id in &open {
            repeated(|| mark(db, tenant, id)).await?;
        }
    }
}

async fn all(db: &Db, tenant: &TenantId, kind: OwnerKind) -> Result<(), StoreError> {
    let (mut last, mut count, mut told) = (String::new(), 0_u64, Instant::now());
    loop {
        let began = Instant::now();
        let some = rekeying::some(&mut *db.read().await?, tenant, kind, &last, SLICE).await?;
        let Some(end) = some.last() else { break };
        last.clone_from(end);
        for id in &some {
            if repeated(|| one(db, tenant, kind, id)).await? {
                metrics::counter!("undersigned_rekeyed_total", "kind" => kind.as_str())
                    .increment(1);
                count += 1;
            }
        }
        if told.elapsed() > TELL_EVERY {
            info!(%tenant, kind = kind.as_str(), count, "match keys are being made anew");
            told = Instant::now();
        }
        sleep(began.elapsed()).await;
    }
    if count > 0 {
        info!(%tenant, kind = kind.as_str(), count, "match keys are made anew");
    }
    Ok(())
}

/// Gives an owner its keys; false if it has them, or is gone. One that cannot be read keeps those it has.
async fn one(db: &Db, tenant: &TenantId, kind: OwnerKind, id: &str) -> Result<bool, StoreError> {
    let mut tx = db.begin_repeatable().await?;
    let taken = match rekeying::take(&mut tx, tenant, kind, id).await {
        Err(error @ StoreError::Row { .. }) => {
            warn!(%tenant, kind = kind.as_str(), id, %error, "match keys are not made anew");
            None
        }
        taken => taken?,
    };
    if let Some((contact, list)) = &taken {
        let owner = Owner { kind, id, list: list.as_ref() };
        match_keys::put(&mut tx, tenant, owner, &matching::keys(contact)).await?;
    }
    tx.commit().await?;
    Ok(taken.is_some())
}

/// Marks a suggestion, alone: whoever marks others at this moment waits for no two.
async fn mark(db: &Db, tenant: &TenantId, id: &SuggestionId) -> Result<(), StoreError> {
    let mut tx = db.begin_repeatable().await?;
    outdated::mark_one(&mut tx, tenant, id).await?;
    Ok(tx.commit().await?)
}

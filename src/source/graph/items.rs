//! The messages of one page: those not looked at before are fetched, twenty with one request, and read
//! in their order.
//!
//! A message that was moved or deleted meanwhile is routine. One that Graph refuses to hand over,
//! while it hands over others, is tried again and again, and set aside after a while so that it does
//! not hold up the mailbox for ever.

use super::answer::Listed;
use super::batch;
use super::calls::{AT_ONCE, Calls};
use super::fault::Fault;
use super::message::Message;
use super::watch::Watch;
use crate::store::StoreError;
use crate::store::graph::{self, Item};
use crate::store::messages::{self, MessageId, Outcome};
use crate::store::tenants;
use crate::suggestion::{IntakeError, RawMessage};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::time::Duration;
use tracing::warn;

/// How often a message is tried that Graph refuses: twice in a look, for some two hours as the looks
/// are up to ten minutes apart.
const TRIES: i64 = 40;

/// A message may be listed a moment before it can be fetched.
const MOMENT: Duration = Duration::from_secs(1);

/// A message to be fetched: Graph's id and its key.
type New = (String, String);

/// Reads what was not read before, and answers what kept it from fetching a message, if so.
pub(super) async fn read(
    watch: &Watch,
    calls: &Calls<'_>,
    listed: Vec<Listed>,
) -> Result<Option<Fault>, Fault> {
    let new = new_ones(watch, listed).await?;
    let mut withheld = None;
    for some in new.chunks(batch::MOST) {
        let got = watch.or_stop(fetch(calls, some, watch.limits.max_message_bytes)).await?;
        let mut end = None;
        for ((_, key), got) in some.iter().zip(got) {
            match got {
                Ok(bytes) => take(watch, key, bytes).await?,
                Err(Fault::NotFound) => {}
                Err(fault) if fault.is_of_one_message() => {
                    if !set_aside(watch, key).await? {
                        withheld.get_or_insert(fault);
                    }
                }
                // What came with it is taken all the same.
                Err(fault) => {
                    end.get_or_insert(fault);
                }
            }
        }
        if let Some(fault) = end {
            return Err(fault);
        }
    }
    Ok(withheld)
}

/// Fetches messages: several with one request, and what that does not answer in full one by one,
/// four at a time.
async fn fetch(
    calls: &Calls<'_>,
    new: &[New],
    max: usize,
) -> Result<Vec<Result<Vec<u8>, Fault>>, Fault> {
    let ids: Vec<&str> = new.iter().map(|(id, _)| id.as_str()).collect();
    let none = || ids.iter().map(|_| None).collect();
    let got: Vec<Option<Result<Message, Fault>>> = match ids.len() {
        1 => none(),
        _ => match calls.messages(&ids).await {
            Ok(got) => got.into_iter().map(Some).collect(),
            // A gateway may know no such requests, or the answer is too large.
            Err(fault) if fault.is_of_one_message() || matches!(fault, Fault::NotFound) => none(),
            Err(fault) => return Err(fault),
        },
    };
    let pause = got.iter().filter_map(|got| match got {
        Some(Err(Fault::Throttled(wait))) => Some(*wait),
        _ => None,
    });
    let pause = pause.max();
    let each = ids.iter().zip(got).map(|(id, got)| complete(calls, id, got, pause, max).boxed());
    let each: Vec<BoxFuture<'_, Result<Vec<u8>, Fault>>> = each.collect();
    Ok(stream::iter(each).buffered(AT_ONCE).collect().await)
}

/// The bytes of a message, from what was fetched of it with the others.
async fn complete(
    calls: &Calls<'_>,
    id: &str,
    got: Option<Result<Message, Fault>>,
    pause: Option<Duration>,
    max: usize,
) -> Result<Vec<u8>, Fault> {
    match (got, pause) {
        (Some(Ok(message)), _) if message.is_complete() => Ok(message.to_mail()),
        // Who is asked to wait asks for nothing more.
        (_, Some(wait)) => Err(Fault::Throttled(wait)),
        (Some(Ok(message)), None) => calls.whole(id, message, max).await,
        (None | Some(Err(Fault::NotFound | Fault::TooMuch)), None) => one(calls, id, max).await,
        (Some(Err(fault)), None) => Err(fault),
    }
}

async fn one(calls: &Calls<'_>, id: &str, max: usize) -> Result<Vec<u8>, Fault> {
    match calls.message(id, max).await {
        Err(Fault::NotFound) => {
            tokio::time::sleep(MOMENT).await;
            calls.message(id, max).await
        }
        got => got,
    }
}

/// The messages that were not looked at, with their keys.
async fn new_ones(watch: &Watch, listed: Vec<Listed>) -> Result<Vec<New>, Fault> {
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let (tenant, mailbox) = (&watch.held.mailbox.tenant, &watch.held.mailbox.id);
    let mut conn = watch.keys.db.read().await?;
    let hash_key = tenants::hash_key(&mut conn, &watch.keys.vault, tenant).await?;
    let hash_key = hash_key.ok_or(Fault::Stopped)?;
    let mut new: Vec<New> = Vec::new();
    for Listed { id, .. } in listed {
        let key = hash_key.digest("graph message", &[mailbox.as_str().as_bytes(), id.as_bytes()]);
        let seen = graph::done(&mut conn, &Item { tenant, mailbox, key: &key }).await?;
        if !seen && !new.iter().any(|(_, other)| *other == key) {
            new.push((id, key));
        }
    }
    Ok(new)
}

async fn take(watch: &Watch, key: &str, bytes: Vec<u8>) -> Result<(), Fault> {
    let mailbox = &watch.held.mailbox;
    let message = RawMessage {
        tenant: mailbox.tenant.clone(),
        mailbox: mailbox.id.clone(),
        list: mailbox.list.clone(),
        bytes,
    };
    match watch.intake.take(message, None).await {
        Ok(_) => {}
        Err(IntakeError::LeaseLost | IntakeError::NoTenant) => return Err(Fault::Stopped),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            warn!(mailbox = %mailbox.id, error, "a message could not be dealt with");
            return Err(Fault::Unavailable);
        }
    }
    let item = Item { tenant: &mailbox.tenant, mailbox: &mailbox.id, key };
    let mut tx = watch.keys.db.begin_repeatable().await?;
    graph::finish(&mut tx, &item, watch.keys.clock.now()).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Counts a refusal; true when it was the last.
async fn set_aside(watch: &Watch, key: &str) -> Result<bool, Fault> {
    let (tenant, mailbox) = (&watch.held.mailbox.tenant, &watch.held.mailbox.id);
    let now = watch.keys.clock.now();
    let item = Item { tenant, mailbox, key };
    let mut tx = watch.keys.db.begin_write().await?;
    let last = graph::refused(&mut tx, &item, now).await? >= TRIES;
    if last {
        let id = MessageId { tenant, mailbox, key };
        messages::finish(&mut tx, &id, Outcome::Quarantined, "withheld", now).await?;
        graph::finish(&mut tx, &item, now).await?;
        warn!(%mailbox, "Microsoft Graph does not hand a message over; it is set aside");
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(last)
}

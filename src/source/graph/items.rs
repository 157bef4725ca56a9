//! The messages of one page: those not looked at before are fetched, twenty with one request, and read
//! in their order.
//!
//! A message that was moved or deleted meanwhile is routine. One that Graph refuses to hand over, or
//! at which it falls silent, while it lists the folder it is in, holds up no other: it is asked for again
//! by itself, ever less often, and set aside after a while.

use super::answer::Listed;
use super::batch;
use super::calls::{AT_ONCE, Calls};
use super::fault::Fault;
use super::message::Message;
use super::single::Mail;
use super::space::Share;
use super::watch::Watch;
use super::withheld::Withheld;
use crate::store::StoreError;
use crate::store::graph::{self, Item};
use crate::store::messages::{self, MessageId, Outcome};
use crate::store::tenants;
use crate::suggestion::{IntakeError, RawMessage};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::time::Duration;
use tracing::warn;

/// How often a message is tried that Graph does not hand over: for some two hours, as the tries come
/// to be ten minutes apart.
const TRIES: i64 = 20;

/// A message may be listed a moment before it can be fetched.
const MOMENT: Duration = Duration::from_secs(1);

/// A message for which Graph asks us to wait is left alone for so many times as long, so that others
/// are read meanwhile. That it was so is never counted where others take what an app is allowed, for hours
/// maybe: it says nothing of the message. That Graph is busy whenever it is asked for just this one does.
const PATIENCE: u32 = 4;

/// A message to be fetched: Graph's id and its key.
pub(super) type New = (String, String);

/// What came of asking for a message: it was read, or why not.
type Fate = Result<(), Fault>;

/// Reads what was not looked at before, and answers whether a message was not handed over.
pub(super) async fn read(
    watch: &mut Watch,
    calls: &Calls<'_>,
    withheld: &mut Withheld,
    all: Vec<New>,
) -> Result<bool, Fault> {
    let (mut fresh, mut again, mut is_incomplete) = (Vec::new(), Vec::new(), false);
    for new in all {
        match withheld.meet(&new.1) {
            None => fresh.push(new),
            Some(true) => again.push(new),
            Some(false) => is_incomplete = true,
        }
    }
    let max = watch.limits.max_message_bytes;
    for some in fresh.chunks(batch::MOST) {
        let fates = fetch(watch, calls, some, max).await?;
        is_incomplete |= deal(watch, withheld, some, fates, false).await?;
    }
    is_incomplete |= again.len() > AT_ONCE;
    for one in again.chunks(1).take(AT_ONCE) {
        let fates = fetch(watch, calls, one, max).await?;
        // While that lasts nothing more is asked, and no other message is held to have failed.
        let is_paused = fates.iter().any(|fate| fate.as_ref().is_err_and(|it| it.wait().is_some()));
        is_incomplete |= deal(watch, withheld, one, fates, true).await?;
        if is_paused {
            return Ok(true);
        }
    }
    Ok(is_incomplete)
}

/// Deals with what came of asking for messages, and answers whether one was not handed over; `again`
/// says that it was asked for before. Of a fault that concerns all, what came with it is taken all the
/// same.
async fn deal(
    watch: &mut Watch,
    withheld: &mut Withheld,
    some: &[New],
    fates: Vec<Fate>,
    again: bool,
) -> Result<bool, Fault> {
    let silent = fates.len() > 1 && fates.iter().all(|it| matches!(it, Err(Fault::Unreachable)));
    let handed = fates.iter().filter(|fate| fate.is_ok()).count();
    // Of several that are refused at once none is a single one.
    for ((_, key), fate) in some.iter().zip(&fates) {
        if let Err(fault) = fate
            && fault.is_final()
        {
            watch.doubt.note(key, fault);
        }
    }
    let (mut is_incomplete, mut end) = (false, None);
    for ((_, key), fate) in some.iter().zip(fates) {
        let fault = match fate {
            Ok(()) | Err(Fault::NotFound) => {
                withheld.forget(key);
                watch.doubt.forget(key);
                continue;
            }
            Err(fault) => fault,
        };
        // Where others were handed over since, it is neither the mailbox's fault nor the line's.
        let proven = withheld.proves(key, watch.handed).unwrap_or(handed > 0);
        let (is_its_own, wait) = match &fault {
            Fault::Unreachable => (!silent, Duration::ZERO),
            // Next time the others come first; if it is asked to wait for it again, it is left alone.
            Fault::Throttled(wait) | Fault::Busy(wait) if again => {
                (true, wait.saturating_mul(PATIENCE))
            }
            Fault::Throttled(wait) | Fault::Busy(wait) => {
                if end.is_none() {
                    withheld.note(key, 0, *wait, watch.handed);
                }
                end.get_or_insert(fault);
                continue;
            }
            Fault::Forbidden => {
                watch.forbidden = true;
                (true, Duration::ZERO)
            }
            fault => (fault.is_of_one_message(), Duration::ZERO),
        };
        if is_its_own && !matches!(fault, Fault::Crowded) {
            watch.doubt.note(key, &fault);
        }
        let is_to_wait = matches!(fault, Fault::Throttled(_) | Fault::Crowded);
        // A single one that is refused whenever it is asked for comes to an end without others, too.
        let is_single = fault.is_final() && !watch.doubt.is_raised();
        let counts = is_its_own && !is_to_wait && (is_single || proven);
        let tries = if counts { count(watch, key).await? } else { 0 };
        if tries >= TRIES {
            withheld.forget(key);
            continue;
        }
        if is_its_own || matches!(fault, Fault::Unreachable) {
            withheld.note(key, tries, wait, watch.handed);
        }
        if is_its_own {
            is_incomplete = true;
        } else {
            end.get_or_insert(fault);
        }
    }
    end.map_or(Ok(is_incomplete), Err)
}

/// Fetches messages: several with one request, and what that does not answer in full one by one,
/// four at a time. Each is read as soon as it is there, so that no more are in memory. Fewer fates than
/// messages: Graph has fallen silent.
async fn fetch(
    watch: &mut Watch,
    calls: &Calls<'_>,
    new: &[New],
    max: usize,
) -> Result<Vec<Fate>, Fault> {
    let ids: Vec<&str> = new.iter().map(|(id, _)| id.as_str()).collect();
    let mut share = calls.share();
    let got = watch.or_stop(fetch_together(calls, &ids, &mut share)).await?;
    let pause = got.iter().filter_map(|got| got.as_ref()?.as_ref().err()?.wait()).max();
    let each = ids.iter().zip(got).map(|(id, got)| complete(calls, id, got, pause, max).boxed());
    let each: Vec<BoxFuture<'_, Result<Mail, Fault>>> = each.collect();
    let mut fates = Vec::with_capacity(each.len());
    let mut answers = stream::iter(each).buffered(AT_ONCE);
    for (_, key) in new {
        let answer = async { answers.next().await.ok_or(Fault::Odd) };
        fates.push(match watch.or_stop(answer).await? {
            Ok((bytes, _share)) => {
                take(watch, key, bytes).await?;
                watch.handed += 1;
                watch.doubt.clear();
                Ok(())
            }
            Err(fault) => Err(fault),
        });
        let silent = fates.iter().all(|fate| matches!(fate, Err(Fault::Unreachable)));
        if fates.len() >= AT_ONCE && silent {
            break;
        }
    }
    Ok(fates)
}

/// What one request for several messages answers of each; nothing, if there is only one, or such a
/// request cannot be answered.
async fn fetch_together(
    calls: &Calls<'_>,
    ids: &[&str],
    share: &mut Share,
) -> Result<Vec<Option<Result<Message, Fault>>>, Fault> {
    let none = || ids.iter().map(|_| None).collect();
    Ok(match ids.len() {
        1 => none(),
        _ => match calls.messages(ids, share).await {
            Ok(got) => got.into_iter().map(Some).collect(),
            // A gateway may know no such requests, the answer is too large, or the line is too slow
            // for so much in one go, or Graph stumbles over one of them.
            Err(fault)
                if fault.is_of_one_message()
                    || matches!(fault, Fault::NotFound | Fault::Unreachable) =>
            {
                *share = calls.share();
                none()
            }
            Err(fault) => return Err(fault),
        },
    })
}

/// The bytes of a message, from what was fetched of it with the others.
async fn complete(
    calls: &Calls<'_>,
    id: &str,
    got: Option<Result<Message, Fault>>,
    pause: Option<Duration>,
    max: usize,
) -> Result<Mail, Fault> {
    match (got, pause) {
        // The space it takes is that of all that came with it.
        (Some(Ok(message)), _) if message.is_complete() => Ok((message.to_mail(), calls.share())),
        (Some(Err(Fault::Busy(wait))), _) => Err(Fault::Busy(wait)),
        // Who is asked to wait asks for nothing more.
        (_, Some(wait)) => Err(Fault::Throttled(wait)),
        (Some(Ok(message)), None) => calls.whole(id, message, calls.share(), max).await,
        (None | Some(Err(Fault::NotFound | Fault::TooMuch)), None) => one(calls, id, max).await,
        (Some(Err(fault)), None) => Err(fault),
    }
}

async fn one(calls: &Calls<'_>, id: &str, max: usize) -> Result<Mail, Fault> {
    match calls.message(id, max).await {
        Err(Fault::NotFound) => {
            tokio::time::sleep(MOMENT).await;
            calls.message(id, max).await
        }
        got => got,
    }
}

/// The messages that were not looked at, with their keys.
pub(super) async fn unread(watch: &Watch, listed: Vec<Listed>) -> Result<Vec<New>, Fault> {
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let (tenant, mailbox) = (&watch.held.mailbox.tenant, &watch.held.mailbox.id);
    let mut new = with_keys(watch, listed).await?;
    let mut conn = watch.keys.db.read().await?;
    let keys: Vec<&str> = new.iter().map(|(_, key)| key.as_str()).collect();
    let mut seen = graph::done(&mut conn, tenant, mailbox, &keys).await?;
    new.retain(|(_, key)| seen.insert(key.clone()));
    Ok(new)
}

/// The messages with their keys.
pub(super) async fn with_keys(watch: &Watch, listed: Vec<Listed>) -> Result<Vec<New>, Fault> {
    let (tenant, mailbox) = (&watch.held.mailbox.tenant, &watch.held.mailbox.id);
    let mut conn = watch.keys.db.read().await?;
    let hash_key = tenants::hash_key(&mut conn, &watch.keys.vault, tenant).await?;
    let hash_key = hash_key.ok_or(Fault::Stopped)?;
    let with_key = |Listed { id, .. }: Listed| {
        let key = hash_key.digest("graph message", &[mailbox.as_str().as_bytes(), id.as_bytes()]);
        (id, key)
    };
    Ok(listed.into_iter().map(with_key).collect())
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

/// Counts that a message was not handed over, and sets it aside at the last of [`TRIES`].
async fn count(watch: &Watch, key: &str) -> Result<i64, Fault> {
    let (tenant, mailbox) = (&watch.held.mailbox.tenant, &watch.held.mailbox.id);
    let now = watch.keys.clock.now();
    let item = Item { tenant, mailbox, key };
    let mut tx = watch.keys.db.begin_write().await?;
    let tries = graph::refused(&mut tx, &item, now).await?;
    if tries >= TRIES {
        let id = MessageId { tenant, mailbox, key };
        messages::finish(&mut tx, &id, Outcome::Quarantined, "withheld", now).await?;
        graph::set_aside(&mut tx, &item, now).await?;
        warn!(%mailbox, "Microsoft Graph does not hand a message over; it is set aside");
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(tries)
}

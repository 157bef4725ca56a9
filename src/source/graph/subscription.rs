//! Sees to it that Graph tells us when something comes, if it can reach us. That it cannot makes no
//! mailbox ill: it is looked at all the same, only less often.

use super::calls::Calls;
use super::connector::Connector;
use super::fault::Fault;
use super::strays;
use super::watch::Watch;
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::graph::{self, Kept, STRAY_SECS, Subscription};
use crate::vault::secret::{self, Secret};
use std::time::Duration;
use tracing::{info, warn};
use url::Url;

/// How long a subscription is asked for, in seconds. Graph's limit for messages was 4,230 minutes
/// and is 10,080 now; what is below both is accepted everywhere.
const LIFE: i64 = 4_200 * 60;

/// How long after a failure the next attempt is made.
const AGAIN: i64 = 5 * 60;

/// Makes, renews or replaces the mailbox's subscription if it is time, by what is known of it. What is
/// heard meanwhile is for the next look. Answers whether Graph tells us, if it is to.
pub(super) async fn ensure(
    watch: &Watch,
    calls: &Calls<'_>,
    known: &Subscription,
) -> Result<bool, Fault> {
    let now = watch.keys.clock.now();
    let known = &without_strays(watch, calls, known, now).await?;
    let lives = !known.id.is_empty() && !known.removed && known.expires_at > now.0;
    let Some(urls) = watch.keys.connector.webhook_urls() else {
        if lives {
            end(watch, calls, known).await?;
        }
        return Ok(true);
    };
    let webhook_hash = secret::hash(urls[0].as_str());
    if lives && known.webhook_hash != webhook_hash {
        // Who listened there may not be us any more.
        end(watch, calls, known).await?;
    } else if (lives || known.id.is_empty()) && known.renew_at > now.0 {
        return Ok(lives);
    } else if lives && watch.lacks_fresh {
        // With the token before it would end when that does, and Graph would not ask again.
        return Ok(lives);
    } else if lives {
        match watch.or_stop(calls.renew(&known.id, now.plus_secs(LIFE))).await {
            Ok(()) => {
                keep(watch, &known.id, known, now).await?;
                return Ok(true);
            }
            // It is over, or another app's, whose place this one has taken.
            Err(Fault::NotFound | Fault::CursorLost | Fault::Forbidden | Fault::Refused(_)) => {}
            Err(fault) => {
                put_off(watch, known, fault, now).await?;
                return Ok(true);
            }
        }
    }
    create(watch, calls, urls, known.stray_at, now).await
}

/// What is said of a mailbox of which Graph does not tell us, though it is to.
pub(super) fn lacking(connector: &Connector, poll: Duration) -> Option<String> {
    let [changes, _] = connector.webhook_urls()?;
    let seconds = poll.as_secs();
    let often = match (seconds, seconds / 60) {
        (0 | 1, _) => "second".to_owned(),
        (_, 0) => format!("{seconds} seconds"),
        (_, 1) => "minute".to_owned(),
        (_, minutes) => format!("{minutes} minutes"),
    };
    Some(format!(
        "Microsoft does not notify us for now: new mail is looked for every {often} instead; if that lasts, see \
         that {changes} is reached from outside"
    ))
}

/// `stray_at` says since when there may be another one that nobody knows of. Answers whether it was made.
async fn create(
    watch: &Watch,
    calls: &Calls<'_>,
    [changes, lifecycle]: [Url; 2],
    stray_at: i64,
    now: Millis,
) -> Result<bool, Fault> {
    let client_state = Secret::new("");
    let (held, hash) = (&watch.held, client_state.hash());
    let mut tx = watch.keys.db.begin_write().await?;
    let webhook_hash = secret::hash(changes.as_str());
    if !graph::begin_subscription(&mut tx, held, [&hash, &webhook_hash], now).await? {
        return Err(Fault::Stopped);
    }
    let begun = graph::subscription(&mut tx, held).await?;
    tx.commit().await.map_err(StoreError::from)?;
    let until = now.plus_secs(LIFE);
    let urls = [strays::address(&changes, &held.mailbox.id), lifecycle];
    let asked = calls.subscribe(&held.mailbox.folder, &urls, client_state.plain(), until);
    let answered = Subscription { stray_at, ..begun.clone() };
    match watch.or_stop(asked).await {
        Ok(subscribed) => {
            info!(mailbox = %held.mailbox.id, "subscribed at Microsoft Graph");
            if !keep(watch, &subscribed.id, &answered, now).await? {
                // Whoever has the mailbox now knows nothing of it.
                calls.unsubscribe(&subscribed.id).await?;
                return Err(Fault::Stopped);
            }
            return Ok(true);
        }
        Err(fault) if is_answer(&fault) => put_off(watch, &answered, fault, now).await?,
        Err(fault) => put_off(watch, &begun, fault, now).await?,
    }
    Ok(false)
}

/// Whether Graph has said that it did not do what it was asked for.
const fn is_answer(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Refused(_)
            | Fault::Forbidden
            | Fault::Unauthorized
            | Fault::NotFound
            | Fault::NoMailbox
            | Fault::Throttled(_)
    )
}

/// Ends the mailbox's subscriptions that nobody knows of, once they can have been made, if there may be any.
/// Gives what is known after that.
async fn without_strays(
    watch: &Watch,
    calls: &Calls<'_>,
    known: &Subscription,
    now: Millis,
) -> Result<Subscription, Fault> {
    if known.stray_at == 0 || now < Millis(known.stray_at).plus_secs(STRAY_SECS) {
        return Ok(known.clone());
    }
    let mailbox = &watch.held.mailbox.id;
    let ended = watch.or_stop(strays::end(&watch.keys.connector, calls, mailbox, &known.id)).await;
    let stray_at = match &ended {
        Ok(0) => 0,
        Ok(number) => {
            info!(%mailbox, number, "ended subscriptions at Microsoft Graph that nobody knew of");
            0
        }
        Err(Fault::Stopped) => return Err(Fault::Stopped),
        Err(fault) => {
            warn!(%mailbox, "cannot look for subscriptions that nobody knows of: {fault}");
            // Where that is not allowed, they end by themselves.
            let is_final =
                is_answer(fault) && fault.wait().is_none() && !matches!(fault, Fault::Unauthorized);
            if is_final { 0 } else { now.0 }
        }
    };
    let known = Subscription { stray_at, ..known.clone() };
    write(watch, &known, Millis(known.expires_at), Millis(known.renew_at)).await?;
    match ended {
        Err(fault) if fault.wait().is_some() => Err(fault),
        _ => Ok(known),
    }
}

/// Ends a subscription that nobody listens to as far as Graph lets us; it ends by itself anyway.
async fn end(watch: &Watch, calls: &Calls<'_>, known: &Subscription) -> Result<(), Fault> {
    match watch.or_stop(calls.unsubscribe(&known.id)).await {
        Err(Fault::Stopped) => return Err(Fault::Stopped),
        Err(fault) => {
            warn!(mailbox = %watch.held.mailbox.id, "cannot end a subscription: {fault}");
        }
        Ok(()) => {}
    }
    let none = Subscription { id: String::new(), ..known.clone() };
    write(watch, &none, Millis(0), Millis(0)).await?;
    Ok(())
}

/// Renewed between a third and half of its life, so that many do not come at the same time. False:
/// the lease was lost.
async fn keep(watch: &Watch, id: &str, known: &Subscription, now: Millis) -> Result<bool, Fault> {
    let jitter: u32 = rand::random_range(0..=100);
    let renew_at = now.plus_secs(LIFE / 3 + LIFE / 6 * i64::from(jitter) / 100);
    let kept = Subscription { id: id.to_owned(), ..known.clone() };
    write(watch, &kept, now.plus_secs(LIFE), renew_at).await
}

/// Tries again later, not before Graph allows it. What the whole mailbox suffers from, the look that
/// follows will find; where Graph asks us to wait, there is none.
async fn put_off(
    watch: &Watch,
    known: &Subscription,
    fault: Fault,
    now: Millis,
) -> Result<(), Fault> {
    if matches!(fault, Fault::Stopped) {
        return Err(Fault::Stopped);
    }
    metrics::counter!("undersigned_graph_subscription_failures_total", "reason" => fault.reason())
        .increment(1);
    warn!(
        mailbox = %watch.held.mailbox.id,
        "cannot subscribe at Microsoft Graph: {fault}; new mail is polled for meanwhile"
    );
    let asked = fault.wait().map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX));
    let again = now.plus_secs(AGAIN.max(asked));
    write(watch, known, Millis(known.expires_at), again).await?;
    if fault.wait().is_some() { Err(fault) } else { Ok(()) }
}

async fn write(
    watch: &Watch,
    known: &Subscription,
    expires_at: Millis,
    renew_at: Millis,
) -> Result<bool, Fault> {
    let kept =
        Kept { id: &known.id, expires_at, renew_at, hints: known.hints, stray_at: known.stray_at };
    let mut tx = watch.keys.db.begin_write().await?;
    let ours = graph::keep_subscription(&mut tx, &watch.held, &kept).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(ours)
}

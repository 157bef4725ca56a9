//! Sees to it that Graph tells us when something comes, if it can reach us. That it cannot makes no
//! mailbox ill: it is looked at all the same, only less often.

use super::calls::Calls;
use super::fault::Fault;
use super::watch::Watch;
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::graph::{self, Subscription};
use crate::vault::secret::Secret;
use tracing::{info, warn};
use url::Url;

/// How long a subscription is asked for, in seconds. Graph's limit for messages was 4,230 minutes
/// and is 10,080 now; what is below both is accepted everywhere.
const LIFE: i64 = 4_200 * 60;

/// How long after a failure the next attempt is made.
const AGAIN: i64 = 5 * 60;

/// Makes, renews or replaces the mailbox's subscription if it is time.
pub(super) async fn ensure(watch: &Watch, calls: &Calls<'_>) -> Result<(), Fault> {
    let Some(urls) = watch.keys.connector.webhook_urls() else { return Ok(()) };
    let known = graph::subscription(&mut *watch.keys.db.read().await?, &watch.held).await?;
    let now = watch.keys.clock.now();
    let lives = !known.id.is_empty() && !known.removed && known.expires_at > now.0;
    if lives && !known.reauthorize && known.renew_at > now.0 {
        return Ok(());
    }
    if lives {
        match watch.or_stop(calls.renew(&known.id, now.plus_secs(LIFE))).await {
            Ok(()) => return keep(watch, &known.id, now).await,
            Err(Fault::NotFound) => {}
            Err(fault) => return put_off(watch, &known, &fault, now).await,
        }
    } else if known.id.is_empty() && known.renew_at > now.0 {
        return Ok(());
    }
    create(watch, calls, &urls, &known, now).await
}

async fn create(
    watch: &Watch,
    calls: &Calls<'_>,
    urls: &[Url; 2],
    known: &Subscription,
    now: Millis,
) -> Result<(), Fault> {
    let client_state = Secret::new("");
    let mut tx = watch.keys.db.begin_write().await?;
    if !graph::begin_subscription(&mut tx, &watch.held, &client_state.hash()).await? {
        return Err(Fault::Stopped);
    }
    tx.commit().await.map_err(StoreError::from)?;
    let folder = &watch.held.mailbox.folder;
    let until = now.plus_secs(LIFE);
    let asked = calls.subscribe(folder, urls, client_state.plain(), until);
    match watch.or_stop(asked).await {
        Ok(subscribed) => {
            info!(mailbox = %watch.held.mailbox.id, "subscribed at Microsoft Graph");
            keep(watch, &subscribed.id, now).await
        }
        Err(fault) => {
            put_off(watch, &Subscription { id: String::new(), ..known.clone() }, &fault, now).await
        }
    }
}

/// Renewed between a third and half of its life, so that many do not come at the same time.
async fn keep(watch: &Watch, id: &str, now: Millis) -> Result<(), Fault> {
    let jitter: u32 = rand::random_range(0..=100);
    let renew_at = now.plus_secs(LIFE / 3 + LIFE / 6 * i64::from(jitter) / 100);
    write(watch, id, now.plus_secs(LIFE), renew_at).await
}

/// Tries again later. What the whole mailbox suffers from, the look that follows will find.
async fn put_off(
    watch: &Watch,
    known: &Subscription,
    fault: &Fault,
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
    write(watch, &known.id, Millis(known.expires_at), now.plus_secs(AGAIN)).await
}

async fn write(watch: &Watch, id: &str, expires_at: Millis, renew_at: Millis) -> Result<(), Fault> {
    let mut tx = watch.keys.db.begin_write().await?;
    graph::keep_subscription(&mut tx, &watch.held, id, expires_at, renew_at).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

//! All mailboxes of this worker: claims them, watches each in a task of its own, and lets go of what
//! was paused, removed, changed or claimed by another.

use crate::clock::Clock;
use crate::store::mailboxes::{self, Held, Kind, Report, State};
use crate::store::{Db, Id, MailboxId, StoreError};
use futures::FutureExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// How often the database is asked what has changed.
const TICK: Duration = Duration::from_secs(2);

/// Every how many ticks the leases are renewed: a third of a lease.
const RENEWAL: u64 = 5;

/// How many mailboxes are claimed in one go, so that replicas that start together share …
const CLAIM: usize = 100;

/// … and how soon there is another go while there are more.
const SOON: Duration = Duration::from_millis(500);

/// Before a mailbox whose task panicked is watched again.
const AFTER_PANIC: Duration = Duration::from_mins(5);

/// Watches one mailbox after the other has been claimed: what differs between the kinds.
pub trait Tend: Send + Sync + 'static {
    /// The kind it watches.
    const KIND: Kind;

    /// Watches a mailbox until `stop` is cancelled or its lease is lost. Dropped when the mailbox
    /// was claimed by another.
    fn tend(&self, held: Held, stop: CancellationToken) -> impl Future<Output = ()> + Send;
}

/// Watches mailboxes of one kind. Any number of workers may share a database.
pub struct Watchers<T> {
    db: Db,
    clock: Clock,
    tender: T,
    /// The name of this worker, new with every start.
    holder: String,
}

/// What the running tasks are known by.
type Tasks = HashMap<MailboxId, (i64, AbortHandle)>;

impl<T: Tend> Watchers<T> {
    /// A worker that watches with `tender`.
    pub fn over(db: Db, clock: Clock, tender: T) -> Self {
        Self { db, clock, tender, holder: Id::<()>::new().to_string() }
    }

    /// Watches until `soft` is cancelled, then finishes the messages at hand and gives the
    /// mailboxes back; leaves everything when `hard` is cancelled, for another worker to take when
    /// the leases run out.
    pub async fn run(self, soft: CancellationToken, hard: CancellationToken) {
        let watchers = Arc::new(self);
        let mut running = JoinSet::new();
        let mut tasks = Tasks::new();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for tick in 1_u64.. {
            if soft.run_until_cancelled(ticks.tick()).await.is_none() {
                break;
            }
            while running.try_join_next().is_some() {}
            match watchers.take_stock(&mut tasks, tick % RENEWAL == 0).await {
                Ok(claimed) => {
                    if claimed.len() >= CLAIM {
                        ticks.reset_after(SOON);
                    }
                    for held in claimed {
                        let (id, fence) = (held.mailbox.id.clone(), held.fence);
                        let tend = Arc::clone(&watchers).tend(held, soft.child_token());
                        tasks.insert(id, (fence, running.spawn(tend)));
                    }
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(error, "cannot claim mailboxes; tried again");
                }
            }
        }
        let finish = async { while running.join_next().await.is_some() {} };
        tokio::select! {
            () = finish => watchers.let_go().await,
            () = hard.cancelled() => running.shutdown().await,
        }
    }

    /// Stops what is not ours any more and claims what is nobody's.
    async fn take_stock(&self, tasks: &mut Tasks, renew: bool) -> Result<Vec<Held>, StoreError> {
        let now = self.clock.now();
        // If the power fails, nobody is left who holds anything.
        let mut tx = self.db.begin_repeatable().await?;
        if renew {
            mailboxes::renew(&mut tx, &self.holder, now).await?;
        }
        let ours: HashMap<MailboxId, i64> =
            mailboxes::held(&mut tx, &self.holder, now).await?.into_iter().collect();
        tasks.retain(|mailbox, (fence, task)| {
            let keep = ours.get(mailbox) == Some(fence) && !task.is_finished();
            if !keep {
                task.abort();
            }
            keep
        });
        for (mailbox, fence) in ours.iter().filter(|(mailbox, _)| !tasks.contains_key(*mailbox)) {
            mailboxes::release(&mut tx, mailbox, *fence).await?;
        }
        let limit = u32::try_from(CLAIM).unwrap_or(u32::MAX);
        let claimed = mailboxes::claim(&mut tx, T::KIND, &self.holder, now, limit).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Watches one mailbox; a panic costs the others nothing.
    async fn tend(self: Arc<Self>, held: Held, stop: CancellationToken) {
        loop {
            let run = self.tender.tend(held.clone(), stop.clone());
            if AssertUnwindSafe(run).catch_unwind().await.is_ok() {
                return;
            }
            error!(mailbox = %held.mailbox.id, "watching a mailbox panicked; tried again later");
            self.report_panic(&held).await;
            tokio::select! {
                () = tokio::time::sleep(AFTER_PANIC) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn report_panic(&self, held: &Held) {
        let report = async {
            let mut tx = self.db.begin_write().await?;
            let detail =
                "an error in undersigned itself; it is tried again by itself, please report it";
            let report = Report::now(State::Stalled, detail);
            mailboxes::set_state(&mut tx, held, &report, self.clock.now()).await?;
            Ok::<_, StoreError>(tx.commit().await?)
        };
        if let Err(error) = report.await {
            warn!(error = &error as &dyn std::error::Error, "cannot say how a mailbox fares");
        }
    }

    /// Gives every mailbox back, so that another worker need not wait for the leases to end.
    async fn let_go(&self) {
        let release = async {
            let mut tx = self.db.begin_write().await?;
            mailboxes::release_all(&mut tx, &self.holder).await?;
            Ok::<_, StoreError>(tx.commit().await?)
        };
        match release.await {
            Ok(()) => info!("all mailboxes given back"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(
                    error,
                    "the mailboxes could not be given back; their leases run out by themselves"
                );
            }
        }
    }
}

/// A part of that time, three quarters of it or more: mailboxes that a start has connected at once are not
/// looked at in step ever after.
pub fn spread(period: Duration) -> Duration {
    period.mul_f64(rand::random_range(0.75..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_at_once_is_spread_over_a_quarter_of_the_period() {
        let period = Duration::from_mins(5);
        let all: Vec<_> = (0..1000).map(|_| spread(period)).collect();
        let (least, most) = (*all.iter().min().unwrap(), *all.iter().max().unwrap());
        assert!(period * 3 / 4 <= least && least < period * 4 / 5, "{least:?}");
        assert!(period * 19 / 20 < most && most <= period, "{most:?}");
    }
}

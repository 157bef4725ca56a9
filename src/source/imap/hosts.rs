//! Servers count how often one address connects: a host is given a few new connections at a time.
//!
//! A mailbox that hangs delays no other: one that did not come through last time waits among its
//! like, and whoever takes long gives the turn back before the connection is made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

/// How long one that takes long keeps others waiting.
const LONG: Duration = Duration::from_secs(2);

/// What share of a host's connections is for mailboxes that did not come through last time.
const SHARE_OF_ILL: usize = 4;

/// How a mailbox fared the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Before {
    /// Well, or it was never tried.
    Well,
    /// It could not be connected.
    Ill,
}

impl Before {
    /// Whether it `was_ill`.
    pub(super) const fn of(was_ill: bool) -> Self {
        if was_ill { Self::Ill } else { Self::Well }
    }
}

/// Turns at connecting, for each host.
#[derive(Debug)]
pub(super) struct Hosts {
    turns: Mutex<HashMap<(String, Before), Arc<Semaphore>>>,
    per_host: usize,
}

impl Hosts {
    /// `per_host` connections may be in the making at the same time.
    pub(super) fn new(per_host: usize) -> Self {
        Self { turns: Mutex::default(), per_host: per_host.max(1) }
    }

    /// Makes a connection to a host when it is its turn.
    pub(super) async fn in_turn<T>(
        &self,
        host: &str,
        before: Before,
        connect: impl Future<Output = T>,
    ) -> T {
        let turn = self.turn(host, before).await;
        tokio::pin!(connect);
        tokio::select! {
            connected = &mut connect => return connected,
            () = sleep(LONG) => drop(turn),
        }
        connect.await
    }

    async fn turn(&self, host: &str, before: Before) -> Option<OwnedSemaphorePermit> {
        let of_ill = self.per_host.div_ceil(SHARE_OF_ILL);
        let count = match before {
            Before::Ill => of_ill,
            Before::Well => self.per_host.saturating_sub(of_ill).max(1),
        };
        let turns = {
            let mut hosts = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.retain(|_, turns| Arc::strong_count(turns) > 1);
            let turns = hosts.entry((host.to_lowercase(), before));
            Arc::clone(turns.or_insert_with(|| Arc::new(Semaphore::new(count))))
        };
        turns.acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use tokio::time::{Instant, timeout};

    #[tokio::test(start_paused = true)]
    async fn hanging_connections_keep_nobody_waiting_for_long() {
        let hosts = Arc::new(Hosts::new(8));
        let hang = |before| {
            let hosts = Arc::clone(&hosts);
            tokio::spawn(async move { hosts.in_turn("h", before, pending::<()>()).await })
        };
        let hanging: Vec<_> = (0..100).map(|_| hang(Before::Ill)).collect();
        tokio::task::yield_now().await;
        let began = Instant::now();
        hosts.in_turn("H", Before::Well, ready(())).await;
        assert_eq!(
            began.elapsed(),
            Duration::ZERO,
            "those that hung before have turns of their own"
        );

        let fresh: Vec<_> = (0..12).map(|_| hang(Before::Well)).collect();
        tokio::task::yield_now().await;
        hosts.in_turn("h", Before::Well, ready(())).await;
        assert!(began.elapsed() <= LONG * 3, "{:?}", began.elapsed());
        hanging.into_iter().chain(fresh).for_each(|task| task.abort());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_allowed_are_made_at_once() {
        let hosts = Hosts::new(1);
        let first = hosts.turn("h", Before::Well).await;
        let second = timeout(Duration::from_secs(9), hosts.turn("h", Before::Well)).await;
        assert!(first.is_some() && second.is_err());
        assert!(hosts.turn("other", Before::Well).await.is_some());
    }
}

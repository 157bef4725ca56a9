//! Servers count how often one address connects: a host is given a few new connections at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns at connecting, for each host.
#[derive(Debug)]
pub(super) struct Hosts {
    turns: Mutex<HashMap<String, Arc<Semaphore>>>,
    per_host: usize,
}

impl Hosts {
    /// `per_host` connections may be in the making at the same time.
    pub(super) fn new(per_host: usize) -> Self {
        Self { turns: Mutex::default(), per_host: per_host.max(1) }
    }

    /// Waits for a turn; it ends when the permit is dropped.
    pub(super) async fn turn(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let turns = {
            let mut hosts = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.retain(|_, turns| Arc::strong_count(turns) > 1);
            Arc::clone(
                hosts
                    .entry(host.to_lowercase())
                    .or_insert_with(|| Arc::new(Semaphore::new(self.per_host))),
            )
        };
        turns.acquire_owned().await.ok()
    }
}

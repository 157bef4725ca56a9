//! Cuts a mailbox's wait short when a hint has come for it, to whichever replica it came.

use crate::store::graph;
use crate::store::{Db, MailboxId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How often hints are looked for.
const TICK: Duration = Duration::from_millis(500);

/// The mailboxes of this worker that wait.
#[derive(Debug, Clone, Default)]
pub struct Wakes(Arc<Mutex<HashMap<MailboxId, Arc<Notify>>>>);

impl Wakes {
    /// What wakes a mailbox up.
    pub(super) fn of(&self, mailbox: &MailboxId) -> Arc<Notify> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, notify| Arc::strong_count(notify) > 1);
        Arc::clone(waiting.entry(mailbox.clone()).or_default())
    }

    /// Looks for hints until `stop`.
    pub async fn run(self, db: Db, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(TICK)).await.is_some() {
            if self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                continue;
            }
            let hinted = async { graph::hinted(&mut *db.read().await?).await };
            match hinted.await {
                Ok(mailboxes) => self.wake(&mailboxes),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(error, "cannot look for hints of Microsoft Graph; tried again");
                }
            }
        }
    }

    fn wake(&self, mailboxes: &[MailboxId]) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for notify in mailboxes.iter().filter_map(|mailbox| waiting.get(mailbox)) {
            notify.notify_one();
        }
    }
}

//! Keeps what notifications say before they are acknowledged.
//!
//! All that come while one transaction is being written go into the next one together: what the
//! database needs for each commit is paid once for many, and an answer waits for two commits at most.

use crate::store::graph::{self, Hint};
use crate::store::{Db, MailboxId, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tracing::error;

/// Who waits for what to be kept. The answer says how many hints were genuine.
type Waiting = (HashSet<Hint>, oneshot::Sender<usize>);

/// Keeps hints; clones share the queue.
#[derive(Debug, Clone)]
pub struct Hints {
    db: Db,
    queue: Arc<Mutex<Vec<Waiting>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// Nothing is kept: whoever sent it has to send it again.
#[derive(Debug, thiserror::Error)]
#[error("notifications cannot be kept for now")]
pub struct NotKept;

impl Hints {
    /// Keeps hints in a database.
    pub fn new(db: Db) -> Self {
        Self { db, queue: Arc::default(), turn: Arc::default() }
    }

    /// Keeps those that are genuine and says how many they were. They are durable when it answers.
    pub async fn keep(&self, hints: HashSet<Hint>) -> Result<usize, NotKept> {
        let (answer, answered) = oneshot::channel();
        self.queue().push((hints, answer));
        // A task of its own: who asked may hang up while others wait for the same transaction.
        let keeper = self.clone();
        tokio::spawn(async move { keeper.keep_queued().await });
        answered.await.map_err(|_| NotKept)
    }

    async fn keep_queued(&self) {
        let _turn = self.turn.lock().await;
        let waiting = std::mem::take(&mut *self.queue());
        if waiting.is_empty() {
            return;
        }
        match self.write(&waiting).await {
            Ok(kept) => {
                for ((_, answer), kept) in waiting.into_iter().zip(kept) {
                    // Who does not wait any more need not know.
                    let _ = answer.send(kept);
                }
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                error!(
                    error,
                    "notifications of Microsoft Graph cannot be kept; it sends them again"
                );
            }
        }
    }

    /// Who sends what is not genuine makes nobody else wait for the lock on the database.
    async fn write(&self, waiting: &[Waiting]) -> Result<Vec<usize>, StoreError> {
        let hints: HashSet<&Hint> = waiting.iter().flat_map(|(hints, _)| hints).collect();
        let mut genuine: HashMap<&Hint, MailboxId> = HashMap::new();
        let mut conn = self.db.read().await?;
        for hint in hints {
            if let Some(mailbox) = graph::genuine(&mut conn, hint).await? {
                genuine.insert(hint, mailbox);
            }
        }
        drop(conn);
        if !genuine.is_empty() {
            // In one order, so that workers who keep the same at the same time do not wait for each other.
            let mut in_order: Vec<_> = genuine.iter().collect();
            in_order.sort_unstable_by(|(_, one), (_, other)| one.as_str().cmp(other.as_str()));
            let mut tx = self.db.begin_write().await?;
            for (hint, mailbox) in in_order {
                graph::keep_hint(&mut tx, mailbox, hint).await?;
            }
            tx.commit().await?;
        }
        let count =
            |hints: &HashSet<Hint>| hints.iter().filter(|hint| genuine.contains_key(hint)).count();
        Ok(waiting.iter().map(|(hints, _)| count(hints)).collect())
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

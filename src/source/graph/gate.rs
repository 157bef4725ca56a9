//! How many requests at a time, and not before when: what Outlook allows an app for one mailbox, and
//! how long Microsoft asks it to wait. Everything of this process that asks in the name of the app goes
//! through the same gate: the worker, the API, a second connection to the same mailbox.

use super::calls::AT_ONCE;
use crate::store::graph::App;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Which gate: the directory and the app, and what it is asked about.
type Key = [String; 3];

/// The gates of all apps and mailboxes that are asked about, or not to be asked about yet.
#[derive(Default)]
pub(super) struct Gates(Mutex<HashMap<Key, Arc<Gate>>>);

impl Gates {
    /// The gate of an app to a mailbox.
    pub(super) fn to(&self, app: &App, mailbox: &str) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.len() == gates.capacity() {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1 || gate.check().is_err());
        }
        let key = [app.directory.clone(), app.client_id.clone(), mailbox.to_ascii_lowercase()];
        Arc::clone(gates.entry(key).or_default())
    }
}

/// One gate.
pub(super) struct Gate {
    room: Arc<Semaphore>,
    opens_at: Mutex<Option<Instant>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE)), opens_at: Mutex::default() }
    }
}

/// What a request takes up until its answer is read.
pub(super) struct Room(#[expect(dead_code, reason = "given back when it is dropped")] Permit);

type Permit = Option<OwnedSemaphorePermit>;

impl Gate {
    /// Waits for the room of so many requests; if it is closed, says for how long.
    pub(super) async fn enter(&self, requests: u32) -> Result<Room, Duration> {
        self.check()?;
        let room = Arc::clone(&self.room).acquire_many_owned(requests).await;
        // It may have been closed meanwhile.
        self.check()?;
        Ok(Room(room.ok()))
    }

    /// Fails while it is closed, with how long that lasts.
    pub(super) fn check(&self) -> Result<(), Duration> {
        let opens_at = *self.opens_at.lock().unwrap_or_else(PoisonError::into_inner);
        let left = opens_at.map(|at| at.saturating_duration_since(Instant::now()));
        left.filter(|left| !left.is_zero()).map_or(Ok(()), Err)
    }

    /// Lets nobody through for so long.
    pub(super) fn close(&self, wait: Duration) {
        let mut opens_at = self.opens_at.lock().unwrap_or_else(PoisonError::into_inner);
        *opens_at = (*opens_at).max(Instant::now().checked_add(wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;
    use crate::store::graph::Credential;
    use futures::FutureExt;

    fn app(client_id: &str) -> App {
        App {
            directory: "kugellager.test".to_owned(),
            client_id: client_id.to_owned(),
            credential: Credential::Secret,
            secret: "secret".into(),
            secret_expires_at: None,
            changed_at: Millis(0),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_about_a_mailbox_share_its_room_and_its_pause() {
        let gates = Gates::default();
        let worker = gates.to(&app("one"), "Rep@x.test");
        let api = gates.to(&app("one"), "rep@x.test");
        {
            let one = worker.enter(1).await.expect("room");
            let batch = api.enter(4);
            tokio::pin!(batch);
            assert!(batch.as_mut().now_or_never().is_none(), "it waits for the last of the others");
            drop(one);
            let batch = batch.await.expect("room");
            let waiting = worker.enter(1);
            tokio::pin!(waiting);
            assert!(waiting.as_mut().now_or_never().is_none());
            api.close(Duration::from_secs(9));
            api.close(Duration::from_secs(3));
            drop(batch);
            assert!(waiting.await.is_err(), "who waited for room asks for nothing any more");
        }
        assert_eq!(worker.check(), Err(Duration::from_secs(9)), "the longer pause counts");
        assert_eq!(gates.to(&app("one"), "other@x.test").check(), Ok(()));
        assert_eq!(gates.to(&app("two"), "rep@x.test").check(), Ok(()));
        drop((worker, api));
        for number in 0..100 {
            gates.to(&app("one"), &format!("{number}@x.test"));
        }
        let again = gates.to(&app("one"), "rep@x.test");
        assert!(again.check().is_err(), "a pause is not forgotten when nobody asks");
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(again.enter(4).await.is_ok());
        drop(again);
        for number in 0..1000 {
            gates.to(&app("one"), &format!("{number}@y.test"));
        }
        assert!(gates.0.lock().expect("gates").len() < 300, "gates that nobody needs go");
    }
}

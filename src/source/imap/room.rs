//! How much of messages is in memory at once, over all mailboxes of this worker.
//!
//! Nobody waits for it: a server that hands out a message drop by drop holds what it has taken, and
//! every other mailbox is read as before.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of the texts of one message every mailbox may fetch at any time.
const OWN: usize = 256 * 1024;

/// How much it may fetch while there is room.
const MOST: usize = 1024 * 1024;

/// How many mailboxes may fetch so much at the same time: 48 MiB.
const PLACES: usize = 48;

/// Room for the texts of large messages.
#[derive(Debug)]
pub(super) struct Room(Arc<Semaphore>);

/// A mailbox's part of it, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    /// How many bytes it may fetch.
    pub(super) bytes: usize,
    _place: Option<OwnedSemaphorePermit>,
}

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLACES)))
    }
}

impl Room {
    /// What a mailbox may fetch of a message now.
    pub(super) fn share(&self) -> Share {
        let place = Arc::clone(&self.0).try_acquire_owned().ok();
        Share { bytes: if place.is_some() { MOST } else { OWN }, _place: place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_takes_long_leaves_every_other_mailbox_its_own_part() {
        let room = Room::default();
        let slow: Vec<Share> = (0..200).map(|_| room.share()).collect();
        let taken: usize = slow.iter().map(|share| share.bytes).sum();
        assert_eq!(taken, PLACES * MOST + (200 - PLACES) * OWN);
        assert_eq!(room.share().bytes, OWN);
        drop(slow);
        assert_eq!(room.share().bytes, MOST);
    }
}

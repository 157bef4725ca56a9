//! How much of messages is in memory at once, over all mailboxes of this worker.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// All of it.
const KIB: u32 = 48 * 1024;

/// What is fetched without asking for room: a message as people write it.
const SMALL: usize = 64 * 1024;

/// How long room is waited for. A server that hands out a large message drop by drop takes it for
/// minutes; others then take more than there is.
const WAIT: Duration = Duration::from_secs(30);

/// Room for messages that are being fetched and read.
#[derive(Debug)]
pub(super) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(KIB).unwrap_or(usize::MAX))))
    }
}

impl Room {
    /// Room for so many bytes, given back when dropped.
    pub(super) async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        if bytes <= SMALL {
            return None;
        }
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(KIB).min(KIB);
        timeout(WAIT, Arc::clone(&self.0).acquire_many_owned(kib)).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn large_messages_wait_for_each_other_but_not_for_ever_and_small_ones_never() {
        let room = Room::default();
        let began = Instant::now();
        let first = room.take(32 << 20).await;
        assert!(first.is_some());
        assert!(room.take(16 << 20).await.is_some());
        assert!(room.take(4 * 1024).await.is_none());
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(room.take(256 << 20).await.is_none());
        assert_eq!(began.elapsed(), WAIT);
        drop(first);
        assert!(room.take(256 << 20).await.is_some());
        assert_eq!(began.elapsed(), WAIT);
    }
}

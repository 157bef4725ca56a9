//! How much of what Graph answers about messages is in memory at once, over all mailboxes of this
//! process.
//!
//! Nobody waits for it: an answer that finds no space is given up and asked for a little later, and
//! every other mailbox is read as before.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of an answer is read at any time, and how much is taken at once beyond that.
const PIECE: usize = 128 << 10;

/// How many pieces there are for all: 12 MiB of answers, which are there up to three times: as they
/// came, as they were understood, and as mail.
const PIECES: usize = 96;

/// Space for answers about messages.
#[derive(Debug)]
pub(super) struct Space(Arc<Semaphore>);

/// What an answer takes of it, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    space: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Default for Space {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PIECES)))
    }
}

impl Space {
    /// A share of it, of nothing so far.
    pub(super) fn share(&self) -> Share {
        Share { space: Arc::clone(&self.0), taken: None }
    }
}

impl Share {
    /// Makes it large enough for so many bytes; whether there is space.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let pieces = bytes.saturating_sub(1) / PIECE;
        let taken = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(pieces.saturating_sub(taken)).unwrap_or(u32::MAX);
        if more == 0 {
            return true;
        }
        let Ok(found) = Arc::clone(&self.space).try_acquire_many_owned(more) else { return false };
        match &mut self.taken {
            Some(taken) => taken.merge(found),
            none => *none = Some(found),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_answers_share_what_there_is_and_small_ones_always_find_space() {
        let space = Space::default();
        let mut first = space.share();
        assert!((1..=PIECES).all(|pieces| first.grow((pieces + 1) * PIECE)));
        assert!(!first.grow((PIECES + 1) * PIECE + 1), "that is all");
        let mut second = space.share();
        assert!(second.grow(PIECE) && !second.grow(PIECE + 1));
        drop(first);
        assert!(second.grow(4 << 20));
        assert!(second.grow(1), "what was taken is kept");
        assert!(!space.share().grow(9 << 20));
    }
}

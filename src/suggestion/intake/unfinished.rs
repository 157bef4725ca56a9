//! Messages that this process has read to the end without harm, and of which the database did not take what
//! came of them. That is not their fault: their attempts are not counted.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many are remembered; beyond that all are forgotten, and counted.
const REMEMBERED: usize = 1000;

/// The messages, by their keys; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Unfinished(Arc<Mutex<HashSet<String>>>);

impl Unfinished {
    /// Remembers a message.
    pub(super) fn note(&self, key: &str) {
        let mut keys = self.keys();
        if keys.len() >= REMEMBERED {
            keys.clear();
        }
        keys.insert(key.to_owned());
    }

    /// Whether a message is one.
    pub(super) fn contains(&self, key: &str) -> bool {
        self.keys().contains(key)
    }

    /// Forgets a message: it is dealt with.
    pub(super) fn forget(&self, key: &str) {
        self.keys().remove(key);
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

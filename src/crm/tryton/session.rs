//! Sessions at Tryton, kept in memory only: signing in takes the server a fifth of a second.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// How many sessions are kept in mind.
const MANY: usize = 1_000;

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Session {
    /// Their id.
    pub(super) user: i64,
    /// What the `Authorization` header says.
    pub(super) header: Zeroizing<String>,
}

/// The session of one user of one database; its lock is held while one signs in.
pub(super) type Seat = Arc<tokio::sync::Mutex<Option<Session>>>;

/// Everybody's sessions; clones share them.
#[derive(Clone, Default)]
pub(in crate::crm) struct Sessions(Arc<Mutex<HashMap<String, Seat>>>);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    /// The session of whom `key` stands for.
    pub(super) fn of(&self, key: &str) -> Seat {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MANY && !all.contains_key(key) {
            all.clear(); // they sign in again
        }
        Arc::clone(all.entry(key.to_owned()).or_default())
    }
}

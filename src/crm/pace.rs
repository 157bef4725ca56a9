//! Keeps to what a CRM allows us to ask in a time, before it has to tell us so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many accounts are kept in mind before those that are at rest are forgotten.
const MANY: usize = 1_000;

/// How often something may be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The time between two requests in the long run.
    pub(super) every: Duration,
    /// How many may come at once before.
    pub(super) at_once: u32,
}

/// When each account may be asked again; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Paces(Arc<Mutex<HashMap<String, Instant>>>);

impl Paces {
    /// Waits until `account` may be asked. The generic cell rate algorithm (ITU-T I.371): each request
    /// moves the account's time on by [`Pace::every`], and it may be ahead by so many at once.
    pub(super) async fn wait(&self, account: &str, pace: Pace) {
        tokio::time::sleep_until(self.turn(account, pace, Instant::now())).await;
    }

    fn turn(&self, account: &str, pace: Pace, now: Instant) -> Instant {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paces.len() > MANY {
            paces.retain(|_, due| *due > now);
        }
        let due = paces.get(account).copied().unwrap_or(now).max(now);
        paces.insert(account.to_owned(), due + pace.every);
        let ahead = pace.every.saturating_mul(pace.at_once.saturating_sub(1));
        due.checked_sub(ahead).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_come_at_once_and_the_rest_one_by_one() {
        let pace = Pace { every: Duration::from_millis(100), at_once: 3 };
        let (paces, now) = (Paces::default(), Instant::now());
        let waits: Vec<u128> =
            (0..5).map(|_| (paces.turn("a", pace, now) - now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        assert_eq!(paces.turn("b", pace, now), now);
        let later = now + Duration::from_secs(9);
        assert_eq!(paces.turn("a", pace, later), later);
    }
}

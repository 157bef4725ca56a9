//! How often somebody may have us connect to a host of their choice: enough to connect mailboxes, too
//! seldom to search a network.

use super::auth::Access;
use super::problem::Problem;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::time::Duration;

/// So many at once …
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);
/// … and then one after each of these.
const EVERY: Duration = Duration::from_secs(20);
/// So many keys are remembered before those that have recovered are dropped.
const REMEMBERED: usize = 10_000;

/// Counts probes in memory; each replica counts for itself.
#[derive(Debug)]
pub(super) struct Probes(DefaultKeyedRateLimiter<String>);

impl Probes {
    pub(super) fn new() -> Self {
        let quota = Quota::with_period(EVERY).unwrap_or(Quota::per_minute(NonZeroU32::MIN));
        Self(RateLimiter::keyed(quota.allow_burst(BURST)))
    }

    /// Counts one, or says how long to wait.
    pub(super) fn count(&self, access: &Access) -> Result<(), Problem> {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        let key = access.actor.to_text();
        self.0.check_key(&key).map_err(|until| {
            Problem::too_many(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
        })
    }
}

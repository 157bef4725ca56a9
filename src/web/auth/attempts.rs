//! How often somebody may try to sign in: per account against guessing, per address against
//! trying many accounts.

use super::address::ClientAddress;
use crate::web::problem::Problem;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many keys are remembered before those that have recovered are dropped.
const REMEMBERED: usize = 10_000;
/// How long an account needs to recover from one failed attempt.
const RECOVERY: Duration = Duration::from_secs(30);
/// How much an account may have to recover from: ten attempts.
const MOST: Duration = Duration::from_mins(5);

/// Counts attempts in memory; each replica counts for itself.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// When an account has recovered from all its attempts.
    accounts: Mutex<HashMap<String, Instant>>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Attempts {
    /// Ten failed attempts an account, then one in half a minute; fifty attempts an address, then
    /// one in two seconds.
    pub(crate) fn new() -> Self {
        Self { accounts: Mutex::default(), addresses: RateLimiter::keyed(quota(50, 2)) }
    }

    /// Counts one attempt, or says how long to wait. It counts before the password is looked at, so
    /// that many at once get no more; [`Attempts::succeeded`] takes it back.
    pub(crate) fn count(&self, account: &str, address: Option<IpAddr>) -> Result<(), Problem> {
        if self.addresses.len() > REMEMBERED {
            self.addresses.retain_recent();
        }
        if let Some(network) = ClientAddress(address).network() {
            self.addresses.check_key(&network).map_err(|until| too_many(&until))?;
        }
        let (now, mut accounts) = (Instant::now(), self.accounts());
        if accounts.len() > REMEMBERED {
            accounts.retain(|_, recovered| *recovered > now);
        }
        let recovered = accounts.get(account).map_or(now, |at| now.max(*at)) + RECOVERY;
        let wait = recovered.duration_since(now).saturating_sub(MOST);
        if !wait.is_zero() {
            return Err(Problem::too_many(wait.as_secs() + 1));
        }
        accounts.insert(account.to_owned(), recovered);
        Ok(())
    }

    /// Takes back an attempt that was counted: it was the right password.
    pub(crate) fn succeeded(&self, account: &str) {
        if let Some(recovered) = self.accounts().get_mut(account) {
            *recovered -= RECOVERY;
        }
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quota(burst: u32, seconds: u64) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(Duration::from_secs(seconds))
        .map_or_else(|| Quota::per_minute(burst), |quota| quota.allow_burst(burst))
}

fn too_many(until: &governor::NotUntil<governor::clock::QuantaInstant>) -> Problem {
    Problem::too_many(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::problem::Kind;

    #[test]
    fn guessing_is_slowed_down_for_the_account_that_is_guessed_only() {
        let attempts = Attempts::new();
        let from = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
        for n in 0..10 {
            assert!(attempts.count("anna@example.test", from(n)).is_ok());
        }
        let refused = attempts.count("anna@example.test", from(11)).expect_err("too many");
        assert_eq!(refused.kind, Kind::TooMany);
        assert!(refused.retry_after.is_some_and(|seconds| (1..=31).contains(&seconds)));
        assert!(attempts.count("otto@example.test", from(11)).is_ok());
    }

    #[test]
    fn who_knows_the_password_signs_in_as_often_as_they_like() {
        let attempts = Attempts::new();
        let from = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
        for n in 0..40 {
            assert!(attempts.count("anna@example.test", from(n)).is_ok());
            attempts.succeeded("anna@example.test");
        }
        // A success takes back only itself.
        for n in 0..9 {
            assert!(attempts.count("anna@example.test", from(n)).is_ok());
        }
        assert!(attempts.count("anna@example.test", from(9)).is_ok());
        attempts.succeeded("anna@example.test");
        assert!(attempts.count("anna@example.test", from(9)).is_ok());
        assert!(attempts.count("anna@example.test", from(9)).is_err());
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let attempts = Attempts::new();
        let tries = (0..60_u8).map(|n| {
            let host = u128::from(n);
            let from = IpAddr::V6((0x2001_0db8_u128 << 96 | host).into());
            attempts.count(&format!("user{n}@example.test"), Some(from))
        });
        assert_eq!(tries.flatten().count(), 50);
    }
}

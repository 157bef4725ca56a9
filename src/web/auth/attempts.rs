//! How often somebody may try to sign in: per account against guessing, per address against
//! trying many accounts.

use crate::web::problem::Problem;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// So many keys are remembered before those that have recovered are dropped.
const REMEMBERED: usize = 10_000;

/// Counts attempts in memory; each replica counts for itself.
#[derive(Debug)]
pub(crate) struct Attempts {
    accounts: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Attempts {
    /// Ten attempts an account, then one in half a minute; fifty an address, then one in two
    /// seconds.
    pub(crate) fn new() -> Self {
        Self {
            accounts: RateLimiter::keyed(quota(10, 30)),
            addresses: RateLimiter::keyed(quota(50, 2)),
        }
    }

    /// Counts one attempt, or says how long to wait.
    pub(crate) fn count(&self, account: &str, address: Option<IpAddr>) -> Result<(), Problem> {
        forget_recovered(&self.accounts);
        forget_recovered(&self.addresses);
        if let Some(address) = address {
            self.addresses.check_key(&network(address)).map_err(|until| too_many(&until))?;
        }
        self.accounts.check_key(&account.to_owned()).map_err(|until| too_many(&until))
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

fn forget_recovered<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>) {
    if limiter.len() > REMEMBERED {
        limiter.retain_recent();
    }
}

/// An IPv6 subscriber holds a /64, so that is one address here.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
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

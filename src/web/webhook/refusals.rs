//! How much an address may tell that is not genuine, so that who invents notifications keeps nobody
//! waiting whose are. Where something genuine came from lately, all is listened to: Microsoft's bursts,
//! what it still tells of subscriptions that are no more, and everybody behind one proxy. Of what comes from
//! an address that tells too much else a little is looked at, so that whoever shares it with Microsoft
//! cannot shut Microsoft out.

use crate::web::problem::Problem;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long an address needs to recover from one notification that is not genuine.
const RECOVERY: Duration = Duration::from_millis(50);
/// How much an address may have to recover from: 2,000 of them.
const MOST: Duration = Duration::from_secs(100);
/// How long an address is trusted that something genuine came from.
const TRUSTED: Duration = Duration::from_hours(24);
/// So many addresses are remembered.
const REMEMBERED: usize = 10_000;

/// Counts in memory; each replica counts for itself.
#[derive(Debug, Default)]
pub(in crate::web) struct Refusals(Mutex<HashMap<IpAddr, Sender>>);

#[derive(Debug, Clone, Copy)]
struct Sender {
    /// When it has recovered from all that was refused.
    recovered: Instant,
    /// Until when all of it is listened to.
    trusted_until: Instant,
}

impl Sender {
    /// How long it is not listened to.
    fn wait(&self, now: Instant) -> Duration {
        let to_recover = self.recovered.saturating_duration_since(now);
        if self.trusted_until > now { Duration::ZERO } else { to_recover.saturating_sub(MOST) }
    }
}

impl Refusals {
    /// Whether an address is listened to; if not, says how long to wait.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        let wait = self.senders().get(&address).map(|sender| sender.wait(Instant::now()));
        match wait {
            Some(wait) if !wait.is_zero() => Err(Problem::too_many(wait.as_secs() + 1)),
            _ => Ok(()),
        }
    }

    /// Notes how much came that was genuine and that was not.
    pub(super) fn note(&self, address: IpAddr, genuine: usize, refused: usize) {
        let now = Instant::now();
        let mut senders = self.senders();
        if senders.len() >= REMEMBERED && !senders.contains_key(&address) {
            make_room(&mut senders, now);
        }
        let new = Sender { recovered: now, trusted_until: now };
        let sender = senders.entry(address).or_insert(new);
        if genuine > 0 {
            sender.trusted_until = now + TRUSTED;
        }
        let refused = u32::try_from(refused).unwrap_or(u32::MAX);
        let recovered = sender.recovered.max(now) + RECOVERY.saturating_mul(refused).min(MOST);
        // However many come at once: after a while there is another chance.
        sender.recovered = recovered.min(now + 2 * MOST);
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<IpAddr, Sender>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets who has recovered; where that is not enough, whoever is not trusted; in the end everybody.
fn make_room(senders: &mut HashMap<IpAddr, Sender>, now: Instant) {
    senders.retain(|_, sender| sender.recovered > now || sender.trusted_until > now);
    if senders.len() >= REMEMBERED {
        senders.retain(|_, sender| sender.trusted_until > now);
    }
    if senders.len() >= REMEMBERED {
        senders.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_listened_to_gets_another_chance_and_something_genuine_is_trusted() {
        let refusals = Refusals::default();
        let (one, other) = (address(1), address(2));
        for _ in 0..3 {
            assert!(refusals.check(one).is_ok());
            refusals.note(one, 0, 1000);
        }
        assert_eq!(refusals.check(one).expect_err("too many").retry_after, Some(51));
        assert!(refusals.check(other).is_ok());
        advance(Duration::from_secs(50)).await;
        assert!(refusals.check(one).is_ok(), "it may try again");
        refusals.note(one, 1, 999);
        for _ in 0..10 {
            assert!(refusals.check(one).is_ok());
            refusals.note(one, 0, 1000);
        }
        advance(TRUSTED).await;
        assert!(refusals.check(one).is_ok(), "it has long recovered");
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_addresses_invent_the_trusted_ones_are_remembered_and_memory_is_bounded() {
        let refusals = Refusals::default();
        refusals.note(address(0), 1, 0);
        for number in 1..25_000 {
            refusals.note(address(number), 0, 1000);
        }
        refusals.note(address(0), 0, 1000);
        refusals.note(address(0), 0, 1000);
        refusals.note(address(0), 0, 1000);
        assert!(refusals.check(address(0)).is_ok());
        assert!(refusals.senders().len() <= REMEMBERED);
    }
}

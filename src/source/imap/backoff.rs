//! How long to wait before connecting again.

use super::end::End;
use super::error::{ConnectError, WireError};
use super::keys::NoKey;
use crate::source::oauth::TokenError;
use std::time::Duration;

/// A connection that lasted so long was a good one, and so was one that brought a message further. A
/// sign-in that works proves nothing: servers that throw their clients out directly after it would be
/// stormed.
const GOOD: Duration = Duration::from_mins(5);

/// Waits after connections that could not be made or broke; doubled each time.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(10);

/// Waits after a password was refused: servers lock accounts that try too often.
const FIRST_REFUSED: Duration = Duration::from_mins(5);
const LONGEST_REFUSED: Duration = Duration::from_hours(2);

/// No server's wish for a pause is taken for longer than this.
const LONGEST_WISH: Duration = Duration::from_hours(1);

/// Counts what went wrong since the last good connection.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    /// How many of them were such as only a person can heal. A server that comes back after an outage may
    /// refuse everybody for a moment: the outage is not held against the password.
    refusals: u32,
}

impl Backoff {
    /// Notes the end of a connection that lasted for `lasted`, and whether it brought any message further:
    /// there are only so many of them.
    pub(super) fn note(&mut self, end: &End, lasted: Duration, progress: bool) {
        if lasted >= GOOD || progress {
            *self = Self::default();
        }
        self.failures = self.failures.saturating_add(1);
        self.refusals = self.refusals.saturating_add(u32::from(needs_a_person(end)));
    }

    /// How many there were since the last good connection.
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait now; `jitter` between 0 and 1 spreads many mailboxes of one server.
    pub(super) fn delay(&self, end: &End, jitter: f64) -> Duration {
        let (first, longest, times) = if needs_a_person(end) {
            (FIRST_REFUSED, LONGEST_REFUSED, self.refusals)
        } else {
            (FIRST, LONGEST, self.failures)
        };
        let doubled = 2_u32.saturating_pow(times.saturating_sub(1).min(16));
        let jitter = jitter.clamp(0.0, 1.0);
        let ours = first.saturating_mul(doubled).min(longest).mul_f64(0.75 + jitter / 2.0);
        match wish(end) {
            Some(wish) => ours.max(wish.min(LONGEST_WISH).mul_f64(1.0 + jitter / 10.0)),
            None => ours,
        }
    }
}

/// Whether trying again heals it as little as the time before.
fn needs_a_person(end: &End) -> bool {
    match end {
        End::Connect(error) => error.state().needs_a_person(),
        End::Key(error) => error.state().needs_a_person(),
        _ => false,
    }
}

/// How long the server asked us to wait.
fn wish(end: &End) -> Option<Duration> {
    match end {
        End::Wire(WireError::Throttled(wish))
        | End::Connect(ConnectError::NotImap(WireError::Throttled(wish)))
        | End::Key(NoKey::Token(TokenError::Throttled(wish))) => Some(*wish),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Said;
    use super::*;

    #[test]
    fn short_connections_do_not_make_it_forget() {
        let end = End::Wire(WireError::Bye);
        let mut backoff = Backoff::default();
        let mut waits = Vec::new();
        for _ in 0..12 {
            backoff.note(&end, Duration::from_secs(299), false);
            waits.push(backoff.delay(&end, 0.5).as_secs());
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
        backoff.note(&end, Duration::from_mins(5), false);
        assert_eq!(backoff.delay(&end, 0.5).as_secs(), 2);
        backoff.note(&end, Duration::ZERO, false);
        backoff.note(&end, Duration::ZERO, true);
        assert_eq!(backoff.delay(&end, 0.5).as_secs(), 2);
    }

    #[test]
    fn what_broke_together_comes_back_one_after_the_other() {
        let throttled = || WireError::Throttled(Duration::from_mins(10));
        for (end, from, to) in [
            (End::Wire(WireError::Bye), 1.5, 2.5),
            (End::Connect(ConnectError::WrongPassword(Said::nothing())), 225.0, 375.0),
            (End::Wire(throttled()), 600.0, 660.0),
        ] {
            let mut backoff = Backoff::default();
            backoff.note(&end, Duration::ZERO, false);
            let mut tenths = [0; 10];
            for mailbox in 0..1000 {
                let delay = backoff.delay(&end, (f64::from(mailbox) + 0.5) / 1000.0).as_secs_f64();
                assert!((from..to).contains(&delay), "{end:?}: {delay}");
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0 to 9"
                )]
                let tenth = ((delay - from) / (to - from) * 10.0) as usize;
                tenths[tenth] += 1;
            }
            assert!(tenths.iter().all(|count| (99..=101).contains(count)), "{end:?}: {tenths:?}");
        }
    }

    #[test]
    fn a_server_that_names_a_pause_gets_it() {
        for (asked, waited) in [(5, 5), (90, 90), (7 * 86_400, 3600)] {
            let end = End::Wire(WireError::Throttled(Duration::from_secs(asked)));
            let mut backoff = Backoff::default();
            backoff.note(&end, Duration::from_hours(1), false);
            assert_eq!(backoff.delay(&end, 0.0).as_secs(), waited);
            assert!(backoff.delay(&end, 1.0) >= Duration::from_secs(waited));
        }
    }

    #[test]
    fn a_wrong_password_is_tried_seldom() {
        let end = End::Connect(ConnectError::WrongPassword(Said::new("", &[])));
        let mut backoff = Backoff::default();
        let mut tries = 0;
        let mut waited = Duration::ZERO;
        while waited < Duration::from_hours(24) {
            backoff.note(&end, Duration::ZERO, false);
            waited += backoff.delay(&end, 0.0);
            tries += 1;
        }
        assert!(tries <= 22, "{tries} tries a day");
    }

    #[test]
    fn a_server_that_comes_back_and_refuses_for_a_moment_is_tried_again_in_minutes() {
        let outage = End::Connect(ConnectError::NotReached);
        let refusal = End::Connect(ConnectError::WrongPassword(Said::new("", &[])));
        let mut backoff = Backoff::default();
        for _ in 0..12 {
            backoff.note(&outage, Duration::ZERO, false);
        }
        let mut minutes = Vec::new();
        for end in [&refusal, &outage, &refusal] {
            backoff.note(end, Duration::ZERO, false);
            minutes.push(backoff.delay(end, 0.5).as_secs() / 60);
        }
        assert_eq!(minutes, [5, 10, 10], "what is refused again is not tried as soon");
    }
}

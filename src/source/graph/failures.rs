//! What went wrong in a row, and how long to wait for that.

use super::fault::Fault;
use crate::store::mailboxes::State;
use std::time::Duration;

/// So often in a row what reading needs here may fail before that is an illness of the mailbox: while it fails
/// for all of them nobody can say so, and soon after it fails for none.
const HICCUPS: u32 = 2;

/// Counts what went wrong since the last good look.
#[derive(Debug, Default)]
pub(super) struct Failures {
    all: u32,
    /// How many of them only a person can heal. Microsoft may refuse everybody for a moment after an outage:
    /// the outage is not held against the consent.
    refusals: u32,
    is_token_refused: bool,
}

impl Failures {
    /// Notes a fault. True: it is to be looked again at once. A token may end before its time, so that a look
    /// with another one decides.
    pub(super) fn note(&mut self, fault: &Fault) -> bool {
        self.all = self.all.saturating_add(1);
        let was_refused = self.is_token_refused;
        self.is_token_refused = matches!(fault, Fault::Unauthorized);
        if self.is_token_refused && !was_refused {
            return true;
        }
        self.refusals = self.refusals.saturating_add(u32::from(fault.state().needs_a_person()));
        false
    }

    /// The mailbox's state after the fault that was noted last.
    pub(super) fn state(&self, fault: &Fault) -> State {
        match fault.state() {
            State::Stalled if self.all <= HICCUPS => State::Connecting,
            state => state,
        }
    }

    /// How long to wait after the fault that was noted last; `jitter` between 0 and 1 spreads many.
    pub(super) fn delay(&self, fault: &Fault, jitter: f64) -> Duration {
        let needs_a_person = fault.state().needs_a_person();
        fault.delay(if needs_a_person { self.refusals } else { self.all }, jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_here_is_an_illness_once_it_lasts() {
        let mut failures = Failures::default();
        let mut state = |fault: &Fault| {
            failures.note(fault);
            failures.state(fault)
        };
        assert_eq!(state(&Fault::Unavailable), State::Connecting);
        assert_eq!(state(&Fault::Crowded), State::Connecting);
        assert_eq!(state(&Fault::Unavailable), State::Stalled);
        assert_eq!(state(&Fault::Unreachable), State::Unreachable);
    }

    #[test]
    fn after_an_outage_another_token_is_tried_and_a_refusal_waits_for_minutes_only() {
        let mut failures = Failures::default();
        for _ in 0..9 {
            assert!(!failures.note(&Fault::Unreachable));
        }
        assert!(failures.note(&Fault::Unauthorized), "with another token at once");
        assert!(!failures.note(&Fault::Unauthorized), "which is refused as well");
        assert_eq!(failures.delay(&Fault::Unauthorized, 0.5), Duration::from_mins(5));
        assert!(!failures.note(&Fault::Forbidden));
        assert_eq!(failures.delay(&Fault::Forbidden, 0.5), Duration::from_mins(10));
        assert!(!failures.note(&Fault::Unreachable));
        assert_eq!(failures.delay(&Fault::Unreachable, 0.5), Duration::from_mins(10));
    }
}

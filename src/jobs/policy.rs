//! How often and how soon each kind of job is tried.

use super::Kind;
use crate::clock::Millis;
use std::time::Duration;

impl Kind {
    /// How often a job is begun before it is given up. Those that see to what is there are never given up, nor is
    /// mail to admins: it is noted as told, and is no more wanted where it is not true any more.
    ///
    /// A follow-up is tried for about four days, as long as RFC 5321 §4.5.4.1 asks of a mail
    /// server; so is a write to the CRM, which may be down over a weekend.
    pub const fn max_attempts(self) -> u32 {
        match self {
            Self::SendFollowUp | Self::WriteCrm => 105,
            // About three days, as Standard Webhooks asks.
            Self::SendEvent => 81,
            // About a day: a subscription ends by itself soon.
            Self::EndSubscription => 33,
            Self::SendNotice
            | Self::Retention
            | Self::PurgeSessions
            | Self::WatchHealth
            | Self::FollowGroups
            | Self::ReadCrm
            | Self::LearnMatching
            | Self::Rekey => u32::MAX,
        }
    }

    /// How long after its end a recurring job runs again. One that was missed runs once.
    pub const fn every(self) -> Option<Duration> {
        match self {
            Self::SendFollowUp
            | Self::SendNotice
            | Self::WriteCrm
            | Self::SendEvent
            | Self::EndSubscription
            | Self::Rekey => None,
            Self::ReadCrm => Some(Duration::from_mins(5)),
            Self::Retention | Self::PurgeSessions | Self::FollowGroups | Self::LearnMatching => {
                Some(Duration::from_hours(1))
            }
            Self::WatchHealth => Some(Duration::from_mins(1)),
        }
    }
}

/// For how long a job waits that is told to wait, or has to: a CRM may be busy over a weekend.
const LONGEST_WAIT: Duration = Duration::from_hours(4 * 24);

/// Whether a job has waited long enough to be given up; recurring ones have not.
pub(super) fn is_overdue(kind: Kind, created_at: Millis, now: Millis) -> bool {
    let waited = Duration::from_millis(u64::try_from(now.0 - created_at.0).unwrap_or_default());
    kind.every().is_none() && waited >= LONGEST_WAIT
}

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// The pause after the `failures`-th failed try: 5 s · 2ⁿ up to an hour, shortened by up to a
/// quarter so that what failed together does not come back together. A try whose worker died has not failed.
/// `jitter` is in 0..1.
pub(super) fn pause(failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = Duration::from_secs(5 << doublings).min(LONGEST_PAUSE);
    full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 4.0)
}

/// The same where the other side has asked for a pause: who asks for a short one again and again does not ask all
/// tries away.
pub(super) fn pause_asked(asked: Duration, failures: u32, jitter: f64) -> Duration {
    asked.max(pause(failures, jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_are_spread() {
        let seconds = |failures| pause(failures, 0.0).as_secs();
        assert_eq!(
            [1, 2, 3, 10, 11, 12, 1_000_000].map(seconds),
            [5, 10, 20, 2560, 3600, 3600, 3600]
        );
        assert_eq!(pause(11, 1.0), Duration::from_mins(45));
    }

    #[test]
    fn a_job_waits_for_four_days_and_a_recurring_one_for_ever() {
        let begun = Millis(1_790_000_000_000);
        let after = |kind, hours: i64| is_overdue(kind, begun, begun.plus_secs(hours * 3600));
        assert!(!after(Kind::WriteCrm, 95) && after(Kind::WriteCrm, 96));
        assert!(!after(Kind::ReadCrm, 10_000));
    }

    #[test]
    fn an_event_is_tried_for_about_three_days_however_short_a_pause_its_receiver_asks_for() {
        for asked in [0, 1, 60, 3600] {
            let asked = Duration::from_secs(asked);
            let pauses = (1..Kind::SendEvent.max_attempts()).map(|it| pause_asked(asked, it, 0.5));
            let days = pauses.sum::<Duration>().as_secs_f64() / 86_400.0;
            assert!((2.5..4.0).contains(&days), "{days}");
        }
        assert_eq!(pause_asked(Duration::from_mins(2), 1, 0.0), Duration::from_mins(2));
    }

    #[test]
    fn a_follow_up_is_tried_for_about_four_days() {
        let total: Duration =
            (1..Kind::SendFollowUp.max_attempts()).map(|failures| pause(failures, 0.5)).sum();
        let days = total.as_secs_f64() / 86_400.0;
        assert!((3.0..5.0).contains(&days), "{days}");
    }
}

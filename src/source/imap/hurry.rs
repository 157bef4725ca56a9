//! Whether a server is hurried: sent commands without its answer to those before. Where that seems to be too
//! much for it, it is not for a while: the line may have broken by itself.

use std::time::Duration;
use tokio::time::Instant;

/// How long it is not after the first time, doubled with each, and at most.
const FIRST: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(24);

/// Whether a server is hurried.
#[derive(Debug, Default)]
pub(super) struct Hurry {
    /// When it is again.
    again_at: Option<Instant>,
    /// For how long it was not the last time.
    forgone: Duration,
}

impl Hurry {
    /// Whether it is now.
    pub(super) fn is_on(&self) -> bool {
        self.again_at.is_none_or(|at| at <= Instant::now())
    }

    /// Notes that a connection ended while it was.
    pub(super) fn forgo(&mut self) {
        self.forgone = self.forgone.saturating_mul(2).clamp(FIRST, LONGEST);
        self.again_at = Some(Instant::now() + self.forgone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_server_is_hurried_again_after_a_while_and_one_that_cannot_bear_it_once_a_day() {
        let mut hurry = Hurry::default();
        let mut hours = Vec::new();
        for _ in 0..7 {
            assert!(hurry.is_on());
            hurry.forgo();
            let mut waited = 0;
            while !hurry.is_on() {
                advance(Duration::from_hours(1)).await;
                waited += 1;
            }
            hours.push(waited);
        }
        assert_eq!(hours, [1, 2, 4, 8, 16, 24, 24]);
    }
}

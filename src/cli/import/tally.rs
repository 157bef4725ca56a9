//! Counts what came of the messages of an import.

use crate::cli::output;
use crate::suggestion::Outcome;
use anyhow::Result;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// How many messages ended how.
#[derive(Debug, Default)]
pub(super) struct Tally {
    outcomes: BTreeMap<(&'static str, &'static str), usize>,
    failures: usize,
}

impl Tally {
    /// Counts one message; a failure is told at once.
    pub(super) fn add(&mut self, taken: Result<Outcome>) {
        match taken {
            Ok(outcome) => *self.outcomes.entry(outcome.labels()).or_default() += 1,
            Err(error) => {
                self.failures += 1;
                eprintln!("{error:#}");
            }
        }
    }

    /// Tells the counts; a failure makes the exit code 1.
    pub(super) fn tell(&self) -> Result<ExitCode> {
        for ((outcome, reason), count) in &self.outcomes {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            output::line(&format!("{count:>8} {outcome}{reason}"))?;
        }
        if self.failures == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        output::line(&format!("{:>8} failed; import again, nothing comes twice", self.failures))?;
        Ok(ExitCode::FAILURE)
    }
}

//! `[jobs]`: the work in the background.

use super::Report;
use serde::{Deserialize, Serialize};

/// How much of it at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jobs {
    /// How many jobs run at the same time.
    pub workers: usize,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { workers: 4 }
    }
}

impl Jobs {
    pub(super) fn check(&self, report: &mut Report) {
        report.within("jobs.workers", self.workers, 1, 256);
    }
}

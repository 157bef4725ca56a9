//! How a job can end other than well: every failing line says whether to try again.

use crate::store::StoreError;
use std::time::Duration;

/// Why a job did not succeed, and what becomes of it. A reason is one sentence without personal
/// data; it is kept with the job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Try again: after the time given, or with growing pauses; at once if whoever hurried it meanwhile may have
    /// mended the cause.
    #[error("{reason}")]
    Retry {
        /// What failed.
        reason: String,
        /// When to try again, if that does not depend on the number of tries.
        after: Option<Duration>,
    },
    /// The other side asks to wait, which whoever hurried the job while it ran does not shorten. That counts as no
    /// try.
    #[error("{reason}")]
    Wait {
        /// What it waits for.
        reason: String,
        /// When to ask again.
        after: Duration,
    },
    /// It is not its turn: something else comes first, and may hurry it. That counts as no try.
    #[error("{reason}")]
    NotYet {
        /// What comes first.
        reason: String,
        /// When to look again.
        after: Duration,
    },
    /// Trying again cannot help.
    #[error("{reason}")]
    Fail {
        /// What failed.
        reason: String,
    },
}

impl JobError {
    /// Try again, with growing pauses.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { reason: reason.into(), after: None }
    }

    /// Trying again cannot help.
    pub fn fail(reason: impl Into<String>) -> Self {
        Self::Fail { reason: reason.into() }
    }
}

/// The database comes back.
impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::retry(error.to_string())
    }
}

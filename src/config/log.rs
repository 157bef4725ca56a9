//! `[log]`: what is logged, and how.

use super::Report;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

/// The log on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// For machines or for people.
    pub format: Format,
    /// Which events, as `level` or `module=level,…`. Libraries that would log mail stay quiet
    /// whatever stands here.
    pub filter: String,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// Readable text.
    Pretty,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: Format::Pretty, filter: "info".to_owned() }
    }
}

impl Log {
    pub(super) fn check(&self, report: &mut Report) {
        let usable = EnvFilter::builder().parse(&self.filter).is_ok();
        report.check(usable, "log.filter", "must be like `info` or `warn,undersigned=debug`");
    }
}

//! `[smtp]`: how follow-ups are sent.

use super::Report;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// For all technical users; each has its own host and password in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smtp {
    /// Certificates of authorities (PEM) to trust beside the system's, or none.
    pub ca_file: Option<PathBuf>,
    /// Whether a server may be on a private or local address; see `imap.allow_private_hosts`.
    pub allow_private_hosts: bool,
    /// How long one delivery to the server may take, in seconds.
    pub timeout_seconds: u64,
}

impl Default for Smtp {
    fn default() -> Self {
        Self { ca_file: None, allow_private_hosts: false, timeout_seconds: 60 }
    }
}

impl Smtp {
    pub(super) fn check(&self, report: &mut Report) {
        report.readable("smtp.ca_file", self.ca_file.as_deref());
        report.within("smtp.timeout_seconds", self.timeout_seconds, 1, 600);
    }
}

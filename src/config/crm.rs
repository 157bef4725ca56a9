//! `[crm]`: how connected CRMs are reached.

use super::Report;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// For all CRMs; each has its own address and password in the database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crm {
    /// Certificates of authorities (PEM) to trust beside the system's, or none.
    pub ca_file: Option<PathBuf>,
    /// Whether a CRM may be on a private or local address, also without TLS. An admin of a tenant
    /// types the address, so that this opens one's own network to every tenant.
    pub allow_private_hosts: bool,
}

impl Crm {
    pub(super) fn check(&self, report: &mut Report) {
        report.readable("crm.ca_file", self.ca_file.as_deref());
    }
}

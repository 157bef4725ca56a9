//! `[notices]`: the operator's own account for mail to tenants' admins.

use super::Report;
use super::secret::Secret;
use crate::contact::EmailAddress;
use crate::store::Security;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What tells admins that something they connected is ill or ends, where their tenant has no technical user
/// or that one fails. Certificates and patience are those of `[smtp]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    /// The SMTP server; none: the operator tells nobody.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with; none: the server takes mail of this machine without.
    pub username: Option<String>,
    /// The password.
    pub password: Secret,
    /// A file that holds it.
    pub password_file: Option<PathBuf>,
    /// The name that recipients see.
    pub from_name: String,
    /// The address that the mail comes from.
    pub from_address: Option<String>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            host: None,
            port: 465,
            security: Security::Tls,
            username: None,
            password: Secret::default(),
            password_file: None,
            from_name: "undersigned".to_owned(),
            from_address: None,
        }
    }
}

impl Notices {
    /// The sender's address, if it is one.
    pub fn from(&self) -> Option<EmailAddress> {
        self.from_address.as_deref().and_then(EmailAddress::parse)
    }

    pub(super) fn check(&self, report: &mut Report) {
        report.within("notices.port", self.port, 1, u16::MAX);
        if self.host.is_none() {
            return;
        }
        let address = "must be the address that the mail comes from, like undersigned@example.com";
        report.check(self.from().is_some(), "notices.from_address", address);
        // A file that could not be read is told already.
        let has_password = self.password.expose().is_some() || self.password_file.is_some();
        report.check(
            self.username.is_some() == has_password,
            "notices.password",
            "and notices.username belong together: set both, or none if the server wants no sign-in",
        );
    }
}

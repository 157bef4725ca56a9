//! How a connection to a mail server is encrypted.

use serde::{Deserialize, Serialize};

/// Encryption of a connection; without any there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte (IMAP 993, SMTP 465).
    Tls,
    /// Plain text that must switch to TLS before anything is said (IMAP 143, SMTP 587).
    StartTls,
}

impl Security {
    /// As it stands in the database, the API and the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::StartTls => "starttls",
        }
    }

    /// Reads what [`Security::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Tls, Self::StartTls].into_iter().find(|security| security.as_str() == text)
    }
}

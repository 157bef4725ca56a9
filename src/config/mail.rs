//! `[mail]`: what is read of a message.

use super::Report;
use serde::{Deserialize, Serialize};

/// Limits and trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Of a larger message only so much is read, from its beginning; that costs the tail of
    /// attachments.
    pub max_message_bytes: usize,
    /// The name with which one's own mail server begins its `Authentication-Results` (RFC 8601);
    /// only those are believed. Empty: the topmost one of each message is, whoever wrote it.
    pub authserv_id: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self { max_message_bytes: 32 << 20, authserv_id: String::new() }
    }
}

impl Mail {
    pub(super) fn check(&self, report: &mut Report) {
        report.within("mail.max_message_bytes", self.max_message_bytes, 64 << 10, 256 << 20);
    }
}

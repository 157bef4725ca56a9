//! `[retention]`: how long is kept what nobody decides about, and what was written to the CRM.

use super::Report;
use serde::{Deserialize, Serialize};

/// Days after which something is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// An open suggestion expires after so many days.
    pub suggestion_days: u32,
    /// What a settled write to the CRM says of a contact, before and after, is erased after so many days:
    /// so long it can be undone.
    pub crm_write_days: u32,
    /// The keyed hash of a message is forgotten after so many days; a message that comes again
    /// later is read again.
    pub message_key_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { suggestion_days: 180, crm_write_days: 365, message_key_days: 400 }
    }
}

impl Retention {
    pub(super) fn check(&self, report: &mut Report) {
        report.within("retention.suggestion_days", self.suggestion_days, 1, 3650);
        report.within("retention.crm_write_days", self.crm_write_days, 1, 3650);
        report.within("retention.message_key_days", self.message_key_days, 1, 3650);
    }
}

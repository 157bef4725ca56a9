//! What came of a message.

use super::lane::Fault;
use crate::mail::{Reason, Skipped};
use crate::store::SuggestionId;
use crate::store::messages;

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A suggestion of somebody new was made, or one that is open was brought up to date.
    New(SuggestionId),
    /// The same for somebody known who has changed.
    Update(SuggestionId),
    /// It said nothing that was not known, suggested or turned down before.
    Known,
    /// It was not read, for a reason. One that is beyond the limits of reading counts as quarantined.
    Skipped(Skipped),
    /// Reading it failed too often; it is left alone.
    Quarantined(Fault),
    /// It was dealt with before.
    AlreadyRead,
}

impl Outcome {
    /// The outcome and its reason as they stand in metrics.
    pub fn labels(&self) -> (&'static str, &'static str) {
        match self {
            Self::Skipped(skipped) if is_beyond_reading(skipped) => {
                ("quarantined", skipped.reason.as_str())
            }
            Self::Skipped(skipped) => ("skipped", skipped.reason.as_str()),
            Self::Quarantined(fault) => ("quarantined", fault.as_str()),
            Self::AlreadyRead => ("already-read", ""),
            Self::New(_) => (messages::Outcome::New.as_str(), ""),
            Self::Update(_) => (messages::Outcome::Update.as_str(), ""),
            Self::Known => (messages::Outcome::Known.as_str(), ""),
        }
    }

    /// The outcome as the database keeps it. One that was read already is known.
    pub(super) fn stored(&self) -> messages::Outcome {
        match self {
            Self::New(_) => messages::Outcome::New,
            Self::Update(_) => messages::Outcome::Update,
            Self::Known | Self::AlreadyRead => messages::Outcome::Known,
            Self::Skipped(skipped) if is_beyond_reading(skipped) => messages::Outcome::Quarantined,
            Self::Skipped(_) => messages::Outcome::Skipped,
            Self::Quarantined(_) => messages::Outcome::Quarantined,
        }
    }
}

/// Whether a message is none, or is made as no mail client makes one: nobody need look at what it says.
fn is_beyond_reading(skipped: &Skipped) -> bool {
    skipped.reason == Reason::Unreadable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_limits_is_quarantined_with_a_reason() {
        let outcome = |reason| Outcome::Skipped(Skipped::new(reason, "more parts than allowed"));
        let bomb = outcome(Reason::Unreadable);
        assert_eq!(bomb.labels(), ("quarantined", "unreadable"));
        assert_eq!(bomb.stored(), messages::Outcome::Quarantined);
        let plain = outcome(Reason::NoSignature);
        assert_eq!(plain.labels(), ("skipped", "no-signature"));
        assert_eq!(plain.stored(), messages::Outcome::Skipped);
    }
}

//! Why a message gave no suggestion, precise enough to explain it to a rep.

use serde::Serialize;
use std::fmt;

/// A reason and what exactly gave it. Holds no word of the message: `detail` names a header, a
/// limit or a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The kind of reason; what metrics and reports count by.
    pub reason: Reason,
    /// One sentence for people.
    pub detail: String,
}

impl Skipped {
    /// A reason with its sentence.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.as_str(), self.detail)
    }
}

/// The kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Sent by a machine: out of office, delivery report, receipt, notification.
    Automatic,
    /// Sent to many: newsletter, campaign.
    Bulk,
    /// Came through a mailing list.
    List,
    /// The author belongs to the tenant's own domains.
    OwnDomain,
    /// The author's address or domain is excluded.
    Excluded,
    /// The receiving server found the sender forged (DMARC failed).
    Unauthenticated,
    /// The author is a role without a person (`noreply@`, `info@` without a name).
    RoleMailbox,
    /// No usable `From`.
    NoAuthor,
    /// Beyond a limit, or not a message at all.
    Unreadable,
    /// No signature of the author was found.
    NoSignature,
    /// The signature is somebody else's.
    OtherPerson,
    /// Nothing beyond a name and an address.
    NoDetail,
}

impl Reason {
    /// Every reason, for reports.
    pub const ALL: [Self; 12] = [
        Self::Automatic,
        Self::Bulk,
        Self::List,
        Self::OwnDomain,
        Self::Excluded,
        Self::Unauthenticated,
        Self::RoleMailbox,
        Self::NoAuthor,
        Self::Unreadable,
        Self::NoSignature,
        Self::OtherPerson,
        Self::NoDetail,
    ];

    /// The reason as it stands in files, metrics and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Bulk => "bulk",
            Self::List => "list",
            Self::OwnDomain => "own-domain",
            Self::Excluded => "excluded",
            Self::Unauthenticated => "unauthenticated",
            Self::RoleMailbox => "role-mailbox",
            Self::NoAuthor => "no-author",
            Self::Unreadable => "unreadable",
            Self::NoSignature => "no-signature",
            Self::OtherPerson => "other-person",
            Self::NoDetail => "no-detail",
        }
    }
}

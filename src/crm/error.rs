//! Why the CRM did not do what it was asked for.

use crate::store::StoreError;
use std::time::Duration;

/// A failure, as one sentence for the admin; no value of a record and no credential.
#[derive(Debug, thiserror::Error)]
pub enum CrmError {
    /// User name or password, or the token, is not accepted.
    #[error("the CRM refuses the sign-in; enter the password or token again")]
    WrongPassword,
    /// The person's consent is missing or was withdrawn.
    #[error("the consent to the CRM is missing or was withdrawn: give it again at /connect/crm")]
    Consent,
    /// An app is not let in, for a reason that the admin can mend.
    #[error("the CRM refuses the sign-in: {0}")]
    SignIn(String),
    /// The server cannot be reached for now.
    #[error("the CRM cannot be reached: {0}")]
    Unreachable(String),
    /// The server asks to wait.
    #[error("the CRM asks us to slow down; it goes on by itself")]
    Throttled(Option<Duration>),
    /// The server asks to wait, or one before it does, which has passed on what it was asked for.
    #[error("the CRM is not available for a while; it goes on by itself")]
    Away(Duration),
    /// What was decided earlier about the same person is not written yet.
    #[error("an earlier change of this contact is still to be written")]
    Earlier,
    /// The company of a contact is being made for another one.
    #[error("the company of this contact is being made for another one; it is tried again")]
    Claimed,
    /// What a try has made may not be found yet.
    #[error("the CRM may not show yet what an earlier try has made; it is tried again")]
    Unseen,
    /// The server does not do what is needed; a human has to look.
    #[error("the CRM does not accept the request: {0}")]
    Refused(String),
    /// The stored password cannot be opened.
    #[error("the stored password cannot be read; enter it again")]
    NoPassword,
    /// There is no connection.
    #[error("no CRM is connected")]
    NotConnected,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CrmError {
    /// An address that nothing can be asked at.
    pub(super) fn no_address() -> Self {
        Self::Refused("its address is none; enter it again".into())
    }

    /// An answer that is none to what was asked.
    pub(super) fn not_understood() -> Self {
        Self::Refused("its answer could not be understood: is this CRM at its address?".into())
    }

    /// What a CRM tells of itself; `None` where it does not let itself be asked, which is no fault of anybody's.
    pub(super) fn if_told<T>(told: Result<T, Self>) -> Result<Option<T>, Self> {
        match told {
            Err(Self::Refused(_)) => Ok(None),
            told => told.map(Some),
        }
    }

    /// Whether the CRM has said that it did not do what it was asked for. Of anything else it may have done it.
    pub(super) const fn has_made_nothing(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword | Self::Consent | Self::SignIn(_) | Self::Throttled(Some(_))
        )
    }

    /// How long the CRM asks to wait, if it does and says so.
    pub(super) const fn pause(&self) -> Option<Duration> {
        match self {
            Self::Throttled(pause) => *pause,
            Self::Away(pause) => Some(*pause),
            _ => None,
        }
    }

    /// Whether only a human can mend it.
    pub const fn needs_a_human(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::Consent
                | Self::SignIn(_)
                | Self::Refused(_)
                | Self::NoPassword
        )
    }
}

//! Why there is no token, in sentences of ours.

use std::fmt;
use std::time::Duration;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nobody answers, or not in time.
    #[error("the sign-in service cannot be reached; it is tried again by itself")]
    Unreachable,
    /// The service asks us to wait.
    #[error("the sign-in service asks us to wait; it goes on by itself")]
    Throttled(Duration),
    /// A person has to consent, again or at all.
    #[error("the consent to read this mailbox is missing or was withdrawn: give it again{0}")]
    Consent(Code),
    /// The app registration is not accepted.
    #[error(
        "the app registration is not accepted: check directory, client id and client secret or certificate (it \
         may have expired) and enter them again{0}"
    )]
    Client(Code),
    /// The stored certificate does not sign.
    #[error("the certificate of the app registration cannot be used: enter it again")]
    Unusable,
    /// The service refuses for another reason.
    #[error("the sign-in service refuses{0}: check the app registration and its permissions")]
    Refused(Code),
    /// The answer is none that OAuth knows.
    #[error("the sign-in service gave an answer that could not be understood")]
    Odd,
}

/// The code of a refusal, without its words: `AADSTS65001`, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code(pub(super) String);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " ({})", self.0) }
    }
}

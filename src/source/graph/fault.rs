//! What can go wrong, said without Graph's words: they may name people.

use crate::source::oauth::{Code, NoExchange, TokenError};
use crate::store::StoreError;
use crate::store::graph::Access;
use crate::store::mailboxes::State;
use crate::vault::VaultError;
use std::time::Duration;

/// Why a look at a mailbox ended.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The worker stops, or somebody else has the mailbox.
    #[error("the worker stops or another one has the mailbox")]
    Stopped,
    /// No token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The tenant has no app registration.
    #[error(
        "no app registration is entered for this tenant: enter directory, client id and secret"
    )]
    NoApp,
    /// Graph does not accept the token.
    #[error(
        "Microsoft does not accept the app's sign-in any more, which is tried again by itself; if it lasts, \
         check the app registration and enter its secret or certificate anew"
    )]
    Unauthorized,
    /// The app registration is for company accounts only.
    #[error(
        "Microsoft does not admit personal accounts (Outlook.com, Hotmail, Live, MSN) to this app \
         registration{0}: at Microsoft Entra choose supported account types with personal Microsoft \
         accounts for it, as docs/microsoft-365.md says, and check its secret"
    )]
    NotForPersonal(Code),
    /// A personal account was to be read in the app's own name.
    #[error(
        "a personal account (Outlook.com, Hotmail, Live, MSN) can be read in its owner's name only: \
         type its address at Mailboxes, and its owner consents"
    )]
    Personal,
    /// The token does not open the mailbox.
    #[error(
        "Microsoft does not let the app read this mailbox: add the mailbox to the app's scope (RBAC for \
         Applications; Exchange takes up to two hours to notice), as docs/microsoft-365.md says in step 2"
    )]
    Forbidden,
    /// There is no such mailbox or folder.
    #[error(
        "there is no such mailbox or folder at Microsoft 365, or it has no licence: check the address, \
         choose another folder, or remove the mailbox here"
    )]
    NoMailbox,
    /// A chosen folder is gone.
    #[error(
        "one of the folders that were chosen is not there any more: choose the folders anew; the others \
         are read"
    )]
    NoFolder,
    /// The watched folder is gone, and others are not.
    #[error(
        "the folder that is watched is not there any more: choose another one to be watched, at \
         Folders; the others are read every few minutes"
    )]
    NoWatched,
    /// There is no such group.
    #[error("there is no such group in the directory: check its object id")]
    NoGroup,
    /// The app may not look at the directory.
    #[error(
        "Microsoft does not let the app look at the directory: grant it GroupMember.Read.All and \
         User.ReadBasic.All (application) and consent as an admin"
    )]
    NoDirectory,
    /// The folder is none that is read.
    #[error(
        "this is no folder that mail comes to: sent, draft, junk and deleted mail is not read; choose \
         another one"
    )]
    NotIncoming,
    /// There is no such message or subscription.
    #[error("it is not there any more")]
    NotFound,
    /// Graph wants delta to begin anew.
    #[error("Microsoft wants the mailbox to be looked through again")]
    CursorLost,
    /// Graph asks us to wait.
    #[error("Microsoft asks us to wait; it goes on by itself")]
    Throttled(Duration),
    /// Graph cannot do it now, and asks us to wait.
    #[error("Microsoft Graph is busy and asks us to wait; it goes on by itself")]
    Busy(Duration),
    /// Nobody answers, or not in time.
    #[error("Microsoft Graph cannot be reached; it is tried again by itself")]
    Unreachable,
    /// Graph has a problem.
    #[error("Microsoft Graph has a problem of its own (status {0}); it is tried again by itself")]
    Server(u16),
    /// Graph refuses.
    #[error("Microsoft Graph refuses what reading needs (status {0}); it is tried again by itself")]
    Refused(u16),
    /// The answer is larger than allowed.
    #[error("Microsoft Graph sent more than was asked for")]
    TooMuch,
    /// Graph lists messages and hands over none.
    #[error(
        "Microsoft Graph lists messages and hands over none of them; it is tried again by itself, and no \
         message is given up meanwhile"
    )]
    NothingHandedOver,
    /// There is no space for the answer.
    #[error("many large messages are being read; the others follow by themselves")]
    Crowded,
    /// The answer is not Graph's.
    #[error("the answer of Microsoft Graph could not be understood; check graph.api_url")]
    Odd,
    /// The stored token cannot be opened.
    #[error("the stored consent cannot be opened: give it again")]
    Vault(#[source] VaultError),
    /// The database failed; nothing moved.
    #[error("the database failed; reading goes on when it is back")]
    Store(#[from] StoreError),
    /// Reading needs something that is not there; nothing moved.
    #[error("reading is not possible for now; it goes on by itself")]
    Unavailable,
}

impl Fault {
    /// What there is to say of a mailbox that is read in somebody's name: an app's rights are given elsewhere than
    /// a person's.
    pub fn sentence(&self, access: Access) -> String {
        match (self, access) {
            (Self::Unauthorized, Access::Delegated) => {
                "Microsoft does not accept the sign-in any more: give the consent again".to_owned()
            }
            (Self::Forbidden, Access::Delegated) => {
                "Microsoft does not let us read this mailbox with its owner's consent: see that the app \
                 registration has Mail.Read (delegated), then give the consent again"
                    .to_owned()
            }
            _ => self.to_string(),
        }
    }

    /// The mailbox's state after it.
    pub(super) fn state(&self) -> State {
        match self {
            Self::Stopped => State::Connecting,
            Self::Store(_) | Self::Unavailable | Self::Crowded => State::Stalled,
            Self::Token(TokenError::Throttled(_)) | Self::Throttled(_) | Self::Busy(_) => {
                State::Throttled
            }
            Self::Token(TokenError::Unreachable | TokenError::Odd)
            | Self::Unreachable
            | Self::Server(_)
            | Self::CursorLost
            | Self::Odd
            | Self::TooMuch
            | Self::NothingHandedOver => State::Unreachable,
            Self::Token(_)
            | Self::NoApp
            | Self::Unauthorized
            | Self::NotForPersonal(_)
            | Self::Personal
            | Self::Forbidden
            | Self::NoDirectory
            | Self::Vault(_) => State::NeedsConsent,
            Self::NoWatched | Self::NoFolder => State::NoFolder,
            Self::NoMailbox
            | Self::NoGroup
            | Self::NotIncoming
            | Self::NotFound
            | Self::Refused(_) => State::Refused,
        }
    }

    /// A word for metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Store(_) | Self::Unavailable => "database",
            Self::CursorLost => "cursor-lost",
            Self::Crowded => "crowded",
            Self::NothingHandedOver => "nothing-handed-over",
            Self::Odd | Self::TooMuch => "odd-answer",
            other => other.state().as_str(),
        }
    }

    /// How long Graph asks us to wait, if it does.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Throttled(wait) | Self::Busy(wait) | Self::Token(TokenError::Throttled(wait)) => {
                Some(*wait)
            }
            _ => None,
        }
    }

    /// Whether it passes by itself, as far as one knows.
    pub fn passes(&self) -> bool {
        match self.state() {
            State::Connecting | State::Stalled | State::Throttled | State::Unreachable => true,
            _ => matches!(self, Self::Unauthorized),
        }
    }

    /// Whether only this message, or this folder, is concerned.
    pub(super) fn is_of_one_message(&self) -> bool {
        matches!(
            self,
            Self::Server(_)
                | Self::Refused(_)
                | Self::Odd
                | Self::TooMuch
                | Self::Crowded
                | Self::CursorLost
        )
    }

    /// Whether another try would most likely end the same: it is no outage.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooMuch)
    }

    /// How long to wait before the next look, after so many failures in a row. What Graph asks for
    /// is kept to the second; `jitter` between 0 and 1 spreads the rest.
    pub(super) fn delay(&self, failures: u32, jitter: f64) -> Duration {
        // To wait for no time at all is no answer.
        if let Some(wait) = self.wait().filter(|wait| !wait.is_zero()) {
            return wait.saturating_add(Duration::from_secs(1).mul_f64(jitter.clamp(0.0, 1.0)));
        }
        let (first, longest) = if self.state() == State::NeedsConsent {
            (Duration::from_mins(5), Duration::from_hours(2))
        } else {
            (Duration::from_secs(2), Duration::from_mins(10))
        };
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
        first.saturating_mul(doubled).min(longest).mul_f64(0.75 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

impl From<VaultError> for Fault {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            error if error.is_lost() => Self::Vault(error),
            _ => Self::Unavailable,
        }
    }
}

impl From<NoExchange> for Fault {
    fn from(error: NoExchange) -> Self {
        match error {
            NoExchange::Gone => Self::Stopped,
            NoExchange::Unavailable => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_graph_asks_for_is_never_shortened() {
        let fault = Fault::Throttled(Duration::from_secs(97));
        for failures in [1, 5, 50] {
            assert!(fault.delay(failures, 0.0) >= Duration::from_secs(97));
        }
        assert_eq!(Fault::Throttled(Duration::ZERO).delay(5, 0.5), Duration::from_secs(32));
        assert_eq!(Fault::Unreachable.delay(1, 0.5), Duration::from_secs(2));
        assert_eq!(Fault::Unreachable.delay(99, 0.5), Duration::from_mins(10));
        assert_eq!(Fault::Forbidden.delay(1, 0.5), Duration::from_mins(5));
    }
}

//! Why a mailbox is not being watched any more, and what its admin is told.

use super::error::{ConnectError, WireError};
use super::keys::NoKey;
use super::reader::NotRead;
use crate::store::StoreError;
use crate::store::mailboxes::State;

/// So often in a row the database may fail, or whatever else reading needs here, before that is an illness of
/// the mailbox: while it fails for all of them nobody can say so, and soon after it fails for none.
const HICCUPS: u32 = 2;

/// The end of a connection, or of the attempt to make one.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// The worker stops, or somebody else has the mailbox.
    #[error("the worker stops or another one has the mailbox")]
    Stopped,
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection broke or a command was refused.
    #[error("{0}; it is tried again by itself")]
    Wire(#[from] WireError),
    /// The server lists a message but does not hand it over.
    #[error(
        "the server lists message {0} of the folder but does not hand it over; it is tried again by \
         itself, and if that does not help, move the message out of the folder"
    )]
    Withheld(u32),
    /// The server lists messages and hands over none.
    #[error(
        "the server lists messages and hands over none of them, as if what they are stored on were away; it \
         is tried again by itself, and no message is passed over meanwhile: look at the server if it lasts"
    )]
    NothingHandedOver,
    /// The database failed; nothing moved.
    #[error("the database failed; reading goes on when it is back")]
    Store(#[from] StoreError),
    /// Reading needs something that is not there; nothing moved.
    #[error("reading is not possible for now; it goes on by itself")]
    Unavailable,
    /// There is nothing to sign in with.
    #[error(transparent)]
    Key(NoKey),
}

impl End {
    /// The mailbox's state after it.
    pub(super) fn state(&self) -> State {
        match self {
            Self::Stopped => State::Connecting,
            Self::Store(_) | Self::Unavailable => State::Stalled,
            Self::Connect(error) => error.state(),
            Self::Wire(WireError::Throttled(_)) => State::Throttled,
            Self::Wire(WireError::No(_) | WireError::Bad(_) | WireError::Unsendable)
            | Self::Withheld(_)
            | Self::NothingHandedOver => State::Refused,
            Self::Wire(_) => State::Unreachable,
            Self::Key(error) => error.state(),
        }
    }

    /// A word for metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Connect(error) => error.state().as_str(),
            Self::Wire(WireError::Timeout) => "timeout",
            Self::Wire(WireError::Bye | WireError::Lost) => "closed",
            Self::Wire(WireError::Throttled(_)) => "throttled",
            Self::Wire(WireError::No(_) | WireError::Bad(_)) => "command-refused",
            Self::Wire(_) => "odd-answer",
            Self::Withheld(_) => "withheld",
            Self::NothingHandedOver => "nothing-handed-over",
            Self::Store(_) | Self::Unavailable => "database",
            Self::Key(NoKey::Vault(_)) => "vault",
            Self::Key(error) => error.state().as_str(),
        }
    }

    /// Whether only this folder cannot be read, and the others may be.
    pub(super) const fn is_of_folder(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_of_folder(),
            Self::NothingHandedOver => true,
            _ => false,
        }
    }

    /// Whether the connection broke, or is of no more use.
    pub(super) const fn is_broken(&self) -> bool {
        matches!(self, Self::Wire(error) if !matches!(error, WireError::Throttled(_)))
    }

    /// Whether it is nothing to worry about after so many failures in a row, this one counted.
    pub(super) const fn is_harmless(&self, failures: u32) -> bool {
        match self {
            // A pause was asked for, and may be a long one.
            Self::Wire(WireError::Throttled(_)) => false,
            Self::Wire(_) => failures <= 1,
            Self::Store(_) | Self::Unavailable => failures <= HICCUPS,
            _ => false,
        }
    }
}

impl From<NoKey> for End {
    fn from(error: NoKey) -> Self {
        match error {
            NoKey::Gone => Self::Stopped,
            NoKey::Store(error) => Self::Store(error),
            NoKey::Unavailable => Self::Unavailable,
            other => Self::Key(other),
        }
    }
}

impl From<NotRead> for End {
    fn from(not_read: NotRead) -> Self {
        match not_read {
            NotRead::LeaseLost => Self::Stopped,
            NotRead::Unavailable => Self::Unavailable,
        }
    }
}

//! What can go wrong with a server, said without its words: they may hold mail.

use super::{name, throttle};
use crate::source::address_guard::NoWay;
use crate::store::mailboxes::State;
use std::io;
use std::time::Duration;

/// Why a command has no good answer. After any of them but [`WireError::No`] and
/// [`WireError::Bad`] the connection is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The connection broke.
    #[error("the connection to the server broke")]
    Lost,
    /// The server said goodbye.
    #[error("the server closed the connection")]
    Bye,
    /// The server was silent, or too slow.
    #[error("the server did not answer in time")]
    Timeout,
    /// The server sent or announced more than the command may bring.
    #[error("the server sent more than was asked for")]
    TooMuch,
    /// The server's answer is not IMAP as we know it.
    #[error("the server's answer could not be understood")]
    Malformed,
    /// The server refused the command, with a text that was made printable.
    #[error("the server refused a command")]
    No(String),
    /// The server did not understand the command, or said so (Microsoft), with a text that was made
    /// printable.
    #[error("the server did not understand a command")]
    Bad(String),
    /// The server asks to be left alone for so long.
    #[error("the server asks for a pause because it was asked too much")]
    Throttled(Duration),
    /// The command cannot be sent: a name holds a control character or is too long.
    #[error("a name holds a character that cannot be sent to the server")]
    Unsendable,
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::FileTooLarge => Self::TooMuch,
            // `Other` is async-imap's parser; its text holds what the server sent.
            io::ErrorKind::InvalidData | io::ErrorKind::Other => Self::Malformed,
            _ => Self::Lost,
        }
    }
}

/// Why a mailbox cannot be connected: one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// An unusual port.
    #[error(
        "this port is not allowed: name an IMAP server at port 993 or 143, or ask the operator to set \
         hosts.extra_ports or imap.allow_private_hosts"
    )]
    NotAllowed,
    /// The name has no address, or a private one: which of both is not told.
    #[error(
        "there is no public server of this name: check the host; one in your own network the operator \
         allows with imap.allow_private_hosts"
    )]
    NotFound,
    /// Nobody answers there.
    #[error("no connection to the server: check host and port, and whether the server is up")]
    NotReached,
    /// No encrypted connection.
    #[error(
        "no encrypted connection: check that the encryption fits the port (tls 993, starttls 143) and \
         that the server's certificate is valid for this host; the operator can add an own authority \
         as imap.ca_file"
    )]
    Tls,
    /// The server has no STARTTLS.
    #[error("the server offers no STARTTLS at this port: choose tls and port 993")]
    NoStartTls,
    /// Not an IMAP server, or one that is not well.
    #[error("{}", not_imap(.0))]
    NotImap(WireError),
    /// The server greets with BYE: it has too many connections, or is being maintained.
    #[error("the server turns connections away for now; it is tried again by itself{0}")]
    TurnedAway(Said),
    /// Name or password are wrong.
    #[error(
        "the server does not accept this user name and password: enter them again; some providers \
         want an app password, or IMAP to be switched on first{0}"
    )]
    WrongPassword(Said),
    /// The server takes no passwords.
    #[error(
        "the server lets nobody in with a password, right or wrong: connect the mailbox with the \
         provider's consent, or ask whoever runs the server to allow passwords over TLS{0}"
    )]
    NoPasswords(Said),
    /// The access token opens nothing.
    #[error(
        "the provider does not accept the consent that was given for this mailbox any more: connect it \
         again with the provider{0}"
    )]
    TokenRefused(Said),
    /// The server takes no access tokens.
    #[error(
        "the server lets nobody in by a consent (XOAUTH2): connect the mailbox with a password, or ask \
         whoever runs the server to allow XOAUTH2{0}"
    )]
    NoTokens(Said),
    /// The server does not let us in for now.
    #[error("the server does not open the mailbox for now; it is tried again by itself{0}")]
    SignInRefused(Said),
    /// The folder cannot be read.
    #[error(
        "the folder cannot be opened: check its name, and that the user may read it, or choose another \
         one"
    )]
    NoFolder,
    /// No mail comes in there.
    #[error(
        "no mail comes in to this folder (it holds what was sent, drafts, junk, trash, or all mail): \
         choose another one"
    )]
    SpecialFolder,
    /// The folder does not number its messages for good.
    #[error(
        "the server does not number this folder's messages reliably (no UIDVALIDITY), so it cannot be \
         read: choose another folder or server"
    )]
    NoNumbering,
}

fn not_imap(error: &WireError) -> String {
    match error {
        WireError::Throttled(_) | WireError::Bye => format!("{error}; it is tried again by itself"),
        error => format!(
            "the server at this port does not answer as an IMAP server: {error}; check host and port"
        ),
    }
}

impl ConnectError {
    /// Whether only this folder cannot be read, for as long as nobody does something about it.
    pub(super) const fn is_of_folder(&self) -> bool {
        matches!(self, Self::NoFolder | Self::NoNumbering)
    }

    /// What it means that a folder is not opened.
    pub(super) fn of_opening(error: WireError, folder: &str) -> Self {
        match error {
            WireError::No(text) | WireError::Bad(text)
                if !throttle::is_gone(&text)
                    && throttle::is_for_now(&name::left_out(&text, folder)) =>
            {
                Self::SignInRefused(Said::nothing())
            }
            WireError::No(_) | WireError::Bad(_) | WireError::Unsendable => Self::NoFolder,
            broken => Self::NotImap(broken),
        }
    }

    /// The state of a mailbox that fails so.
    pub const fn state(&self) -> State {
        match self {
            Self::NotImap(WireError::Throttled(_)) => State::Throttled,
            Self::NotFound | Self::NotReached | Self::NotImap(_) | Self::TurnedAway(_) => {
                State::Unreachable
            }
            Self::WrongPassword(_) => State::WrongPassword,
            Self::TokenRefused(_) => State::NeedsConsent,
            Self::NotAllowed
            | Self::Tls
            | Self::NoStartTls
            | Self::NoPasswords(_)
            | Self::NoTokens(_)
            | Self::SignInRefused(_) => State::Refused,
            Self::NoFolder | Self::SpecialFolder | Self::NoNumbering => State::NoFolder,
        }
    }
}

impl From<NoWay> for ConnectError {
    fn from(no_way: NoWay) -> Self {
        match no_way {
            NoWay::NotAllowed => Self::NotAllowed,
            NoWay::NotFound => Self::NotFound,
            NoWay::NotReached => Self::NotReached,
        }
    }
}

/// What the server said to a sign-in: one printable line, bounded, without the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said(String);

impl Said {
    /// Most characters that are kept.
    const MAX_CHARS: usize = 160;

    /// It said nothing, or nothing that is shown.
    pub(super) const fn nothing() -> Self {
        Self(String::new())
    }

    /// Keeps of `text` what can be shown, also in a log: nothing if it repeats one of `secrets`, in whatever
    /// case, and no address.
    pub(super) fn new(text: &str, secrets: &[&str]) -> Self {
        let folded = text.to_lowercase();
        let repeats = |secret: &&str| !secret.is_empty() && folded.contains(&secret.to_lowercase());
        if secrets.iter().any(repeats) {
            return Self(String::new());
        }
        let shown: String = text.chars().filter(|c| matches!(c, ' '..='~')).collect();
        let words = shown.split_inclusive(' ').filter(|word| !word.contains('@'));
        Self(words.flat_map(str::chars).take(Self::MAX_CHARS).collect())
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " (the server says: {})", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_gone_may_be_called_as_it_likes() {
        let of = |text: &str, folder| ConnectError::of_opening(WireError::No(text.into()), folder);
        let gone = [
            ("Kunden/Acme Limited", "[NONEXISTENT] Mailbox doesn't exist: Kunden/Acme Limited"),
            ("Acme Limited", "[NONEXISTENT] Unknown Mailbox: Acme Limited (Failure)"),
            ("Acme Limited", "Mailbox doesn't exist: Acme Limited"),
            ("Temporär", "no such folder \"Tempor&AOQ-r\""),
            ("", "no such folder"),
        ];
        for (folder, text) in gone {
            assert_eq!(of(text, folder), ConnectError::NoFolder, "{text}");
        }
        let for_now = [
            ("INBOX", "[UNAVAILABLE] later"),
            ("LIMIT", "[LIMIT] LIMIT cannot be opened"),
            ("Temp", "Temp is temporarily not available"),
            ("", "try again"),
        ];
        for (folder, text) in for_now {
            assert_eq!(of(text, folder), ConnectError::SignInRefused(Said::nothing()), "{text}");
        }
    }
}

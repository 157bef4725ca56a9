//! What can go wrong with an SMTP server, and whose fault it is.

use super::Answer;
use crate::source::address_guard::NoWay;
use crate::store::technical_users::State;
use lettre::transport::smtp::Error;

/// Why a mail was not handed over, or an account cannot be used: one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    /// An unusual port.
    #[error(
        "this port is not allowed: name a mail server at port 465 or 587, or ask the operator to set \
         hosts.extra_ports or smtp.allow_private_hosts"
    )]
    NotAllowed,
    /// The name has no address, or a private one: which of both is not told.
    #[error(
        "there is no public server of this name: check the host; one in your own network the operator \
         allows with smtp.allow_private_hosts"
    )]
    NotFound,
    /// Nobody answers there.
    #[error("no connection to the server: check host and port, and whether the server is up")]
    NotReached,
    /// No encrypted connection.
    #[error(
        "no encrypted connection: check that the encryption fits the port (tls 465, starttls 587) and \
         that the server's certificate is valid for this host; the operator can add an own authority \
         as smtp.ca_file"
    )]
    Tls,
    /// The server has no STARTTLS.
    #[error("the server offers no STARTTLS at this port: choose tls and port 465")]
    NoStartTls,
    /// Not an SMTP server, or one that is not well.
    #[error("the server does not answer as a mail server: check host and port")]
    NotSmtp,
    /// The server does not want to talk to us.
    #[error("the server turns this machine away ({0}): ask who runs it to let it submit mail")]
    TurnedAway(Answer),
    /// The server offers no sign-in that we know.
    #[error("the server offers no sign-in by password (AUTH PLAIN or LOGIN): switch it on there")]
    NoAuth,
    /// The vault does not open the password.
    #[error("the stored password cannot be opened: enter it again")]
    NoPassword,
    /// The database that holds the password failed.
    #[error("the stored password cannot be read for now; it is tried again by itself")]
    Unavailable,
    /// Name or password are wrong.
    #[error(
        "the server does not accept this user name and password ({0}): enter them again; some \
         providers want an app password, or SMTP sign-in to be switched on first"
    )]
    WrongPassword(Answer),
    /// The server cannot check the password now.
    #[error("the server refuses the sign-in for now ({0}); it is tried again by itself")]
    SignInRefused(Answer),
    /// The account may not send from the address.
    #[error(
        "the server does not let this account send from the sender's address ({0}): allow it there \
         (\"send as\"), or change the address"
    )]
    SenderRefused(Answer),
    /// The recipient's address needs SMTPUTF8, which the server has not.
    #[error("the server cannot write to addresses with letters beyond ASCII (no SMTPUTF8)")]
    NoUtf8,
    /// "Not now."
    #[error("the server puts the mail off: {0}")]
    PutOff(Answer),
    /// "Never."
    #[error("the server refuses the mail: {0}")]
    Refused(Answer),
    /// The connection broke before the mail was handed over.
    #[error("the connection to the server broke")]
    Lost,
    /// The server was silent before the mail was handed over.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The connection broke, or the server was silent, while it took the mail.
    #[error("the connection broke while the server took the mail; it may have arrived")]
    Unsure,
}

/// What follows from an error for the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Try again, soon first and then ever less often.
    TryAgain,
    /// Nothing goes through this account until a human mends it: try seldom.
    MendAccount,
    /// Trying again cannot help this mail.
    GiveUp,
    /// It may have arrived: do not send it again.
    LeaveAlone,
}

impl SmtpError {
    /// What follows from it for the mail.
    pub const fn consequence(&self) -> Consequence {
        match self {
            Self::PutOff(_)
            | Self::Unavailable
            | Self::Lost
            | Self::TimedOut
            | Self::NotFound
            | Self::NotReached
            | Self::NotSmtp
            | Self::SignInRefused(_) => Consequence::TryAgain,
            Self::WrongPassword(_)
            | Self::NoPassword
            | Self::NotAllowed
            | Self::Tls
            | Self::NoStartTls
            | Self::TurnedAway(_)
            | Self::NoAuth
            | Self::SenderRefused(_) => Consequence::MendAccount,
            Self::Refused(_) | Self::NoUtf8 => Consequence::GiveUp,
            Self::Unsure => Consequence::LeaveAlone,
        }
    }

    /// What it says about the account.
    pub const fn account(&self) -> State {
        match self {
            Self::WrongPassword(_) | Self::NoPassword => State::WrongPassword,
            Self::NotAllowed
            | Self::Tls
            | Self::NoStartTls
            | Self::TurnedAway(_)
            | Self::NoAuth
            | Self::SenderRefused(_) => State::Refused,
            Self::NotFound
            | Self::NotReached
            | Self::NotSmtp
            | Self::SignInRefused(_)
            | Self::Lost
            | Self::TimedOut => State::Unreachable,
            Self::Unavailable
            | Self::PutOff(_)
            | Self::Refused(_)
            | Self::NoUtf8
            | Self::Unsure => State::Ready,
        }
    }

    /// Whether a connection that was kept had gone stale: the server closed it, or says goodbye.
    pub(in crate::followup) fn is_stale(&self) -> bool {
        match self {
            Self::Lost | Self::TimedOut => true,
            Self::PutOff(answer) => answer.code() == 421,
            _ => false,
        }
    }

    /// A short name for metrics and logs, without the server's words: they may be personal.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::NotReached => "not-reached",
            Self::Tls => "tls",
            Self::NoStartTls => "no-starttls",
            Self::NotSmtp => "not-smtp",
            Self::TurnedAway(_) => "turned-away",
            Self::NoAuth => "no-auth",
            Self::NoPassword => "no-password",
            Self::Unavailable => "password-unread",
            Self::WrongPassword(_) => "wrong-password",
            Self::SignInRefused(_) => "sign-in-refused",
            Self::SenderRefused(_) => "sender-refused",
            Self::NoUtf8 => "no-smtputf8",
            Self::PutOff(_) => "put-off",
            Self::Refused(_) => "refused",
            Self::Lost => "lost",
            Self::TimedOut => "timed-out",
            Self::Unsure => "unsure",
        }
    }

    /// A negative answer to a greeting.
    pub(super) fn turned_away(error: &Error) -> Self {
        match Answer::of_error(error) {
            Some(answer) if answer.is_transient() => Self::PutOff(answer),
            Some(answer) => Self::TurnedAway(answer),
            None => Self::NotSmtp,
        }
    }

    /// A failed sign-in.
    pub(super) fn sign_in(error: &Error, password: &str) -> Self {
        match Answer::of_error(error).map(|answer| answer.without(password)) {
            Some(answer) if answer.is_transient() => Self::SignInRefused(answer),
            Some(answer) => Self::WrongPassword(answer),
            None if error.is_client() => Self::NoAuth,
            None => Self::Lost,
        }
    }

    /// A negative answer to a mail.
    pub(super) fn refused(error: &Error) -> Self {
        match Answer::of_error(error) {
            Some(answer) if answer.is_transient() => Self::PutOff(answer),
            Some(answer) => Self::Refused(answer),
            None => Self::Lost,
        }
    }

    /// A refusal of the sender is no fault of the recipient.
    pub(super) fn of_the_sender(self) -> Self {
        match self {
            Self::Refused(answer) => Self::SenderRefused(answer),
            other => other,
        }
    }
}

impl From<NoWay> for SmtpError {
    fn from(no_way: NoWay) -> Self {
        match no_way {
            NoWay::NotAllowed => Self::NotAllowed,
            NoWay::NotFound => Self::NotFound,
            NoWay::NotReached => Self::NotReached,
        }
    }
}

//! What a server's lines say, as far as anybody asks.

use super::error::WireError;
use super::name;
use super::throttle;
use crate::clock::Millis;
use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, NameAttribute, Response, ResponseCode, Status,
};
use mail_parser::DateTime;

/// What a server answers with, one line of it (with its literal).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The end of the command of this tag.
    Done(String, Result<(), WireError>),
    /// `+`: go on.
    Continue,
    /// `* BYE`, with its text.
    Bye(String),
    /// `* PREAUTH`: signed in before anything was asked.
    PreAuth,
    /// The server says what it can do, and that LOGIN is disabled (RFC 9051 §7.2.2).
    LoginDisabled,
    /// The folder's numbering.
    UidValidity(u32),
    /// The number that the next message will have.
    UidNext(u32),
    /// How many messages are in the folder.
    Exists(u32),
    /// A folder.
    Listed(Listed),
    /// Numbers that a search found.
    Found(Vec<u32>),
    /// A message, or what was asked of it.
    Message { uid: Option<u32>, size: Option<u32>, at: Option<Millis>, body: Option<Vec<u8>> },
    /// Anything else.
    Other,
}

/// A folder as a server lists it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// What parts its name from those of the folders that it lies in; none if it lies in none, nor can.
    pub(super) separator: Option<char>,
    /// Whether it is marked as sent, drafts, junk, trash or a view of all mail.
    pub(super) is_special: bool,
    /// Whether it can be opened at all.
    pub(super) can_open: bool,
}

impl From<&Response<'_>> for Answer {
    fn from(response: &Response<'_>) -> Self {
        match response {
            Response::Done { tag, status, outcome } => {
                let text = outcome.information.as_deref().unwrap_or_default();
                let outcome = match (status, throttle::pause(text)) {
                    (Status::Ok | Status::PreAuth, _) => Ok(()),
                    (_, Some(pause)) => Err(WireError::Throttled(pause)),
                    (Status::No, None) => Err(WireError::No(text.to_owned())),
                    (Status::Bad, None) => Err(WireError::Bad(text.to_owned())),
                    (Status::Bye, None) => Err(WireError::Bye),
                };
                Self::Done(tag.0.clone(), outcome)
            }
            Response::Continue(_) => Self::Continue,
            Response::Data { status: Status::Bye, outcome, .. } => {
                Self::Bye(outcome.information.as_deref().unwrap_or_default().to_owned())
            }
            Response::Data { status: Status::PreAuth, .. } => Self::PreAuth,
            Response::Data { outcome, .. } => match &outcome.code {
                Some(ResponseCode::UidValidity(value)) => Self::UidValidity(*value),
                Some(ResponseCode::UidNext(value)) => Self::UidNext(*value),
                Some(ResponseCode::Capabilities(all)) if all.iter().any(disables_login) => {
                    Self::LoginDisabled
                }
                None if lists_login_disabled(
                    outcome.information.as_deref().unwrap_or_default(),
                ) =>
                {
                    Self::LoginDisabled
                }
                _ => Self::Other,
            },
            Response::MailboxData(MailboxDatum::Exists(count)) => Self::Exists(*count),
            Response::MailboxData(MailboxDatum::Search(found)) => Self::Found(found.clone()),
            Response::MailboxData(MailboxDatum::List(listed)) => Self::Listed(Listed {
                name: name::decoded(&name::unquoted(&listed.name)),
                separator: listed
                    .delimiter
                    .as_deref()
                    .and_then(|it| name::unquoted(it).chars().next()),
                is_special: listed.name_attributes.iter().any(is_special),
                can_open: !listed.name_attributes.iter().any(cannot_open),
            }),
            Response::Fetch(_, attributes) => message(attributes),
            _ => Self::Other,
        }
    }
}

/// No LOGIN, as a capability.
const LOGIN_DISABLED: &str = "LOGINDISABLED";

fn disables_login(capability: &Capability<'_>) -> bool {
    matches!(capability, Capability::Atom(name) if name.eq_ignore_ascii_case(LOGIN_DISABLED))
}

/// The same of capabilities that the parser takes for text, for the sake of a space.
fn lists_login_disabled(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let listed = upper.strip_prefix("[CAPABILITY ").and_then(|rest| rest.split_once(']'));
    listed.is_some_and(|(listed, _)| listed.split(' ').any(|word| word == LOGIN_DISABLED))
}

/// RFC 6154 §2, without the archive: mail is filed there that came in.
fn is_special(attribute: &NameAttribute<'_>) -> bool {
    matches!(
        attribute,
        NameAttribute::All
            | NameAttribute::Drafts
            | NameAttribute::Flagged
            | NameAttribute::Junk
            | NameAttribute::Sent
            | NameAttribute::Trash
    )
}

/// RFC 3501 §7.2.2, RFC 5258 §3.
fn cannot_open(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(other) => other.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}

fn message(attributes: &[AttributeValue<'_>]) -> Answer {
    let (mut uid, mut size, mut at, mut body) = (None, None, None, None);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(value) => uid = Some(*value),
            AttributeValue::Rfc822Size(value) => size = Some(*value),
            AttributeValue::InternalDate(text) => at = came_at(text),
            AttributeValue::BodySection { data, .. } => {
                body = Some(data.as_deref().unwrap_or_default().to_vec());
            }
            _ => {}
        }
    }
    Answer::Message { uid, size, at, body }
}

/// ` 9-Nov-2026 08:00:00 +0100` (RFC 9051 §9, `date-time`), which has hyphens where mail has spaces.
fn came_at(text: &str) -> Option<Millis> {
    let date = DateTime::parse_rfc822(&text.replacen('-', " ", 2))?;
    date.is_valid().then(|| Millis(date.to_timestamp().saturating_mul(1000)))
}

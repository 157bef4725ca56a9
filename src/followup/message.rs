//! The mail itself.
//!
//! Plain text, no pictures, no tracking. `Auto-Submitted: auto-generated` (RFC 3834 §5.1): a rep
//! decided that the mail goes, but nobody wrote or saw this one, and a process sends it. The
//! header keeps out-of-office replies from answering it, and another undersigned from reading it.
//! The Message-ID is made from the follow-up's id: should a mail ever arrive twice, the recipient's
//! server can tell that it is the same one.

use super::line::one_line;
use super::smtp;
use super::template::Rendered;
use crate::clock::Millis;
use crate::contact::EmailAddress;
use lettre::Address;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};
use std::time::{Duration, SystemTime};

/// The most characters of a name in a header.
const NAME_CHARS: usize = 78;

/// Who writes to whom.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// The name that recipients see; it may be empty.
    pub from_name: &'a str,
    /// The sender's address.
    pub from: &'a EmailAddress,
    /// The recipient's name as a stranger wrote it.
    pub to_name: &'a str,
    /// The recipient's address.
    pub to: &'a EmailAddress,
}

/// A mail ready to be sent.
#[derive(Debug)]
pub struct Mail {
    pub(super) from: Address,
    pub(super) to: Address,
    /// Headers and text.
    pub bytes: Vec<u8>,
}

/// Why a mail cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The sender's address cannot be written in SMTP.
    #[error("the sender's address cannot be written to: check it")]
    From,
    /// The recipient's address cannot be written in SMTP.
    #[error("the address cannot be written to")]
    To,
    /// Something else is missing.
    #[error("the mail cannot be built")]
    Build,
}

/// Builds the mail of a follow-up or a notice; `id` is what its Message-ID is made from.
pub fn build(
    id: &str,
    envelope: &Envelope<'_>,
    words: &Rendered,
    now: Millis,
) -> Result<Mail, MessageError> {
    let from = smtp::address(envelope.from).ok_or(MessageError::From)?;
    let to = smtp::address(envelope.to).ok_or(MessageError::To)?;
    let message = Message::builder()
        .from(Mailbox::new(name(envelope.from_name), from.clone()))
        .to(Mailbox::new(name(envelope.to_name), to.clone()))
        .subject(&words.subject)
        .date(at(now))
        .message_id(Some(format!("<{id}@{}>", from.domain())))
        .header(AutoSubmitted)
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(words.body.clone())
        .map_err(|_| MessageError::Build)?;
    Ok(Mail { from, to, bytes: message.formatted() })
}

/// A name that cannot end its header; lettre panics on line breaks and loses the address after NUL.
fn name(text: &str) -> Option<String> {
    Some(one_line(text, NAME_CHARS)).filter(|name| !name.is_empty())
}

fn at(now: Millis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or_default())
}

#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    fn mail(to_name: &str, subject: &str) -> Vec<u8> {
        let address = |text| EmailAddress::parse(text).expect("an address");
        let envelope = Envelope {
            from_name: "Verkauf Süd",
            from: &address("verkauf@süd.example"),
            to_name,
            to: &address("anna@example.com"),
        };
        let subject = one_line(&format!("For {subject}"), 200);
        let words = Rendered { subject, body: "Grüße\n.\nfrom the dot".into() };
        build("0193-7000", &envelope, &words, Millis(0)).expect("a mail").bytes
    }

    /// The names of the headers, in order.
    fn headers(mail: &[u8]) -> Vec<String> {
        let head = mail.windows(4).position(|end| end == b"\r\n\r\n").expect("an end");
        String::from_utf8_lossy(&mail[..head])
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect()
    }

    fn is_unharmed(to_name: &str, subject: &str) {
        let mail = mail(to_name, subject);
        let expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding",
        ];
        assert_eq!(headers(&mail), expected, "{to_name:?}");
        let parsed = MessageParser::default().parse(&mail).expect("a mail");
        let to = parsed.to().and_then(|to| to.first()).expect("a recipient");
        assert_eq!(to.address(), Some("anna@example.com"), "{to_name:?}");
        assert_eq!(parsed.to().map_or(0, |to| to.iter().count()), 1, "{to_name:?}");
        let shown = to.name().unwrap_or_default();
        assert_eq!(shown.trim(), one_line(to_name, NAME_CHARS), "{to_name:?}");
    }

    #[test]
    fn names_from_hell_stay_names() {
        let long = "x".repeat(10_000);
        for name in [
            "",
            "Anna Müller",
            "Anna\r\nBcc: everyone@example.com",
            "A\0nna",
            "\u{202e}annA",
            "\"quoted\" \\ and, <angled>",
            "山田 太郎",
            "می‌خواهم",
            "anna@bank.example",
            long.as_str(),
        ] {
            is_unharmed(name, name);
        }
    }

    proptest! {
        #[test]
        fn no_name_makes_a_header_or_a_panic(name in any::<String>(), subject in any::<String>()) {
            is_unharmed(&name, &subject);
        }

        #[test]
        fn nor_does_one_made_of_what_headers_are_made_of(
            name in "[\r\n\t \0\"<>(),:;@\\\\=?_a-zä山\u{202e}\u{200b}-]{0,200}",
        ) {
            is_unharmed(&name, &name);
        }
    }

    #[test]
    fn the_mail_says_who_what_and_how_it_came_to_be() {
        let text = String::from_utf8(mail("Anna", "Anna")).expect("ASCII");
        assert!(text.contains("@xn--sd-xka.example>\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(!text.replace("\r\n", "").contains('\n'), "lines end in CRLF: {text:?}");
        assert!(text.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"), "{text}");
    }
}

//! A message as Graph tells it, as the bytes of a mail that everything behind understands.
//!
//! The headers are those it came with, without what describes the body; the body is the author's own
//! part, as HTML. What Exchange delivered within one organisation may have no such headers: then
//! they are made of what Graph knows.

use serde::Deserialize;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Parts the body from the vCards. An author who writes it parts their own message only.
const BOUNDARY: &str = "undersigned-part";

/// How the body of what somebody wrote is encoded.
const UTF_8: &str = "; charset=utf-8";

/// Longest text of one header that is passed on.
const MAX_HEADER: usize = 64 * 1024;

/// A message as Graph tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    #[serde(rename = "@odata.type", default)]
    kind: Option<String>,
    #[serde(default)]
    internet_message_id: Option<String>,
    #[serde(default)]
    internet_message_headers: Option<Vec<Header>>,
    #[serde(default)]
    from: Option<Recipient>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    sent_date_time: Option<String>,
    #[serde(default)]
    unique_body: Option<Body>,
    #[serde(default)]
    body: Option<Body>,
    #[serde(default)]
    has_attachments: Option<bool>,
    /// vCards that came with it, in base64.
    #[serde(skip)]
    cards: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Header {
    name: String,
    #[serde(default)]
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    #[serde(default)]
    email_address: Option<Address>,
}

#[derive(Debug, Deserialize)]
struct Address {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    address: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    content: Option<String>,
}

impl Body {
    /// Whether there is anything but tags: where nothing is the author's own, Graph answers
    /// `<html><body></body></html>`.
    fn shows(&self) -> bool {
        let text = self.content.as_deref().unwrap_or_default().replace("&nbsp;", " ");
        let mut in_tag = false;
        text.chars().any(|c| match c {
            '<' => {
                in_tag = true;
                false
            }
            '>' => {
                in_tag = false;
                false
            }
            c => !in_tag && !c.is_whitespace(),
        })
    }
}

impl Message {
    /// Whether its body shows nothing, so that the whole one has to be asked for.
    pub(super) fn is_blank(&self) -> bool {
        !self.content().is_some_and(Body::shows)
    }

    fn content(&self) -> Option<&Body> {
        self.unique_body.as_ref().or(self.body.as_ref())
    }

    /// Whether nothing more has to be asked for.
    pub(super) fn is_complete(&self) -> bool {
        !self.is_blank() && !self.has_attachments()
    }

    /// Whether something came with it.
    pub(super) fn has_attachments(&self) -> bool {
        self.has_attachments.unwrap_or_default()
    }

    /// Adds vCards, in base64 of either alphabet.
    pub(super) fn attach(&mut self, cards: Vec<String>) {
        self.cards = cards;
    }

    /// The bytes of the mail.
    pub(super) fn to_mail(&self) -> Vec<u8> {
        let mut mail = String::new();
        let headers = self.internet_message_headers.as_deref().unwrap_or_default();
        for header in headers.iter().filter(|header| !describes_body(&header.name)) {
            put(&mut mail, &header.name, header.value.as_deref().unwrap_or_default());
        }
        for (name, value) in self.made_up() {
            if !headers.iter().any(|header| header.name.eq_ignore_ascii_case(name)) {
                put(&mut mail, name, &value);
            }
        }
        put(&mut mail, "MIME-Version", "1.0");
        let content = self.content();
        let media = self.media(headers, content);
        // What a machine sends is known by its type, and no author's card.
        let cards = if media.ends_with(UTF_8) { self.cards.as_slice() } else { &[] };
        if !cards.is_empty() {
            put(&mut mail, "Content-Type", &format!("multipart/mixed; boundary={BOUNDARY}"));
            // Writing to a String cannot fail.
            let _ = write!(mail, "\r\n--{BOUNDARY}\r\n");
        }
        put(&mut mail, "Content-Type", &media);
        put(&mut mail, "Content-Transfer-Encoding", "8bit");
        mail.push_str("\r\n");
        mail.push_str(content.and_then(|body| body.content.as_deref()).unwrap_or_default());
        for card in cards {
            let _ = write!(mail, "\r\n--{BOUNDARY}\r\n");
            put(&mut mail, "Content-Type", "text/vcard; charset=utf-8");
            put(&mut mail, "Content-Transfer-Encoding", "base64");
            mail.push_str("\r\n");
            mail.extend(card.chars().filter_map(base64));
        }
        if !cards.is_empty() {
            let _ = write!(mail, "\r\n--{BOUNDARY}--\r\n");
        }
        mail.into_bytes()
    }

    /// What Graph knows of a message beside its headers.
    fn made_up(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let mut made_up: Vec<(&'static str, Cow<'_, str>)> = Vec::new();
        let sender = self.from.as_ref().and_then(|from| from.email_address.as_ref());
        if let Some(Address { name, address: Some(address) }) = sender {
            let name: String = name
                .iter()
                .flat_map(|name| name.chars())
                .filter(|c| !matches!(c, '"' | '\\'))
                .collect();
            made_up.push(("From", format!("\"{name}\" <{address}>").into()));
        }
        let fields = [
            ("Message-ID", &self.internet_message_id),
            ("Subject", &self.subject),
            ("Date", &self.sent_date_time),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                made_up.push((name, value.into()));
            }
        }
        made_up
    }

    /// The type of the body. That of a report or a meeting is kept, for it says who sends.
    fn media(&self, headers: &[Header], content: Option<&Body>) -> String {
        let of_machine = ["multipart/report", "text/calendar"];
        let came_as = headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("Content-Type"))
            .and_then(|header| header.value.as_deref())
            .unwrap_or_default()
            .trim_start()
            .to_ascii_lowercase();
        if let Some(kind) = of_machine.into_iter().find(|kind| came_as.starts_with(kind)) {
            return kind.to_owned();
        }
        if self.kind.as_deref().is_some_and(|kind| kind.contains("eventMessage")) {
            return "text/calendar".to_owned();
        }
        let is_text = content
            .and_then(|body| body.content_type.as_deref())
            .is_some_and(|kind| kind.eq_ignore_ascii_case("text"));
        format!("text/{}{UTF_8}", if is_text { "plain" } else { "html" })
    }
}

/// A letter of base64 as mail has it (RFC 2045 §6.8); Graph may write that of URLs.
fn base64(letter: char) -> Option<char> {
    match letter {
        '-' => Some('+'),
        '_' => Some('/'),
        '+' | '/' | '=' => Some(letter),
        _ => letter.is_ascii_alphanumeric().then_some(letter),
    }
}

fn describes_body(name: &str) -> bool {
    ["Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Content-Disposition"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// Writes one header line. What would end it early is left out; a name that is none, too.
fn put(mail: &mut String, name: &str, value: &str) {
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    if is_name {
        let line = value.chars().take(MAX_HEADER).map(|c| if c.is_control() { ' ' } else { c });
        // Writing to a String cannot fail.
        let _ = write!(mail, "{name}: ");
        mail.extend(line);
        mail.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{self, Limits, Policy, Reason};
    use serde_json::json;

    fn mail_of(value: serde_json::Value) -> Vec<u8> {
        serde_json::from_value::<Message>(value).expect("a message").to_mail()
    }

    #[test]
    fn it_reads_as_the_mail_that_came() {
        let raw = mail_of(json!({
            "internetMessageHeaders": [
                {"name": "Received", "value": "from a\r\n by b"},
                {"name": "Content-Type", "value": "multipart/mixed; boundary=x"},
                {"name": "From", "value": "Nora Brandt <nora@customer.example>"},
            ],
            "from": {"emailAddress": {"name": "Other", "address": "other@x.example"}},
            "uniqueBody": {"contentType": "html", "content": "<p>Grüße</p><p>Nora</p>"},
        }));
        let reading = mail::read(&raw, &Limits::default()).expect("readable");
        assert_eq!(reading.author.name.as_deref(), Some("Nora Brandt"));
        let lines: Vec<String> =
            reading.lines.iter().map(|line| line.text().into_owned()).collect();
        assert!(
            lines.contains(&"Grüße".to_owned()) && lines.contains(&"Nora".to_owned()),
            "{lines:?}"
        );
    }

    #[test]
    fn what_came_without_headers_gets_them() {
        let raw = mail_of(json!({
            "internetMessageId": "<1@x>", "subject": "Hello\r\nBcc: evil@x", "internetMessageHeaders": null,
            "from": {"emailAddress": {"name": "Jörg \"J\" Roth", "address": "joerg@x.example"}},
            "body": {"contentType": "text", "content": "Hi"},
        }));
        let text = String::from_utf8(raw.clone()).expect("text");
        assert!(text.starts_with("From: \"Jörg J Roth\" <joerg@x.example>\r\n"), "{text}");
        assert!(!text.contains("\nBcc"), "{text}");
        let reading = mail::read(&raw, &Limits::default()).expect("readable");
        assert_eq!(reading.author.name.as_deref(), Some("Jörg J Roth"));
        let key = mail::message_key_parts(&raw);
        assert!(key.starts_with(b"ids"));
    }

    #[test]
    fn machines_are_known_by_their_headers() {
        let of = |extra: serde_json::Value| {
            let mut message = json!({"from": {"emailAddress": {"address": "a@x.example"}}});
            for (key, value) in extra.as_object().expect("an object") {
                message[key] = value.clone();
            }
            mail::screen(&mail_of(message), &Policy::default()).expect_err("skipped").reason
        };
        let header = |name: &str, value: &str| json!({"internetMessageHeaders": [{"name": name, "value": value}]});
        assert_eq!(of(header("Auto-Submitted", "auto-replied")), Reason::Automatic);
        assert_eq!(of(header("Content-Type", "multipart/report; boundary=b")), Reason::Automatic);
        assert_eq!(of(header("List-Unsubscribe", "<mailto:u@x>")), Reason::Bulk);
        assert_eq!(
            of(json!({"@odata.type": "#microsoft.graph.eventMessageRequest"})),
            Reason::Automatic
        );
    }
}

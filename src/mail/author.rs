//! The person in `From` (RFC 5322 §3.6.2, RFC 2047), as clients really write it.

use super::Author;
use super::headers::Headers;
use crate::contact::EmailAddress;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

/// Longer `From` fields are cut: one author's is never so long.
const MAX_BYTES: usize = 4 << 10;
const MAX_NAME_CHARS: usize = 200;

/// The first address of the topmost `From`, and its display name where that is more than the
/// address again. What stands before it without an address is part of the name: a comma that should
/// be in quotes, `Muster, Anna <a@x.example>`.
pub(super) fn of(headers: &Headers<'_>) -> Author {
    let Some(value) = headers.raw("From") else { return Author::default() };
    let value = repaired(&value[..value.len().min(MAX_BYTES)]);
    let parsed = MessageStream::new(&value).parse_address();
    let HeaderValue::Address(addresses) = parsed else { return Author::default() };
    let mut before = String::new();
    for mailbox in addresses.iter() {
        let address = mailbox.address().and_then(address);
        let written = mailbox.name().or(mailbox.address().filter(|_| address.is_none()));
        let name = [before.as_str(), written.unwrap_or_default()].concat();
        if address.is_some() {
            return Author { name: display_name(&name, address.as_ref()), address };
        }
        before = name + ", ";
    }
    let name = before.trim_end_matches(", ");
    Author { name: display_name(name, None), address: None }
}

/// The bytes for the parser, which looks for the end of the field: encoded words lose the quotes
/// that some clients put around them, and undeclared Latin-1 becomes UTF-8.
fn repaired(value: &[u8]) -> Vec<u8> {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|&byte| char::from(byte)).collect(),
    };
    let text = text.replace("\"=?", "=?").replace("?=\"", "?= ");
    [text.as_bytes(), b"\r\n"].concat()
}

fn address(text: &str) -> Option<EmailAddress> {
    let text = text.trim().trim_matches(['<', '>', '\'', '"', ' ']);
    EmailAddress::parse(text.strip_prefix("mailto:").unwrap_or(text))
}

fn display_name(name: &str, address: Option<&EmailAddress>) -> Option<String> {
    let visible = name.chars().filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    let name: String = visible.take(MAX_NAME_CHARS).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = name.trim_matches(['"', '\'', ' ', '<', '>']);
    let repeats = address.is_some_and(|address| name.eq_ignore_ascii_case(address.as_str()));
    (!name.is_empty() && !repeats).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Limits;

    fn author(value: &[u8]) -> (Option<String>, Option<String>) {
        let block = [b"From: ", value, b"\r\n\r\n"].concat();
        let (headers, _) = Headers::split(&block, &Limits::default()).expect("fits");
        let author = of(&headers);
        (author.name, author.address.map(String::from))
    }

    #[test]
    fn names_as_clients_write_them() {
        let anna = |name: &str| (Some(name.to_owned()), Some("a@x.example".to_owned()));
        assert_eq!(author(b"\"M\xc3\xbcller, Anna\" <a@x.example>"), anna("Müller, Anna"));
        assert_eq!(author(b"=?utf-8?Q?Anna_M=C3=BCller?= <a@x.example>"), anna("Anna Müller"));
        assert_eq!(author(b"\"=?utf-8?B?QW5uYSBNw7xsbGVy?=\" <a@x.example>"), anna("Anna Müller"));
        assert_eq!(author(b"Anna M\xfcller <a@x.example>"), anna("Anna Müller"));
        assert_eq!(
            author(b"=?iso-8859-1?Q?Anna?=\r\n =?iso-8859-1?Q?_M=FCller?= <a@x.example>"),
            anna("Anna Müller")
        );
        assert_eq!(author(b"'Anna Muster' <a@x.example>"), anna("Anna Muster"));
        assert_eq!(author(b"M\xc3\xbcller, Anna <a@x.example>"), anna("Müller, Anna"));
        assert_eq!(
            author(b"Anna Muster (Acme) <a@x.example>, Bo <b@x.example>"),
            anna("Anna Muster (Acme)")
        );
    }

    #[test]
    fn an_address_alone_has_no_name() {
        for alone in ["a@x.example", "<a@x.example>", "\"a@x.example\" <A@x.example>"] {
            assert_eq!(author(alone.as_bytes()).0, None, "{alone}");
            assert!(author(alone.as_bytes()).1.is_some(), "{alone}");
        }
        assert_eq!(author(b"undisclosed").1, None);
    }
}

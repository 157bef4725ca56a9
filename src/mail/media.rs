//! What a part says it is: its `Content-Type` and `Content-Disposition`.

use super::headers::Headers;
use mail_parser::parsers::MessageStream;
use mail_parser::{ContentType, HeaderValue};

/// The type of a part, its parameters and disposition.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is declared or not by itself")]
pub(super) struct Media {
    kind: String,
    boundary: Option<String>,
    charset: Option<String>,
    flowed: bool,
    delsp: bool,
    named: bool,
    /// The method of a calendar entry (RFC 5546).
    method: Option<String>,
    attached: bool,
}

impl Media {
    /// Reads the headers of a part; without a type it is plain text, or within a digest a message.
    pub(super) fn of(headers: &Headers<'_>, in_digest: bool) -> Self {
        let content_type = headers.raw("Content-Type").map(parse);
        let disposition = headers.raw("Content-Disposition").map(parse);
        let parameter = |name| content_type.as_ref()?.as_content_type()?.attribute(name);
        let kind = match content_type.as_ref().and_then(HeaderValue::as_content_type) {
            Some(found) => kind_of(found),
            None if in_digest => "message/rfc822".to_owned(),
            None => "text/plain".to_owned(),
        };
        let disposition = disposition.as_ref().and_then(HeaderValue::as_content_type);
        Self {
            boundary: parameter("boundary").filter(|b| !b.is_empty()).map(str::to_owned),
            charset: parameter("charset").map(str::to_owned),
            flowed: parameter("format").is_some_and(|v| v.eq_ignore_ascii_case("flowed")),
            delsp: parameter("delsp").is_some_and(|v| v.eq_ignore_ascii_case("yes")),
            method: parameter("method").map(str::to_ascii_lowercase),
            named: parameter("name").is_some()
                || disposition.is_some_and(|d| d.attribute("filename").is_some()),
            attached: disposition.is_some_and(|d| d.ctype().eq_ignore_ascii_case("attachment")),
            kind,
        }
    }

    /// Whether it is of this type, written in lower case.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// The type in lower case.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether the type begins so: `multipart/`.
    pub(super) fn is_any(&self, prefix: &str) -> bool {
        self.kind.starts_with(prefix)
    }

    /// The boundary of a multipart that has one.
    pub(super) fn boundary(&self) -> Option<&[u8]> {
        self.boundary.as_deref().filter(|_| self.is_any("multipart/")).map(str::as_bytes)
    }

    /// The declared charset.
    pub(super) fn charset(&self) -> Option<&str> {
        self.charset.as_deref()
    }

    /// Whether lines are soft-broken (RFC 3676), and whether the space at the break goes.
    pub(super) fn flowed(&self) -> Option<bool> {
        self.flowed.then_some(self.delsp)
    }

    /// Whether it is what calendars send each other: an invitation, an answer to one. An entry that
    /// somebody publishes is not.
    pub(super) fn is_scheduling(&self) -> bool {
        let method = self.method.as_deref().unwrap_or_default();
        self.is("text/calendar") && !matches!(method, "" | "publish")
    }

    /// Whether it is meant as a file, not to be read with the message.
    pub(super) fn is_file(&self) -> bool {
        self.attached || self.named
    }
}

fn parse(value: &[u8]) -> HeaderValue<'static> {
    // The parser looks for the end of a field: give it one.
    let field = [value, b"\r\n"].concat();
    MessageStream::new(&field).parse_content_type().into_owned()
}

fn kind_of(found: &ContentType<'_>) -> String {
    let kind = found.ctype().to_ascii_lowercase();
    match found.subtype() {
        Some(subtype) => format!("{kind}/{}", subtype.to_ascii_lowercase()),
        None if kind == "text" || kind.is_empty() => "text/plain".to_owned(),
        None => kind,
    }
}

//! Absence notices that no header gives away: their subject does, in the client's language.

use crate::mail::headers::Headers;
use crate::mail::languages::PHRASES;
use mail_parser::parsers::MessageStream;

const MAX_BYTES: usize = 2 << 10;

/// Whether `Subject` begins with the words of an absence notice and then ends or goes on after a
/// sign: "Automatic reply: …", "[Out of office] …".
pub(super) fn is_absence_notice(headers: &Headers<'_>) -> bool {
    let Some(value) = headers.raw("Subject") else { return false };
    let value = [&value[..value.len().min(MAX_BYTES)], b"\r\n"].concat();
    let parsed = MessageStream::new(&value).parse_unstructured();
    let subject = parsed.as_text().unwrap_or_default().to_lowercase();
    let subject = subject.trim_start_matches(['[', '(', '"', '*', ' ', '【']);
    PHRASES.away.iter().any(|phrase| {
        subject.strip_prefix(phrase.as_str()).is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.is_empty()
                || rest.starts_with([':', '：', '-', '–', ']', ')', '|', '"', '】', '*', '.'])
        })
    })
}

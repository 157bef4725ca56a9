//! What tells one message from another.

use super::Limits;
use super::headers::Headers;

/// The bytes by which a message is known again, for a keyed hash and never to be kept: its
/// `Message-ID`, `From` and `Date`. Where it has no `Message-ID`, but says by which way it came
/// (`Received`, RFC 5321 §4.4), all headers but those of its body, so that its head alone, or as much of
/// it as was fetched, tells as well; otherwise the message itself.
///
/// Parts are preceded by their length, so that two messages cannot share them by shifting bytes.
pub fn message_key_parts(raw: &[u8]) -> Vec<u8> {
    let headers = Headers::split(raw, &Limits::default()).map(|(headers, _)| headers);
    let id = headers.as_ref().ok().and_then(|headers| headers.raw("Message-ID"));
    let (Ok(headers), Some(id)) = (&headers, id.filter(|id| !id.trim_ascii().is_empty())) else {
        return match headers {
            Ok(headers) if headers.has("Received") => with_lengths(b"head", way(&headers)),
            _ => [b"raw".as_slice(), raw].concat(),
        };
    };
    let field = |name| headers.raw(name).unwrap_or_default();
    with_lengths(b"ids", [id, field("From"), field("Date")])
}

/// The fields that do not describe the body.
fn way<'x>(headers: &'x Headers<'_>) -> impl Iterator<Item = &'x [u8]> {
    let describes_body = |name: &[u8]| {
        let is_content = name.get(..8).is_some_and(|it| it.eq_ignore_ascii_case(b"Content-"));
        is_content || name.eq_ignore_ascii_case(b"MIME-Version")
    };
    let fields = headers.all().filter(move |(name, _)| !describes_body(name));
    fields.flat_map(|(name, value)| [name, value])
}

fn with_lengths<'x>(kind: &[u8], parts: impl IntoIterator<Item = &'x [u8]>) -> Vec<u8> {
    let mut key = kind.to_vec();
    for part in parts {
        key.extend((part.len() as u64).to_be_bytes());
        key.extend(part);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::message_key_parts;

    #[test]
    fn every_message_has_a_key_and_copies_share_it() {
        let copy = |top: &str| format!("{top}Message-ID: <1@x>\nFrom: a@x\nDate: d\n\nbody");
        assert_eq!(
            message_key_parts(copy("Received: a\n").as_bytes()),
            message_key_parts(copy("").as_bytes())
        );
        assert_ne!(message_key_parts(b"A: b\n\n1"), message_key_parts(b"A: b\n\n2"));
        assert_ne!(message_key_parts(b""), message_key_parts(b"\n"));
    }

    #[test]
    fn without_an_id_the_headers_of_what_was_sent_tell_and_the_body_does_not() {
        let head = "Received: by mx; 1\r\nFrom: a@x\r\n b\r\nContent-Type: text/plain\r\n\r\n";
        let key = |message: &str| message_key_parts(message.as_bytes());
        assert_eq!(key(head), key(&format!("{head}whatever was fetched of it")));
        let put_together =
            "Received: by mx; 1\r\nFrom: a@x\r\n b\r\nContent-Type: multipart/mixed\r\n\r\n";
        assert_eq!(key(head), key(put_together));
        assert_ne!(key(head), key(&head.replace("mx; 1", "mx; 2")));
        assert_ne!(key(head), key(&head.replace("Received:", "X-Received:")));
        assert_ne!(key("Received: a\nB: c\n\n"), key("Received: aB\n: c\n\n"));
    }
}

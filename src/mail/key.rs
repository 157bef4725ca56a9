//! What tells one message from another.

use super::Limits;
use super::headers::Headers;

/// The bytes by which a message is known again, for a keyed hash and never to be kept: its
/// `Message-ID`, `From` and `Date`; the message itself where it has no `Message-ID`.
///
/// Parts are preceded by their length, so that two messages cannot share them by shifting bytes.
pub fn message_key_parts(raw: &[u8]) -> Vec<u8> {
    let headers = Headers::split(raw, &Limits::default()).map(|(headers, _)| headers);
    let id = headers.as_ref().ok().and_then(|headers| headers.raw("Message-ID"));
    let (Ok(headers), Some(id)) = (&headers, id.filter(|id| !id.trim_ascii().is_empty())) else {
        return [b"raw".as_slice(), raw].concat();
    };
    let field = |name| headers.raw(name).unwrap_or_default();
    let mut key = b"ids".to_vec();
    for part in [id, field("From"), field("Date")] {
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
}

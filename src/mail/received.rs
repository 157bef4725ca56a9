//! When a message came.

use super::Limits;
use super::headers::Headers;
use crate::clock::Millis;
use mail_parser::DateTime;

/// When the server that has a message received it: what it wrote on top of it (`Received`, RFC 5321
/// §4.4), which stays with the message when it is moved or copied; else the sender's own `Date`.
/// None if neither can be read.
pub fn received(raw: &[u8]) -> Option<Millis> {
    let (headers, _) = Headers::split(raw, &Limits::default()).ok()?;
    ["Received", "Date"].into_iter().find_map(|name| moment(headers.raw(name)?))
}

/// The date that ends a field's value, whatever stands before the last semicolon.
fn moment(value: &[u8]) -> Option<Millis> {
    let last = value.rsplit(|byte| *byte == b';').next()?;
    let at = DateTime::parse_rfc822(&String::from_utf8_lossy(last)).filter(DateTime::is_valid)?;
    Some(Millis(at.to_timestamp().checked_mul(1000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_server_knows_best_and_the_sender_next() {
        let received = |text: &str| received(text.as_bytes()).map(Millis::to_rfc3339);
        let top = "Received: from a (b [1.2.3.4])\r\n by mx with ESMTPS id x;\r\n \
                   Mon, 21 Sep 2026 12:00:05 +0200 (CEST)\r\n";
        let below = "Received: by b; Sun, 20 Sep 2026 01:02:03 GMT\r\n";
        let date = "Date: Tue, 1 Sep 2026 08:00 +0000\r\n";
        assert_eq!(
            received(&format!("{top}{below}{date}\r\n")).as_deref(),
            Some("2026-09-21T10:00:05Z")
        );
        for unreadable in ["", "Received: by b; never\r\n", "Received: \r\n"] {
            let told = received(&format!("{unreadable}{date}\r\n"));
            assert_eq!(told.as_deref(), Some("2026-09-01T08:00:00Z"), "{unreadable}");
        }
        for none in
            ["", "Date: \r\n", "Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n", "Date: ;;;\r\n"]
        {
            assert_eq!(received(&format!("{none}\r\n")), None, "{none}");
        }
    }
}

//! Whole messages of `fixtures/messages`, bombs, and arbitrary bytes.

use super::read;
use crate::mail::{Limits, Reason};
use proptest::prelude::*;

/// Reads on a small stack, as an async worker has it.
fn reason(raw: Vec<u8>) -> Option<Reason> {
    let small = std::thread::Builder::new().stack_size(2 << 20);
    let reading = small.spawn(move || read(&raw, &Limits::default()).err().map(|s| s.reason));
    reading.expect("a thread").join().expect("no panic")
}

#[test]
fn bombs_are_refused_or_read_and_never_harm() {
    let refused = Some(Reason::Unreadable);
    let nested = |n: usize| {
        let level = |i: usize| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n");
        format!("From: a@x.example\n{}", (0..n).map(level).collect::<String>())
    };
    assert_eq!(reason(nested(100_000).into()), refused);
    assert_eq!(reason(nested(30).into()), None);
    let parts = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned()
        + &"--b\n\na\n".repeat(1_000_000);
    assert_eq!(reason(parts.into()), refused);
    assert_eq!(reason("A: b\n".repeat(500_000).into()), refused);
    assert_eq!(reason(format!("From: {}\n\n", "a@b.example, ".repeat(1_000_000)).into()), refused);
    let chain = |links| "Content-Type: message/rfc822\r\n\r\n".repeat(links).into();
    assert_eq!(reason(chain(500_000)), Some(Reason::Unreadable));
    assert_eq!(reason(chain(3)), None);
    let digest = "Content-Type: multipart/digest; boundary=b\n\n--b\n\n".repeat(100_000);
    assert_eq!(reason(digest.into()), refused);
    let html = format!("Content-Type: text/html\n\n{}", "<div>".repeat(1_000_000));
    assert_eq!(reason(html.into()), None);
}

proptest! {
    #[test]
    fn no_bytes_panic_and_the_budget_holds(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&raw, &Limits::default());
    }

    #[test]
    fn no_mail_like_text_panics(raw in "(From: |Content-Type: |text/html|multipart/mixed; boundary=b|\n|\n\n|--b|--b--|<table><tr>|<td>|</td>|</table>|<div class=signature>|<br>|<blockquote>|</blockquote>|>|-- \n|On 1 2024 a@b wrote:|From: |To: |Subject: |=C3=BC|é| |   |a){0,60}") {
        let limits = Limits { text_bytes: 200, html_bytes: 300, html_depth: 8, ..Limits::default() };
        if let Ok(reading) = read(raw.as_bytes(), &limits) {
            let bytes: usize = reading.lines.iter().flat_map(|l| &l.cells).map(|c| c.text.len()).sum();
            prop_assert!(bytes <= limits.text_bytes);
        }
    }
}

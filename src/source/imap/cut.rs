//! A text without its middle: what is fetched of one that is larger than there is room for. A signature
//! stands at its end, the answer above a quote at its beginning.

use super::structure::Part;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Ends whatever the beginning of a page breaks off in: a comment, a tag, a style. A multiple of three
/// bytes, so that it is whole in base64.
const END: &[u8] = b"\r\n-->'\"></style></script>\r\n\r\n ";

/// Where the end of a text of so many bytes begins, of which `size` are fetched: a multiple of four, which
/// keeps base64 in step.
pub(super) fn end_of(bytes: usize, size: usize) -> usize {
    bytes.saturating_sub(size).next_multiple_of(4)
}

/// The beginning and the end of a text, encoded as it is, as one.
pub(super) fn joined(part: &Part, beginning: &[u8], end: &[u8]) -> Vec<u8> {
    let last = beginning.iter().rposition(|byte| *byte == b'\n');
    let first = end.iter().position(|byte| *byte == b'\n');
    // Lines are whole; a text that has none is cut where it is.
    let beginning = last.and_then(|at| beginning.get(..=at)).unwrap_or(beginning);
    let end = first.and_then(|at| end.get(at + 1..)).unwrap_or(end);
    let between = if part.kind == "text/html" { END } else { b"\r\n\r\n\r\n" };
    if part.is_base64() {
        let between = STANDARD.encode(between);
        return [beginning, b"\r\n", between.as_bytes(), b"\r\n", end].concat();
    }
    [beginning, between, end].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{self, Limits};

    fn part(subtype: &str, encoding: &str) -> Part {
        let text =
            format!("(\"TEXT\" \"{subtype}\" (\"charset\" \"utf-8\") NIL NIL \"{encoding}\" 9 9)");
        Part::parse(text.as_bytes()).unwrap()
    }

    /// What is read of a text of which `size` bytes are fetched.
    fn read(part: &Part, text: &[u8], size: usize) -> Vec<String> {
        assert!(text.len() > size);
        let from = end_of(text.len(), size / 2);
        let cut = joined(part, &text[..size / 2], &text[from..]);
        let head = format!("From: nora@customer.example\r\n{}\r\n", part.headers());
        let reading = mail::read(&[head.as_bytes(), &cut].concat(), &Limits::default()).unwrap();
        reading.lines.iter().map(|line| line.text().trim().to_owned()).collect()
    }

    fn in_lines(encoded: &str) -> String {
        let lines: Vec<_> = encoded.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
        lines.join("\r\n")
    }

    #[test]
    fn of_a_page_with_a_picture_in_it_beginning_and_end_are_read() {
        let picture = STANDARD.encode(vec![7; 90_000]);
        for (open, close) in [
            ("<p>Gr\u{fc}\u{df}e</p><img src=\"data:image/png;base64,", "\">"),
            ("<p>Gr\u{fc}\u{df}e</p><img src='data:image/png;base64,", "'>"),
            ("<p>Gr\u{fc}\u{df}e</p><style>", "</style>"),
            ("<p>Gr\u{fc}\u{df}e</p><!--", "-->"),
            ("<p>Gr\u{fc}\u{df}e</p>", ""),
        ] {
            let page = |picture: &str| format!("{open}{picture}{close}<p>Nora Brandt</p>");
            for (encoding, text) in [
                ("8bit", page(&picture)),
                ("8bit", page(&in_lines(&picture))),
                ("base64", in_lines(&STANDARD.encode(page(&picture)))),
                ("base64", STANDARD.encode(page(&picture))),
            ] {
                let lines = read(&part("HTML", encoding), text.as_bytes(), 40_000);
                assert_eq!(lines.first().map(String::as_str), Some("Gr\u{fc}\u{df}e"), "{open}");
                assert_eq!(lines.last().map(String::as_str), Some("Nora Brandt"), "{open}");
            }
        }
    }

    #[test]
    fn of_plain_text_too() {
        let text = format!("Hello\r\n{}Nora =\r\nBrandt", "filling =3D filling\r\n".repeat(9_000));
        let lines = read(&part("PLAIN", "quoted-printable"), text.as_bytes(), 30_000);
        assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), ("Hello", "Nora Brandt"));
        assert!(lines.iter().all(|line| line.len() < 30), "no line is cut");
    }
}

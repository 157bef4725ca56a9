//! The bytes of a table as text: which charset, and what stands between two columns.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a table, and its encoding: by its byte order mark, as UTF-16 if every other byte is
/// nearly always 0, as UTF-8 if it is valid, else as Windows-1252, which Excel writes. Lines end in LF.
pub(super) fn text(bytes: &[u8]) -> (String, &'static Encoding) {
    let encoding = Encoding::for_bom(bytes).map_or_else(|| guess(bytes), |(encoding, _)| encoding);
    let (text, _, _) = encoding.decode(bytes);
    (text.replace("\r\n", "\n").replace('\r', "\n"), encoding)
}

/// What other files than tables begin with, as text: PDF, HTML (which some programs call `.xls`), XML,
/// RTF, vCards.
const OTHERS: [&str; 4] = ["%PDF", "<", "{\\rtf", "BEGIN:VCARD"];

/// Whether a text is that of another kind of file: it begins like one, or no text holds its bytes.
pub(super) fn is_other(text: &str) -> bool {
    let start = text.trim_start();
    OTHERS.iter().any(|other| start.starts_with(other)) || text.contains('\0')
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let head = bytes.get(..bytes.len().min(1000)).unwrap_or_default();
    let zeros = |odd| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count() * 5;
    if zeros(1) > head.len() {
        UTF_16LE
    } else if zeros(0) > head.len() {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

/// The table without Excel's `sep=` line, the byte between two columns (what that line says, or what
/// stands most often outside of quotes in the first line), and how many lines were taken off.
pub(super) fn delimiter(text: &str) -> (&str, u8, u64) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(&[delimiter]) = first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        return (rest, delimiter, 1);
    }
    let mut quoted = false;
    let mut counts = [(b';', 0), (b'\t', 0), (b',', 0)];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        let count = counts.iter_mut().find(|(delimiter, _)| !quoted && *delimiter == byte);
        if let Some((_, count)) = count {
            *count += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    (text, most.map_or(b',', |(delimiter, _)| delimiter), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charsets_of_excel_and_of_the_web() {
        let utf_16 =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        assert_eq!(text("\u{feff}Straße".as_bytes()), ("Straße".into(), UTF_8));
        assert_eq!(text(&utf_16("\u{feff}Straße")), ("Straße".into(), UTF_16LE));
        assert_eq!(text(&utf_16("Vorname,Straße")), ("Vorname,Straße".into(), UTF_16LE));
        assert_eq!(text(b"Stra\xdfe \x80"), ("Straße €".into(), WINDOWS_1252));
        assert_eq!(text(b"a\r\nb\rc").0, "a\nb\nc");
        assert_eq!(text(b"").0, "");
    }

    #[test]
    fn what_stands_between_columns_is_seen_in_the_first_line() {
        assert_eq!(delimiter("a;b;c\n1,2,3").1, b';');
        assert_eq!(delimiter("\"a;b;c\",d\n").1, b',');
        assert_eq!(delimiter("a\tb\n").1, b'\t');
        assert_eq!(delimiter("sep=;\na,b;c\n"), ("a,b;c\n", b';', 1));
        assert_eq!(delimiter("only").1, b',');
    }
}

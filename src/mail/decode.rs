//! From the bytes of a part to its text: transfer encoding (RFC 2045 §6), then charset.
//!
//! Total: what is broken is read as far as it makes sense, as mail clients do.

use super::parts::Part;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;
use std::borrow::Cow;

/// The text of a part, of which at most `budget` encoded bytes are looked at.
pub(super) fn text(part: &Part<'_>, budget: usize) -> String {
    let bytes = content(part, budget);
    decode(&bytes, part.media.charset(), part.media.is("text/html"))
}

/// A part's bytes without transfer encoding. Of a body larger than `budget` the middle is left out.
fn content<'x>(part: &Part<'x>, budget: usize) -> Cow<'x, [u8]> {
    let encoding = part.headers.lower("Content-Transfer-Encoding").unwrap_or_default();
    let body = match encoding.as_str() {
        "base64" => Cow::Owned(base64(part.body)),
        "quoted-printable" => Cow::Owned(quoted_printable(part.body)),
        _ => Cow::Borrowed(part.body),
    };
    if body.len() <= budget {
        return body;
    }
    let half = budget / 2;
    Cow::Owned([&body[..half], b"\n\n", &body[body.len() - half..]].concat())
}

/// What is no base64 (a footer glued below, line noise) is passed over.
fn base64(bytes: &[u8]) -> Vec<u8> {
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let digits: Vec<u8> = bytes.iter().copied().filter(is_digit).collect();
    base64_decode(&digits).unwrap_or_default()
}

/// An `=` that begins no code stands for itself.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let text = line.trim_ascii_end();
        let soft = text.ends_with(b"=");
        let mut rest = if soft { &text[..text.len() - 1] } else { text };
        while let [first, tail @ ..] = rest {
            rest = tail;
            let code = match (first, tail) {
                (b'=', [high, low, ..]) => quoted_printable_decode_char(*high, *low),
                _ => None,
            };
            if code.is_some() {
                rest = &tail[2..];
            }
            out.push(code.unwrap_or(*first));
        }
        if !soft && line.ends_with(b"\n") {
            out.push(b'\n');
        }
    }
    out
}

/// Valid UTF-8 beyond ASCII is UTF-8 whatever was declared; else the declared charset, the one the
/// HTML names, one that escapes (ISO-2022-JP), and at last windows-1252, which reads anything.
fn decode(bytes: &[u8], declared: Option<&str>, html: bool) -> String {
    let escapes = bytes.contains(&0x1b);
    let declared = declared.map(|name| name.trim().to_ascii_lowercase());
    let wide = declared
        .as_deref()
        .is_some_and(|name| name.starts_with("utf-16") || name.starts_with("utf-7"));
    if !escapes
        && !wide
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text.trim_start_matches('\u{feff}').to_owned();
    }
    let meta = || html.then(|| meta_charset(bytes)).flatten();
    let name = match declared.as_deref() {
        Some(name) if !matches!(name, "us-ascii" | "ascii" | "unknown-8bit" | "8bit") => {
            Some(name.to_owned())
        }
        _ => meta(),
    };
    let name = match name.as_deref() {
        None if escapes => "iso-2022-jp",
        // Browsers and mail clients read Latin-1 as its superset.
        None | Some("iso-8859-1" | "latin1") => "windows-1252",
        Some("gb2312" | "gbk" | "x-gbk") => "gb18030",
        Some("ks_c_5601-1987" | "ksc5601") => "euc-kr",
        Some(name) => name,
    };
    if name.starts_with("utf-8") || name == "utf8" {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match charset_decoder(name.as_bytes()).or_else(|| charset_decoder(b"windows-1252")) {
        Some(decoder) => decoder(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The charset in a `<meta>` of the first kilobyte.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let rest = rest.trim_start_matches(['"', '\'', ' ']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c))?;
    Some(rest[..end].to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_quoted_printable_is_read_as_it_stands() {
        assert_eq!(
            quoted_printable(b"M=C3=BCller =\r\n& S=F6hne=\n 1=2 =ZZ="),
            "Müller & S\u{0}hne 1=2 =ZZ"
                .bytes()
                .map(|b| if b == 0 { 0xf6 } else { b })
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_footer_glued_to_base64_does_no_harm() {
        assert_eq!(base64(b"SGFs\r\nbG8=\r\n--\r\n"), b"Hallo");
        assert_eq!(base64(b"!!!"), b"");
    }

    #[test]
    fn charsets_wrong_missing_and_declared() {
        let latin = b"M\xfcller \x80";
        for declared in [None, Some("us-ascii"), Some("iso-8859-1"), Some("no-such-charset")] {
            assert_eq!(decode(latin, declared, false), "Müller €", "{declared:?}");
        }
        assert_eq!(decode("Müller".as_bytes(), Some("iso-8859-1"), false), "Müller");
        assert_eq!(decode(b"\x1b$B;3ED\x1b(B", None, false), "山田");
        assert_eq!(decode(b"\xcf\xc5", Some("koi8-r"), false), "ое");
        let html =
            b"<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-2\">\xb1";
        assert!(decode(html, None, true).ends_with('ą'));
    }
}

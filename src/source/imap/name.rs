//! Names as IMAP writes them: quoted strings, and folders in modified UTF-7 (RFC 3501 §5.1.3).

use super::error::WireError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// `text` as a quoted string; plain ASCII without control characters only.
pub(super) fn quoted(text: &str) -> Result<String, WireError> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(WireError::Unsendable);
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// What stands in a quoted string.
pub(super) fn unquoted(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}

/// A folder's name as a quoted string.
pub(super) fn folder(name: &str) -> Result<String, WireError> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(WireError::Unsendable);
    }
    quoted(&utf7(name))
}

fn utf7(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let mut foreign: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut foreign, &mut written);
            written.push(c);
            if c == '&' {
                written.push('-');
            }
        } else {
            let mut units = [0; 2];
            foreign.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut foreign, &mut written);
    written
}

/// A folder's name as people read it; one that is not written rightly stays as it is.
pub(super) fn decoded(written: &str) -> String {
    let mut name = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((plain, foreign)) = rest.split_once('&') {
        let Some((base64, after)) = foreign.split_once('-') else { return written.to_owned() };
        name.push_str(plain);
        match base64 {
            "" => name.push('&'),
            base64 => match utf16(base64) {
                Some(text) => name.push_str(&text),
                None => return written.to_owned(),
            },
        }
        rest = after;
    }
    name.push_str(rest);
    name
}

fn utf16(base64: &str) -> Option<String> {
    let bytes = STANDARD_NO_PAD.decode(base64.replace(',', "/")).ok()?;
    let (units, []) = bytes.as_chunks::<2>() else { return None };
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

fn flush(foreign: &mut Vec<u8>, written: &mut String) {
    if !foreign.is_empty() {
        let base64 = STANDARD_NO_PAD.encode(&*foreign).replace('/', ",");
        written.push('&');
        written.push_str(&base64);
        written.push('-');
        foreign.clear();
    }
}

/// What a server says, without the name of the folder that it was asked for, which many servers repeat and
/// which may be any word. A response code is none of it.
pub(super) fn left_out(text: &str, folder: &str) -> String {
    let ends = text.starts_with('[').then(|| text.find(']')).flatten().unwrap_or_default();
    let (code, words) = text.split_at(ends);
    let written = utf7(folder);
    let quoted = written.replace('\\', "\\\\").replace('"', "\\\"");
    // As the text of a status is made printable.
    let plain = |byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '?' };
    let printable: String = folder.bytes().map(plain).collect();
    let names = [quoted, written, printable];
    let words = names.iter().fold(words.to_owned(), |words, name| without(&words, name));
    [code, &words].concat()
}

/// `words` without a name, but for where it is a part of a word.
fn without(words: &str, name: &str) -> String {
    if name.is_empty() {
        return words.to_owned();
    }
    let is_of_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut left = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once(name) {
        left.push_str(before);
        if is_of_word(left.chars().next_back()) || is_of_word(after.chars().next()) {
            left.push_str(name);
        }
        rest = after;
    }
    left.push_str(rest);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_all_languages_can_be_named() {
        // The second is the example of RFC 3501.
        for (name, written) in [
            ("INBOX", "\"INBOX\""),
            ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
            ("Entwürfe", "\"Entw&APw-rfe\""),
            ("R&D \"new\"\\", "\"R&-D \\\"new\\\"\\\\\""),
            ("📥", "\"&2D3c5Q-\""),
        ] {
            assert_eq!(folder(name).expect("a name"), written);
            let inner = written.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
            assert_eq!(decoded(&unquoted(inner.expect("quoted"))), name);
        }
    }

    #[test]
    fn what_is_written_wrongly_stays_as_it_is() {
        for written in ["R&D", "&AP-", "&!!-", "&2D0-", "a&b-&APw"] {
            assert_eq!(decoded(written), written);
        }
    }

    #[test]
    fn a_name_is_no_word_of_the_server() {
        for (folder, text, left) in [
            ("Acme Limited", "no such folder: Acme Limited", "no such folder: "),
            ("Acme Limited", "no \"INBOX.Acme Limited\"", "no \"INBOX.\""),
            ("Entwürfe", "no Entw&APw-rfe, Entw??rfe", "no , "),
            ("a\"b", "no \"a\\\"b\"", "no \"\""),
            ("INUSE", "[INUSE] INUSE is locked", "[INUSE]  is locked"),
            ("e", "temporarily e, ee", "temporarily , ee"),
            ("", "temporarily", "temporarily"),
        ] {
            assert_eq!(left_out(text, folder), left, "{folder}");
        }
    }

    #[test]
    fn no_name_becomes_a_command() {
        for name in ["", "x\r\nA9 DELETE y", "x\ny", "a\0b", "x\u{85}"] {
            assert_eq!(folder(name), Err(WireError::Unsendable), "{name:?}");
        }
        assert!(quoted("pässword").is_err());
    }
}

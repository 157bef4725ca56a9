//! Which of a server's lines are let through to the parser, and in which form.
//!
//! A line that is not of a form we asked for is dropped, one that would make the parser allocate or
//! lose its place is refused. What remains is a small, closed part of RFC 9051 §9.

use super::name::quoted;

/// Longest name of a folder that comes as a literal.
const MAX_NAME: usize = 1024;

/// What is to be done with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Let through.
    Pass,
    /// Let through, and then as many bytes as it announces.
    Literal(usize),
    /// Nothing that was asked for.
    Drop,
    /// Nothing that a sane server sends.
    Refuse,
}

/// Judges a line without its CRLF. The text of a status is made printable in place: what the
/// parser does with other bytes there is nothing to rely on.
pub(super) fn judge(line: &mut [u8]) -> Line {
    match line {
        [b'+', text @ ..] => plain(text),
        [b'*', b' ', data @ ..] => judge_untagged(data),
        tagged => match split_word(tagged) {
            Some((_, rest)) if is_status(split_word(rest).map_or(rest, |(word, _)| word)) => {
                plain(tagged)
            }
            _ => Line::Refuse,
        },
    }
}

/// How long a folder's name is when a line ends with one that is a literal (RFC 9051 §7.3.1): names with
/// quotes, and those of servers that write every name so.
pub(super) fn name_to_come(line: &[u8]) -> Option<usize> {
    let (word, listed) = split_word(line.strip_prefix(b"* ")?)?;
    let name = before_name(listed).filter(|_| word.eq_ignore_ascii_case(b"LIST"))?;
    literal_size(name).filter(|size| *size <= MAX_NAME)
}

/// The line with the name in it, quoted. None: it can be named in no command.
pub(super) fn with_name(line: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let start = line.iter().rposition(|byte| *byte == b'{')?;
    let name = std::str::from_utf8(name).ok().and_then(|name| quoted(name).ok())?;
    Some([line.get(..start)?, name.as_bytes()].concat())
}

/// Judges what follows a literal, up to the end of its FETCH.
pub(super) fn judge_after_literal(line: &[u8]) -> Line {
    match line {
        b")" => Line::Pass,
        [b' ', items @ ..] => match items_of_fetch(items) {
            Line::Pass => Line::Pass,
            _ => Line::Refuse, // a second literal was not asked for
        },
        _ => Line::Refuse,
    }
}

fn judge_untagged(data: &mut [u8]) -> Line {
    let announces = announces_literal(data);
    let Some((word, rest)) = split_word(data) else {
        // a status or SEARCH without anything after it
        return if is_status(data) || data.eq_ignore_ascii_case(b"SEARCH") {
            Line::Pass
        } else {
            Line::Drop
        };
    };
    if word.iter().all(u8::is_ascii_digit) {
        return judge_counted(rest, announces);
    }
    if announces {
        return Line::Refuse;
    }
    if word.eq_ignore_ascii_case(b"SEARCH") {
        let numbers = rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ');
        return if numbers { Line::Pass } else { Line::Refuse };
    }
    if word.eq_ignore_ascii_case(b"LIST") {
        return if is_listed(rest) { Line::Pass } else { Line::Drop };
    }
    if is_status(word) { plain(data) } else { Line::Drop }
}

/// What follows `(\Sent) "/" ` or `(\Sent) NIL `.
fn before_name(listed: &[u8]) -> Option<&[u8]> {
    let delimiter = after_flat_list(listed)?.strip_prefix(b" ")?;
    delimiter.strip_prefix(b"NIL").or_else(|| after_quoted(delimiter))?.strip_prefix(b" ")
}

/// `(\Sent) "/" "name"` or `(\Sent) NIL name`, and nothing else.
fn is_listed(listed: &[u8]) -> bool {
    let name = before_name(listed);
    let is_atom = |name: &[u8]| {
        !name.is_empty()
            && name.iter().all(|byte| byte.is_ascii_graphic() && !b"(){}%*\"\\".contains(byte))
    };
    name.is_some_and(|name| is_atom(name) || after_quoted(name).is_some_and(<[u8]>::is_empty))
}

/// `12 EXISTS`, `12 FETCH (…)`; `12 EXPUNGE` and `12 RECENT` tell nothing that UIDs do not.
fn judge_counted(rest: &[u8], announces: bool) -> Line {
    if rest.eq_ignore_ascii_case(b"EXISTS") {
        return Line::Pass;
    }
    let items = match split_word(rest) {
        Some((word, items)) if word.eq_ignore_ascii_case(b"FETCH") => items,
        _ => return if announces { Line::Refuse } else { Line::Drop },
    };
    match items.strip_prefix(b"(").map_or(Line::Drop, items_of_fetch) {
        Line::Drop if announces => Line::Refuse,
        verdict => verdict,
    }
}

/// The items of a FETCH up to its end or to a literal: `UID`, `RFC822.SIZE`, `FLAGS`, `MODSEQ`,
/// `BODY[]` and `BODY[]<0>`. Others were not asked for.
fn items_of_fetch(mut items: &[u8]) -> Line {
    loop {
        let Some((name, value)) = split_word(items) else { return Line::Drop };
        let rest = if name.eq_ignore_ascii_case(b"UID") || name.eq_ignore_ascii_case(b"RFC822.SIZE")
        {
            after_digits(value)
        } else if name.eq_ignore_ascii_case(b"FLAGS") || name.eq_ignore_ascii_case(b"MODSEQ") {
            after_flat_list(value)
        } else if name.eq_ignore_ascii_case(b"BODY[]") || name.eq_ignore_ascii_case(b"BODY[]<0>") {
            if let Some(size) = literal_size(value) {
                return Line::Literal(size);
            }
            after_short_string(value)
        } else {
            None
        };
        match rest {
            Some(b")") => return Line::Pass,
            Some([b' ', more @ ..]) => items = more,
            _ => return Line::Drop,
        }
    }
}

fn after_digits(value: &[u8]) -> Option<&[u8]> {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { value.get(digits..) }
}

fn after_flat_list(value: &[u8]) -> Option<&[u8]> {
    let inner = value.strip_prefix(b"(")?;
    let end = inner.iter().position(|byte| matches!(byte, b')' | b'(' | b'"' | b'{'))?;
    inner.get(end..)?.strip_prefix(b")")
}

/// `NIL` or a quoted string: how some servers write an empty message.
fn after_short_string(value: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = value.strip_prefix(b"NIL") {
        return Some(rest);
    }
    let inner = value.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    inner.get(end..)?.strip_prefix(b"\"")
}

/// A quoted string, with `\"` and `\\` in it (RFC 9051 §9).
fn after_quoted(value: &[u8]) -> Option<&[u8]> {
    let mut inner = value.strip_prefix(b"\"")?;
    loop {
        inner = match inner {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', b'"' | b'\\', rest @ ..] => rest,
            [b'\\', ..] | [] => return None,
            [_, rest @ ..] => rest,
        };
    }
}

/// The size when `value` is `{123}` and nothing else.
fn literal_size(value: &[u8]) -> Option<usize> {
    let digits = value.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let size = || std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
    plain.then(|| size().unwrap_or(usize::MAX))
}

fn announces_literal(line: &[u8]) -> bool {
    let Some(start) = line.iter().rposition(|byte| *byte == b'{') else { return false };
    line.get(start..).is_some_and(|tail| literal_size(tail).is_some())
}

fn is_status(word: &[u8]) -> bool {
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

fn plain(text: &mut [u8]) -> Line {
    if announces_literal(text) {
        return Line::Refuse;
    }
    for byte in text {
        if !matches!(byte, b' '..=b'~') {
            *byte = b'?';
        }
    }
    Line::Pass
}

fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = text.iter().position(|byte| *byte == b' ')?;
    Some((text.get(..space)?, text.get(space + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(line: &str) -> Line {
        judge(&mut line.as_bytes().to_vec())
    }

    #[test]
    fn what_was_asked_for_passes() {
        for line in [
            "* OK [UIDVALIDITY 17] ok",
            "* BYE",
            "* SEARCH",
            "* SEARCH 1 2 3 ",
            "* 3 EXISTS",
            "* LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendete Objekte\"",
            "* LIST () NIL Entw&APw-rfe",
            "* LIST () \"\\\\\" \"a\\\"b\\\\c\"",
            "* 1 FETCH (UID 5 RFC822.SIZE 99)",
            "* 1 FETCH (FLAGS (\\Seen $x) UID 5 MODSEQ (12))",
            "* 1 FETCH (UID 5 BODY[]<0> NIL)",
            "* 1 fetch (uid 5 body[] \"\")",
            "+ idling",
            "+",
            "U1 OK [READ-ONLY] done",
            "U1 BAD",
        ] {
            assert_eq!(verdict(line), Line::Pass, "{line}");
        }
        assert_eq!(verdict("* 1 FETCH (UID 5 BODY[]<0> {12}"), Line::Literal(12));
        assert_eq!(
            verdict("* 1 FETCH (BODY[] {99999999999999999999999}"),
            Line::Literal(usize::MAX)
        );
        assert_eq!(judge_after_literal(b" UID 5 FLAGS ())"), Line::Pass);
    }

    #[test]
    fn what_was_not_asked_for_is_dropped() {
        for line in [
            "* CAPABILITY  IMAP4rev1  IDLE",
            "* FLAGS (\\Seen)",
            "* 1 EXPUNGE",
            "* 0 RECENT",
            "* LIST (\\Sent",
            "* LIST () \"/\" \"a\\\"",
            "* LIST () \"/\" \"a\\b\"",
            "* LIST () \"\\\" b",
            "* LIST () \"/\" a b",
            "* 1 FETCH (ENVELOPE (\"x\"))",
            "* 1 FETCH (UID 5 X-ODD a)",
        ] {
            assert_eq!(verdict(line), Line::Drop, "{line}");
        }
    }

    #[test]
    fn a_literal_where_none_was_asked_for_is_refused() {
        for line in [
            "* OK [BADCHARSET ({400000000}",
            "* LIST () \"/\" {400000000}",
            "* 1 FETCH (X \"a {1000}",
            "* 1 FETCH (X (a {1000}",
            "U1 OK {5}",
            "+ {5}",
            "hello",
        ] {
            assert_eq!(verdict(line), Line::Refuse, "{line}");
        }
        for rest in ["", " BODY[] {5}", " X a)", "hello"] {
            assert_eq!(judge_after_literal(rest.as_bytes()), Line::Refuse, "{rest}");
        }
    }

    #[test]
    fn a_name_that_comes_as_a_literal_is_quoted() {
        let line = b"* list (\\Sent) \"/\" {8}";
        assert_eq!(name_to_come(line), Some(8));
        let whole = b"* list (\\Sent) \"/\" \"a \\\"b\\\\ c\"";
        assert_eq!(with_name(line, b"a \"b\\ c").as_deref(), Some(whole.as_slice()));
        assert_eq!(judge(&mut whole.to_vec()), Line::Pass);
        for name in [&b"a\r\nb"[..], b"\xff", b"a\0b"] {
            assert_eq!(with_name(line, name), None);
        }
        for line in
            ["* LIST () \"/\" {2000}", "* LIST ({5}", "* LSUB () NIL {5}", "U1 LIST () NIL {5}"]
        {
            assert_eq!(name_to_come(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_status_text_is_made_printable() {
        let mut line = "* OK [ALERT]é\u{1b}[2J".as_bytes().to_vec();
        assert_eq!(judge(&mut line), Line::Pass);
        assert_eq!(line, b"* OK [ALERT]???[2J");
    }
}

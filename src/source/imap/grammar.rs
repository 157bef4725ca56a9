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
    /// Holds the structure of a message, which the parser is not shown: the item begins and ends so
    /// many bytes before the line's end.
    Structure(usize, usize),
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
    let start = brace(line)?;
    let name = std::str::from_utf8(name).ok().and_then(|name| quoted(name).ok())?;
    Some([line.get(..start)?, name.as_bytes()].concat())
}

/// How long a string is that a line breaks off for in the middle of a message's structure: servers
/// write names of files so.
pub(super) fn string_to_come(line: &[u8]) -> Option<usize> {
    let size = line.get(brace(line)?..).and_then(literal_size)?;
    let (count, rest) = split_word(line.strip_prefix(b"* ")?)?;
    let (word, items) = split_word(rest)?;
    let is_fetch = count.iter().all(u8::is_ascii_digit) && word.eq_ignore_ascii_case(b"FETCH");
    let mut items = items.strip_prefix(b"(").filter(|_| is_fetch && size <= MAX_NAME)?;
    loop {
        let (name, value) = split_word(items)?;
        if name.eq_ignore_ascii_case(STRUCTURE) {
            return Some(size);
        }
        items = after_item(name, value)?.strip_prefix(b" ")?;
    }
}

/// The line's last string, which came as a literal, as a quoted one; what cannot stand there is a `?`.
pub(super) fn with_string(line: &[u8], string: &[u8]) -> Option<Vec<u8>> {
    let mut joined = line.get(..brace(line)?)?.to_vec();
    joined.push(b'"');
    let plain = |byte: &u8| if matches!(byte, b' '..=b'~') { *byte } else { b'?' };
    for byte in string.iter().map(plain) {
        if matches!(byte, b'"' | b'\\') {
            joined.push(b'\\');
        }
        joined.push(byte);
    }
    joined.push(b'"');
    Some(joined)
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

/// The name of the item that says which parts a message has.
pub(super) const STRUCTURE: &[u8] = b"BODYSTRUCTURE";

/// The items of a FETCH up to its end or to a literal: `UID`, `RFC822.SIZE`, `INTERNALDATE`, `FLAGS`,
/// `MODSEQ`, `BODYSTRUCTURE`, `BODY[]` and `BODY[1.2]<0>`. Others were not asked for.
fn items_of_fetch(mut items: &[u8]) -> Line {
    let mut verdict = Line::Pass;
    loop {
        let Some((name, value)) = split_word(items) else { return Line::Drop };
        let rest = if name.eq_ignore_ascii_case(STRUCTURE) {
            let rest = after_list(value).filter(|_| verdict == Line::Pass);
            if let Some(rest) = rest {
                verdict = Line::Structure(items.len(), rest.len());
            }
            rest
        } else if is_body(name) {
            if let Some(size) = literal_size(value).filter(|_| verdict == Line::Pass) {
                return Line::Literal(size);
            }
            after_short_string(value)
        } else {
            after_item(name, value)
        };
        match rest {
            Some(b")") => return verdict,
            Some([b' ', more @ ..]) => items = more,
            _ => return Line::Drop,
        }
    }
}

/// What follows an item that is a number, a flat list or a date.
fn after_item<'x>(name: &[u8], value: &'x [u8]) -> Option<&'x [u8]> {
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    if is(b"UID") || is(b"RFC822.SIZE") {
        after_digits(value)
    } else if is(b"FLAGS") || is(b"MODSEQ") {
        after_flat_list(value)
    } else if is(b"INTERNALDATE") {
        after_quoted(value)
    } else {
        None
    }
}

/// `BODY[]`, `BODY[HEADER]` or `BODY[1.2]`, also from a place on.
fn is_body(name: &[u8]) -> bool {
    let section = || {
        let (body, section) = name.split_at_checked(b"BODY[".len())?;
        let section = before_origin(section).unwrap_or(section).strip_suffix(b"]")?;
        body.eq_ignore_ascii_case(b"BODY[").then_some(section)
    };
    section().is_some_and(|section| {
        section.is_empty()
            || section.eq_ignore_ascii_case(b"HEADER")
            || section.split(|byte| *byte == b'.').all(is_place)
    })
}

/// What stands before `<0>`.
fn before_origin(section: &[u8]) -> Option<&[u8]> {
    let inner = section.strip_suffix(b">")?;
    let start = inner.iter().rposition(|byte| *byte == b'<')?;
    let origin = inner.get(start + 1..)?;
    // The parser counts in 32 bits.
    let is_origin = (1..=9).contains(&origin.len()) && origin.iter().all(u8::is_ascii_digit);
    inner.get(..start).filter(|_| is_origin)
}

/// The place of a part among its like.
fn is_place(text: &[u8]) -> bool {
    (1..=6).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
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

/// What follows a list with whatever in it, strings in quotes.
fn after_list(value: &[u8]) -> Option<&[u8]> {
    let mut depth = 0_usize;
    let mut rest = value;
    loop {
        rest = match rest {
            [b'"', ..] => after_quoted(rest)?,
            [b'(', inner @ ..] => {
                depth += 1;
                inner
            }
            [b')', after @ ..] => {
                depth = depth.checked_sub(1)?;
                after
            }
            [_, after @ ..] => after,
            [] => return None,
        };
        if depth == 0 {
            return Some(rest).filter(|_| value.first() == Some(&b'('));
        }
    }
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
    brace(line).and_then(|start| line.get(start..)).is_some_and(|tail| literal_size(tail).is_some())
}

/// Where a line's last brace opens.
fn brace(line: &[u8]) -> Option<usize> {
    line.iter().rposition(|byte| *byte == b'{')
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
mod tests;

//! The headers of an older message as clients write them into the text: "From: … Sent: … To: …",
//! and the two lines that Notes puts above "To: … cc: … Subject: …".

use crate::mail::languages::{Label, PHRASES};

/// How many lines without a label may stand between two with one.
const BETWEEN: usize = 3;

/// How many of the lines are such headers, 0 if none. `expected`: something announced them, so
/// two suffice, and a language that is not known.
pub(super) fn length(lines: &[String], expected: bool) -> usize {
    let start = lines.iter().position(|line| !line.trim().is_empty());
    match start {
        Some(start) if expected => {
            let found = block(&lines[start..], 2).max(unknown_language(&lines[start..]));
            if found == 0 { 0 } else { start + found }
        }
        Some(0) => block(lines, 3).max(notes(lines)),
        _ => 0,
    }
}

/// Labelled lines, the first of them one that a message begins with.
fn block(lines: &[String], at_least: u32) -> usize {
    let Some(first) = lines.first().map(|line| labels(line)) else { return 0 };
    let opening = Label::From.bit() | Label::Sent.bit() | Label::To.bit() | Label::Subject.bit();
    if first & opening == 0 {
        return 0;
    }
    let mut seen = 0;
    let mut labelled = 0;
    let mut end = 0;
    for (place, line) in lines.iter().enumerate() {
        let found = labels(line);
        if found != 0 {
            seen |= found;
            labelled += 1;
            end = place + 1;
        } else if is_recipients(line) && end > 0 {
            end = place + 1;
        } else if place >= end + BETWEEN {
            break;
        }
    }
    let kinds: u32 = seen.count_ones().min(labelled);
    let named = seen & (Label::From.bit() | Label::Subject.bit()) != 0;
    if kinds >= at_least && named { end } else { 0 }
}

/// Whether a line goes on with the addresses of the one above, as Notes folds them.
fn is_recipients(line: &str) -> bool {
    let names = line.trim().ends_with([',', ';'])
        || line.contains(['@', '/']) && line.contains([',', ';', '@']);
    names && !line.contains(": ")
}

/// The labels that the word before the first colon of a line may be, as bits.
fn labels(line: &str) -> u8 {
    let line = line.trim().trim_start_matches(['*', '_', '>', '|', ' ']);
    let Some(colon) = line.find([':', '：', '\t']) else { return 0 };
    if colon > 40 {
        return 0;
    }
    let word = line[..colon].trim_end_matches([' ', '*', '_', '\u{a0}']).to_lowercase();
    PHRASES.labels(word.trim())
}

/// Three lines of "Word: value" among five, one with an address or a time.
fn unknown_language(lines: &[String]) -> usize {
    let is_field = |line: &&String| {
        line.find([':', '：'])
            .is_some_and(|colon| (1..=30).contains(&colon) && line.len() > colon + 1)
    };
    let fields = lines.iter().take(5).filter(is_field).count();
    let telling = lines.iter().take(5).any(|line| line.contains('@') || has_time(line));
    if fields >= 3 && telling { fields } else { 0 }
}

/// Notes: who wrote when, then "To:" and "Subject:".
fn notes(lines: &[String]) -> usize {
    let Some(dated) = notes_opening(lines) else { return 0 };
    if lines.first().is_some_and(|line| holds_headers(line)) {
        return 1;
    }
    let to = |line: &String| labels(line) & (Label::To.bit() | Label::Cc.bit()) != 0;
    let Some(place) = lines.iter().take(dated + 4).skip(dated).position(to) else { return 0 };
    let start = dated + place;
    let subject = |line: &String| labels(line) & Label::Subject.bit() != 0;
    lines[start..].iter().position(subject).map_or(0, |end| start + end + 1)
}

/// Whether the headers stand behind each other on one line, as a table of them is laid out.
fn holds_headers(line: &str) -> bool {
    let found = line
        .split_whitespace()
        .filter_map(|word| word.strip_suffix(':'))
        .fold(0, |found, word| found | PHRASES.labels(&word.to_lowercase()));
    let both = Label::To.bit() | Label::Subject.bit();
    found & both == both
}

/// How many lines tell who wrote when: a line with name and time, that line folded before the time
/// of day, or a name, perhaps "Sent by: …", and a time.
fn notes_opening(lines: &[String]) -> Option<usize> {
    let line = |at: usize| lines.get(at).map(String::as_str).unwrap_or_default();
    let timed = |at: usize| has_time(line(at)) && is_bare_time(line(at));
    let folded = || line(0).contains('@') && has_time(&format!("{} {}", line(0), line(1)));
    if has_time(line(0)) {
        Some(1)
    } else if timed(1) || is_bare_time(line(1)) && folded() {
        Some(2)
    } else if line(1).contains(": ") && timed(2) {
        Some(3)
    } else {
        None
    }
}

/// Whether a date with slashes, dots or dashes and a time of day stand in it.
fn has_time(line: &str) -> bool {
    let digit_around = |sign: char| {
        line.match_indices(sign).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + sign.len_utf8()..].chars().next();
            before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit())
        })
    };
    line.len() <= 200
        && digit_around(':')
        && (digit_around('/') || digit_around('-') || digit_around('.'))
}

/// A line of nothing but date and time ("01/02/2001 10:11 AM").
fn is_bare_time(line: &str) -> bool {
    line.chars().filter(|c| c.is_alphabetic()).count() <= 6
}

//! Finds what has a shape of its own in a line: e-mail addresses, web addresses, numbers to dial.

use super::country::atlas;
use super::language::{Meaning, Sense, Senses, lexicon};
use super::phrases::Hit;
use super::text::Text;
use crate::contact::{EmailAddress, Link};
use std::ops::Range;

/// A shape found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entity {
    /// An e-mail address.
    Email(EmailAddress),
    /// A web address.
    Link(Link),
    /// Digits that may be one or several telephone numbers.
    Number(String),
}

/// A shape and its place in the text, in bytes.
pub(super) type Found = (Range<usize>, Entity);

/// The shapes in `text`, from left to right, none overlapping. `own_domain` is the author's
/// registrable domain, believed even where no registry knows its ending.
pub(super) fn entities(text: &str, own_domain: &str) -> Vec<Found> {
    let mut found = addresses(text, own_domain);
    let mut gaps = Vec::new();
    let mut from = 0;
    for (span, _) in &found {
        gaps.push(from..span.start);
        from = span.end;
    }
    gaps.push(from..text.len());
    for gap in gaps {
        numbers(text, gap, &mut found);
    }
    found.sort_by_key(|(span, _)| span.start);
    found
}

/// E-mail and web addresses: words without a space, freed of what encloses them.
fn addresses(text: &str, own_domain: &str) -> Vec<Found> {
    let mut found = Vec::new();
    if !text.contains(['.', '@']) {
        return found;
    }
    let separates = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '|' | '"' | ',' | ';' | '(' | ')' | '[' | ']' | '•' | '·')
    };
    let mut from = 0;
    for piece in text.split(separates) {
        let at = from;
        from = at
            + piece.len()
            + text
                .get(at + piece.len()..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
        if piece.len() < 4 || !piece.contains(['.', '@']) {
            continue;
        }
        if let Some((start, entity)) = address(piece, own_domain) {
            let shown = shown_length(&piece[start..]);
            found.push((at + start..at + start + shown, entity));
        }
    }
    found
}

/// The length of an address without the punctuation that ends its sentence.
fn shown_length(piece: &str) -> usize {
    piece.trim_end_matches(['.', ':', '!', '?', '\'', '*', '…', '}', '=']).len()
}

fn address(piece: &str, own_domain: &str) -> Option<(usize, Entity)> {
    let bare = piece.get(..shown_length(piece))?;
    let lower = bare.to_ascii_lowercase();
    if let Some(at) = lower.find("http://").or_else(|| lower.find("https://")) {
        return Some((at, Entity::Link(Link::parse(bare.get(at..)?)?)));
    }
    if lower.contains('@') && !lower.contains('/') {
        // "E-Mail:anna@example.com" and "mailto:anna@example.com"
        let start = bare.rfind([':', '*', '=']).map_or(0, |at| at + 1);
        return Some((start, Entity::Email(EmailAddress::parse(bare.get(start..)?)?)));
    }
    let start = lower
        .find("www.")
        .or_else(|| lower.rfind(':').filter(|at| *at < 6).map(|at| at + 1))
        .unwrap_or(0);
    let bare = bare.get(start..)?;
    let host = bare.split(['/', '?', '#']).next()?;
    (bare.starts_with("www.") || is_site(host, own_domain))
        .then(|| Link::parse(bare))
        .flatten()
        .map(|link| (start, Entity::Link(link)))
}

/// Whether a word with dots is a host and not an abbreviation.
fn is_site(host: &str, own_domain: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let Some((ending, names)) = labels.split_last() else { return false };
    let shaped = !names.is_empty()
        && ending.len() >= 2
        && ending.chars().all(char::is_alphabetic)
        && names
            .iter()
            .all(|name| name.len() >= 2 && name.chars().all(|c| c.is_alphanumeric() || c == '-'));
    if !shaped {
        return false;
    }
    let lower = host.to_lowercase();
    if !own_domain.is_empty() && (lower == own_domain || lower.ends_with(&format!(".{own_domain}")))
    {
        return true;
    }
    let known = psl::suffix(lower.as_bytes()).is_some_and(|suffix| suffix.is_known())
        || matches!(*ending, "example" | "test");
    known
        && (lower == host || host.to_uppercase() == host)
        && labels.iter().all(|label| label.len() > 1)
}

/// Fewest and most digits of a number without its separators; the most is that of two numbers in
/// one run.
const DIGITS: Range<usize> = 6..34;
/// Bytes of a number with its separators; a longer run is a table or a drawing.
const MAX_RUN: usize = 100;
/// Characters before a number that may tell what it is.
const MAX_PREFIX: usize = 120;

/// Runs of digits and the signs people put between them.
fn numbers(text: &str, gap: Range<usize>, found: &mut Vec<Found>) {
    let part = text.get(gap.clone()).unwrap_or_default();
    if !part.bytes().any(|b| b.is_ascii_digit()) {
        return;
    }
    let chars: Vec<(usize, char)> = part.char_indices().collect();
    let mut at = 0;
    let mut chunk_start = 0;
    while let Some(&(start, c)) = chars.get(at) {
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).map(|(_, c)| *c);
        let two_before = at.checked_sub(2).and_then(|at| chars.get(at)).map(|(_, c)| *c);
        if let Some(end) = ending(&chars, at, chunk_start) {
            let stop = chars.get(end).map_or(part.len(), |(at, _)| *at);
            let from = gap.start + start..gap.start + stop;
            found
                .push((from, Entity::Number(part.get(start..stop).unwrap_or_default().to_owned())));
            chunk_start = end;
            at = end;
            continue;
        }
        let labelled = || {
            let label = before == Some('/') && chunk_start + 1 < at;
            let label = label.then(|| part.get(chars.get(chunk_start)?.0..start)).flatten();
            label.is_some_and(|label| lexicon().senses(label).is_label())
        };
        let begins = starts_number(c) && (!glued(before, two_before) || labelled());
        if !begins {
            if matches!(c, '|' | '•' | '·' | ';' | ':' | '~') {
                chunk_start = at + 1;
            }
            at += 1;
            // A run that does not begin as a number is skipped as a whole: "HRB12345".
            if c.is_ascii_digit() {
                while chars.get(at).is_some_and(|(_, c)| c.is_ascii_digit()) {
                    at += 1;
                }
            }
            continue;
        }
        let mut end = at;
        while let Some(&(_, c)) = chars.get(end) {
            let again_plus = c == '+'
                && end > at
                && chars
                    .get(at..end)
                    .is_some_and(|run| run.iter().any(|(_, c)| c.is_ascii_digit()));
            let remark = c == '(' && end > at && !closed_digits(&chars, end);
            if !continues_number(c) || again_plus || remark {
                break;
            }
            end += 1;
        }
        let stop = chars.get(end).map_or(part.len(), |(at, _)| *at);
        let run = part.get(start..stop).unwrap_or_default();
        let glued_after = chars.get(end).is_some_and(|(_, c)| c.is_alphabetic())
            && run.ends_with(|c: char| c.is_ascii_digit());
        let run = trim_run(run);
        let digits = run.chars().filter(char::is_ascii_digit).count();
        // "No:12 35620" is a house and a postcode.
        let house = part.get(..start).and_then(|front| front.trim_end().strip_suffix(':'));
        let house = || {
            house
                .and_then(|front| front.split_whitespace().next_back())
                .is_some_and(|word| word.len() > 1 && lexicon().senses(word).has(Sense::Street))
        };
        let prefix = chars
            .get(chunk_start.max(at.saturating_sub(MAX_PREFIX))..at)
            .map(|run| run.iter().map(|(_, c)| *c).collect::<String>())
            .unwrap_or_default();
        if DIGITS.contains(&digits)
            && run.len() <= MAX_RUN
            && !glued_after
            && !house()
            && believable(run, &prefix, behind_label(part.get(..start).unwrap_or_default()))
        {
            let from = gap.start + start;
            found.push((from..from + run.len(), Entity::Number(run.to_owned())));
            chunk_start = end;
        }
        at = end.max(at + 1);
    }
}

/// Where an ending ends that begins here and completes the number before it: "Fax: -29".
fn ending(chars: &[(usize, char)], at: usize, chunk_start: usize) -> Option<usize> {
    let dash = matches!(chars.get(at)?.1, '-' | '–');
    let spaced = |c: &(usize, char)| c.1.is_whitespace() || matches!(c.1, ':' | '.' | '/' | ',');
    if !dash || !at.checked_sub(1).and_then(|before| chars.get(before)).is_some_and(spaced) {
        return None;
    }
    let digits = chars.iter().skip(at + 1).take_while(|(_, c)| c.is_ascii_digit()).count();
    let end = at + 1 + digits;
    let apart = chars
        .get(end)
        .is_none_or(|(_, c)| !c.is_alphanumeric() && (*c != '.' || chars.len() == end + 1));
    let before: String = chars
        .get(chunk_start.max(at.saturating_sub(MAX_PREFIX))..at)?
        .iter()
        .map(|(_, c)| *c)
        .collect();
    let label = before.rsplit([',', '(', ')', '\t', '/']).map(str::trim).find(|b| !b.is_empty())?;
    ((1..=4).contains(&digits) && apart && lexicon().senses(label).is_label()).then_some(end)
}

/// Whether a bracket holds only digits: "+49 (0) 931", and not "118 (24h)".
fn closed_digits(chars: &[(usize, char)], open: usize) -> bool {
    let inner: Vec<char> = chars.iter().skip(open + 1).map(|(_, c)| *c).take(8).collect();
    inner.iter().position(|c| *c == ')').is_some_and(|end| {
        inner.get(..end).is_some_and(|inner| inner.iter().all(|c| c.is_ascii_digit() || *c == ' '))
    })
}

/// Full stops, brackets and dashes after the last digit belong to the text.
fn trim_run(run: &str) -> &str {
    run.trim_end_matches(|c: char| !c.is_ascii_digit())
}

fn starts_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '(' | '＋')
}

fn continues_number(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(
            c,
            '+' | '(' | ')' | ' ' | '\u{a0}' | '\u{202f}' | '.' | '/' | '-' | '‑' | '–' | '−' | '‐'
        )
}

/// "x4102", "D-07745", "nr.5" are no beginnings; "Cell/503" is one, for its label.
fn glued(before: Option<char>, two_before: Option<char>) -> bool {
    match before {
        Some(c) if c.is_alphanumeric() || matches!(c, '#' | '_' | '@' | '=' | '$' | '€' | '£') => {
            true
        }
        Some('-' | '/' | ',' | '.') => two_before.is_some_and(char::is_alphanumeric),
        _ => false,
    }
}

/// Digits of a number that is one even behind a dash on a line of other values.
const WHOLE_DIGITS: usize = 9;

/// Whether a text ends with the label of a number to dial.
fn ends_with_label(text: &Text) -> bool {
    let ends = |hit: &Hit<Meaning>| hit.last + 1 == text.words.len();
    text.senses.is_label()
        && text.hits.iter().any(|hit| ends(hit) && Senses::from_iter([hit.means.sense]).is_label())
}

/// Whether a text ends with the label of a number to dial and a colon.
fn behind_label(text: &str) -> bool {
    let Some(front) = text.trim_end().strip_suffix([':', '：']) else { return false };
    let label = front.rsplit(['|', '•', '·', ';', ',', '\t', ':']).next().unwrap_or_default();
    label.len() <= MAX_PREFIX && ends_with_label(&Text::of(label))
}

/// Whether a run may be dialled: it begins as numbers do, or stands alone behind a label, and is
/// no postcode and no date.
fn believable(run: &str, prefix: &str, labelled: bool) -> bool {
    let bare = run.trim();
    let before = prefix.rsplit([',', '(', ')', '\t']).next().unwrap_or_default().trim();
    // "No:12 35620" is a house.
    let before = Text::of(before);
    let is_house = before.senses.has(Sense::Street);
    let labelled = labelled || before.raw.ends_with(':') && !is_house || ends_with_label(&before);
    let groups =
        bare.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).count();
    let begins = bare.starts_with(['+', '(', '0']);
    let digits = bare.chars().filter(char::is_ascii_digit).count();
    let apart = digits >= WHOLE_DIGITS
        && [" -", " –", " /", ","].iter().any(|sign| prefix.trim_end().ends_with(sign));
    let street = !begins && !labelled && !apart && !prefix.trim().is_empty();
    let date = groups == 3 && digits == 8 && bare.contains(['.', '/']) && !begins;
    let announced = super::place::announces_postcode(&before.raw);
    // Ten digits are a postcode in Iran alone, and a number in many countries.
    let short = digits <= WHOLE_DIGITS;
    let postcode = (!labelled && short || announced) && atlas().is_postcode(bare);
    !street && !date && !postcode && (begins || groups >= 2 || digits >= 7)
}

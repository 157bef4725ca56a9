//! Takes a text apart where signs separate values.

use super::fold::is_ideograph;
use super::language::{Sense, lexicon};
use super::naming::is_credential;
use std::ops::Range;

/// The texts between separators, with whether the separator before sets values apart.
pub(super) fn chunks(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut chunks = Vec::new();
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut start = 0;
    let mut apart = false;
    let mut at = 0;
    while let Some(&(place, _)) = chars.get(at) {
        let within =
            text.get(start..place).is_some_and(|before| belongs(before, &chars, at, start == 0));
        if let Some((length, sets_apart)) = separator(&chars, at).filter(|_| !within) {
            chunks.push((start..place, apart));
            let next = chars.get(at + length).map_or(text.len(), |(at, _)| *at);
            // Between two separators nothing stands: the stronger counts.
            let empty = text.get(start..place).is_none_or(|chunk| chunk.trim().is_empty());
            apart = sets_apart || (empty && apart);
            start = next;
            at += length;
        } else {
            at += 1;
        }
    }
    chunks.push((start..text.len(), apart));
    chunks
        .into_iter()
        .filter_map(|(span, apart)| {
            let chunk = text.get(span.clone())?;
            let trimmed = chunk.trim_matches(|c: char| {
                c.is_whitespace() || matches!(c, '*' | '_' | '<' | '>' | '"' | '=' | '[' | ']')
            });
            let lead = chunk.find(trimmed)?;
            // A quote that was opened within is closed: `SIA "Rota"`.
            let trimmed = quoted(chunk, lead..lead + trimmed.len());
            let lead = (trimmed.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
            (!trimmed.is_empty())
                .then(|| (span.start + lead..span.start + lead + trimmed.len(), apart))
        })
        .collect()
}

/// A part of a text with the quotation marks that belong to it.
pub(super) fn quoted(text: &str, span: Range<usize>) -> &str {
    let inner = text.get(span.clone()).unwrap_or_default();
    let closing = |c: char| matches!(c, '"' | '“' | '”' | '»' | '\'');
    let opening = |c: char| matches!(c, '"' | '„' | '“' | '”' | '«');
    let count = |test: fn(char) -> bool| inner.chars().filter(|c| test(*c)).count();
    let quotes = count(|c| matches!(c, '"' | '„' | '“' | '”' | '«' | '»'));
    if quotes % 2 == 0 {
        return inner;
    }
    let behind = text.get(span.end..).and_then(|rest| rest.chars().next()).filter(|c| closing(*c));
    let before =
        text.get(..span.start).and_then(|rest| rest.chars().next_back()).filter(|c| opening(*c));
    match (behind, before) {
        (Some(sign), _) => text.get(span.start..span.end + sign.len_utf8()).unwrap_or(inner),
        (None, Some(sign)) => text.get(span.start - sign.len_utf8()..span.end).unwrap_or(inner),
        _ => inner,
    }
}

/// Whether a comma or bracket stands within a value: "2405, rue …", "Plaza Mayor, 1", "(FH)".
fn belongs(before: &str, chars: &[(usize, char)], at: usize, leads: bool) -> bool {
    let c = chars.get(at).map(|(_, c)| *c);
    let rest = || chars.iter().skip(at + 1).map(|(_, c)| *c);
    match c {
        Some(',') => {
            let house_first = leads
                && !before.trim().is_empty()
                && before.trim().chars().all(|c| c.is_ascii_digit())
                && before.trim().len() <= 4
                && rest().find(|c| !c.is_whitespace()).is_some_and(char::is_alphabetic);
            let number: String = rest()
                .skip_while(|c| c.is_whitespace())
                .take_while(|c| c.is_alphanumeric() || matches!(c, '/' | '-' | '.'))
                .collect();
            let behind: String = rest()
                .skip_while(|c| c.is_whitespace())
                .skip(number.chars().count())
                .take(2)
                .collect();
            let digits = number.chars().filter(char::is_ascii_digit).count();
            // "Av. do Contorno, 6.594"
            let thousands = digits == 4
                && (number.contains('.') || lexicon().senses(before).has(Sense::Street));
            // "Fazenda Santa Adélia, s/nº": without a number
            let unnumbered = number.to_lowercase().starts_with("s/n");
            let house = (((1..=3).contains(&digits) || thousands)
                && number.starts_with(|c: char| c.is_ascii_digit())
                || unnumbered)
                && number.len() <= 6
                && (behind.is_empty()
                    || behind.starts_with([',', '|', '•', '·', ')'])
                    || behind.starts_with(" -")
                    || behind.starts_with(" –")
                    || behind.starts_with(" |")
                    || behind.starts_with(" ·")
                    || behind.starts_with(" •")
                    || behind.starts_with(" ,"));
            house_first || house
        }
        Some('(' | '（') if within_name(before, chars, at) => true,
        Some(')' | '）') if closes_name(before, chars, at) => true,
        Some('(') => {
            let inner: String = rest().take_while(|c| *c != ')').collect();
            // "Dipl.-Ing. (FH)", "BA (Hons)"
            let titled = before.trim_end().ends_with('.')
                || before.split_whitespace().next_back().is_some_and(is_credential);
            titled && inner.chars().count() <= 4 && inner.chars().all(char::is_alphabetic)
        }
        Some(')') => before.rfind('(').is_some_and(|open| before.len() - open <= 5),
        _ => false,
    }
}

/// "华东泵业(苏州)有限公司": letters on both sides, a place between.
fn within_name(before: &str, chars: &[(usize, char)], open: usize) -> bool {
    let inner = chars.iter().skip(open + 1).take_while(|(_, c)| is_ideograph(*c)).count();
    let at = |offset: usize| chars.get(open + inner + offset).map(|(_, c)| *c);
    before.ends_with(is_ideograph)
        && (1..=6).contains(&inner)
        && matches!(at(1), Some(')' | '）'))
        && at(2).is_some_and(is_ideograph)
}

fn closes_name(before: &str, chars: &[(usize, char)], close: usize) -> bool {
    let Some(open) = before.rfind(['(', '（']) else { return false };
    let inner = before.get(open..).map_or(0, |inner| inner.chars().count());
    let front = before.get(..open).unwrap_or_default();
    close.checked_sub(inner).is_some_and(|open| within_name(front, chars, open))
}

/// Whether blanks stand on both sides of a sign of so many characters.
fn spaced_around(chars: &[(usize, char)], at: usize, length: usize) -> bool {
    let blank =
        |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|(_, c)| c.is_whitespace());
    blank(at.checked_sub(1)) && blank(Some(at + length))
}

/// The length of a separator that begins here, and whether it sets values apart.
fn separator(chars: &[(usize, char)], at: usize) -> Option<(usize, bool)> {
    let c = |offset: usize| chars.get(at + offset).map(|(_, c)| *c);
    let spaced = spaced_around(chars, at, 1);
    match c(0)? {
        '|' | '•' | '·' | '▪' | '■' | '●' | '◦' | '‖' | '¦' | '~' | ';' | '\t' | '►' | '→'
        | '｜' => Some((1, true)),
        '/' if c(1) == Some('/') => Some((2, true)),
        '-' if c(1) == Some('-') && spaced_around(chars, at, 2) => Some((2, true)),
        '@' | '*' if spaced => Some((1, true)),
        '-' | '–' | '—' | '/' | '−' if spaced => Some((1, false)),
        '—' | ',' | '，' | '、' | '،' | '؛' | '(' | ')' | '（' | '）' => Some((1, false)),
        _ => None,
    }
}

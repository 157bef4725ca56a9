//! "On … wrote:", in any language, on up to four lines.

use crate::mail::languages::PHRASES;

/// The fewest digits of a date with its time.
const DATE_DIGITS: usize = 4;

/// How many of the lines introduce a quote, 0 if none. `quoted`: whether a quote follows after so
/// many lines.
pub(super) fn length(lines: &[String], quoted: impl Fn(usize) -> bool) -> usize {
    for end in 1..=lines.len().min(4) {
        let last = lines[end - 1].trim();
        if last.is_empty() {
            return 0;
        }
        if !last.ends_with([':', '：']) {
            continue;
        }
        let quoted = quoted(end);
        let digits = lines[..end].iter().flat_map(|line| line.bytes()).filter(u8::is_ascii_digit);
        if !quoted && digits.count() < DATE_DIGITS {
            return 0;
        }
        let whole = Introduction::of(&lines[..end]);
        if !whole.is_one(quoted) {
            return 0;
        }
        // What stands above it without a gap is no part of it.
        let begins_below = end > 1 && {
            let rest = Introduction::of(&lines[1..end]);
            rest.digits >= DATE_DIGITS && rest.is_one(true) && !whole.opens
        };
        return if begins_below { 0 } else { end };
    }
    0
}

struct Introduction {
    /// A verb of saying stands in it.
    says: bool,
    digits: usize,
    address: bool,
    /// Begins as such lines do: "On", "Am", "Le", a date.
    opens: bool,
    length: usize,
}

impl Introduction {
    fn of(lines: &[String]) -> Self {
        let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let text = text.trim_start_matches(['*', '_', ' ']).to_lowercase();
        // "Opprinnelig melding fra Kari Nord 06.06.2024 15:40:"
        let original = PHRASES
            .separators
            .iter()
            .any(|phrase| phrase.chars().count() >= 10 && text.starts_with(phrase.as_str()));
        let says = original || PHRASES.wrote.iter().any(|verb| has_word(&text, verb));
        let opens = PHRASES.on.iter().any(|word| {
            text.strip_prefix(word.as_str()).is_some_and(|rest| rest.starts_with([' ', ',']))
        });
        Self {
            says,
            digits: text.chars().filter(char::is_ascii_digit).count(),
            address: text.contains('@'),
            opens: opens || original || text.starts_with(|c: char| c.is_ascii_digit()),
            length: text.chars().count(),
        }
    }

    fn is_one(&self, quoted: bool) -> bool {
        let dated = self.digits >= DATE_DIGITS;
        match (self.says, quoted) {
            _ if self.length > 400 => false,
            (true, true) => self.length <= 120 || dated || self.address,
            (true, false) => dated && (self.opens || self.address),
            // Some say no verb: "2024年3月12日(火) 10:00 Name <a@x.example>:".
            (false, _) => self.digits >= 6 && self.address && (quoted || self.opens),
        }
    }
}

/// Whether a word or phrase stands in a text, not within a longer word.
fn has_word(text: &str, word: &str) -> bool {
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphabetic());
    let spaced = word.is_ascii() || !word.chars().any(|c| c >= '\u{2e80}');
    text.match_indices(word).any(|(at, _)| {
        !spaced
            || outside(text[..at].chars().next_back())
                && outside(text[at + word.len()..].chars().next())
    })
}

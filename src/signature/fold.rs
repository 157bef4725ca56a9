//! Text as it is compared: words without case, accents and punctuation.

use compact_str::{CompactString, ToCompactString as _};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A word as it is compared; nearly none is too long to be kept without allocating.
pub(super) type Folded = CompactString;

/// A word of a text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, without accents and dots; several single letters in a row are one word
    /// (`S.r.l.` → `srl`).
    pub(super) folded: Folded,
    /// Its place in the text, in bytes.
    pub(super) span: Range<usize>,
    /// How many single letters it is made of; none if it is an ordinary word.
    letters: usize,
}

impl Word {
    /// Whether it is made of single letters: `J.P.M.`.
    pub(super) fn is_initials(&self) -> bool {
        self.letters > 0
    }
}

/// More single letters in a row are no abbreviation.
const MAX_LETTERS: usize = 8;

/// Lower case without accents: `Straße` → `strasse`, `Łódź` → `lodz`.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        let mut folded = text.to_ascii_lowercase();
        if folded.contains(['\'', '`']) {
            folded.retain(|c| !matches!(c, '\'' | '`'));
        }
        return folded;
    }
    let mut folded = String::with_capacity(text.len());
    // Below the first mark every letter is taken apart by itself: nothing changes places.
    if text.chars().all(|c| c < FIRST_MARK) {
        for c in text.chars() {
            decompose_compatible(c, |part| push_folded(&mut folded, part));
        }
        return folded;
    }
    text.nfkd().for_each(|part| push_folded(&mut folded, part));
    // Korean syllables and Japanese voicing are one letter each again.
    let composed = text.chars().any(|c| c >= '\u{900}');
    if composed { folded.nfc().collect() } else { folded }
}

/// A word as [`fold`] has it.
fn fold_word(word: &str) -> Folded {
    if word.is_ascii() && !word.contains(['\'', '`']) {
        let mut folded = Folded::new(word);
        folded.make_ascii_lowercase();
        return folded;
    }
    fold(word).into()
}

/// The first of Unicode's combining marks.
const FIRST_MARK: char = '\u{300}';

/// Adds a letter, taken apart, in lower case and without what only colours it.
fn push_folded(folded: &mut String, part: char) {
    for c in part.to_lowercase() {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            '\'' | '’' | '‘' | 'ʼ' | '´' | '`' => {}
            c if is_accent(c) => {}
            c => folded.push(c),
        }
    }
}

/// Marks that only colour a letter; the marks of Japanese and Indian scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Bytes of a usual word with what stands behind it.
const USUAL_LETTERS: usize = 6;

/// The words of a text, in order. Pictograms (`📞`) are words of their own.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(text.len() / USUAL_LETTERS + 1);
    let mut start = None;
    for (at, c) in text.char_indices() {
        let inside = c.is_alphanumeric() || is_mark(c) || (start.is_some() && is_apostrophe(c));
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                push(&mut words, text, from..at);
                start = None;
            }
            _ => {}
        }
        if is_pictogram(c) {
            words.push(Word {
                folded: c.to_compact_string(),
                span: at..at + c.len_utf8(),
                letters: 0,
            });
        }
    }
    if let Some(from) = start {
        push(&mut words, text, from..text.len());
    }
    words
}

/// Marks of any script that belong to the letter before them.
fn is_mark(c: char) -> bool {
    c >= FIRST_MARK && is_combining_mark(c)
}

fn push(words: &mut Vec<Word>, text: &str, span: Range<usize>) {
    let raw = text.get(span.clone()).unwrap_or_default();
    let folded = fold_word(raw);
    let letters = usize::from(is_letter(&folded) && !raw.contains(is_apostrophe));
    if letters > 0
        && let Some(last) = words.last_mut()
        && (1..MAX_LETTERS).contains(&last.letters)
        && matches!(text.get(last.span.end..span.start), Some("." | ". " | "/"))
    {
        last.folded.push_str(&folded);
        last.span.end = span.end;
        last.letters += 1;
        return;
    }
    words.push(Word { folded, span, letters });
}

fn is_letter(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() && !is_ideograph(c)) && chars.next().is_none()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ')
}

/// Emoji and dingbats as they stand before values.
pub(super) fn is_pictogram(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}' | '@')
}

/// Chinese, Japanese and Korean letters, which are written without spaces between words.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{3200}'..='\u{33ff}')
}

/// Whether a text holds such letters.
pub(super) fn has_ideograph(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_ideograph)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<Folded> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_compared_without_case_accents_and_dots() {
        assert_eq!(folded("Größe, S.r.l. & E-Mail:"), ["grosse", "srl", "e", "mail"]);
        assert_eq!(folded("Sp. z o.o."), ["sp", "z", "oo"]);
        assert_eq!(folded("O'Riordan d’Arenc"), ["oriordan", "darenc"]);
        assert_eq!(folded("📞 +49 1"), ["📞", "49", "1"]);
        assert_eq!(folded("Łódź Øst"), ["lodz", "ost"]);
    }

    #[test]
    fn a_row_of_letters_is_an_abbreviation_only_as_long_as_one() {
        assert_eq!(folded("c/o S. r. l."), ["co", "srl"]);
        assert_eq!(folded(&"C. ".repeat(20)), ["cccccccc", "cccccccc", "cccc"]);
    }
}

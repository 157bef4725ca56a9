//! Lines as the rest reads them: wide letters narrow, marks of direction and other invisible signs
//! gone, digits of other scripts as ASCII where they are dialled.

use crate::contact::lookalike::{cyrillic, is_disguise, is_mixed, latin};
use crate::mail::{Cell, Line};
use std::borrow::Cow;

/// A line needs this many digits of another script before they are taken for a number to dial:
/// house numbers stay as written.
const DIALLED: usize = 7;

/// Legal forms in brackets, and the signs for them.
const BRACKETED: [(&str, &str); 3] = [("(주)", "㈜"), ("(株)", "㈱"), ("(有)", "㈲")];

/// The lines; copied only where one of them has to be changed.
pub(super) fn narrow(lines: &[Line]) -> Cow<'_, [Line]> {
    let touched = |line: &Line| {
        line.cells.iter().any(|cell| {
            !cell.text.is_ascii()
                && (cell.text.chars().any(is_odd)
                    || is_mixed(&cell.text)
                    || BRACKETED.iter().any(|(form, _)| cell.text.contains(form)))
        })
    };
    if !lines.iter().any(touched) {
        return Cow::Borrowed(lines);
    }
    let cell = |cell: &Cell| Cell { text: plain(&cell.text), links: cell.links.clone() };
    let line = |line: &Line| Line { cells: line.cells.iter().map(cell).collect(), ..line.clone() };
    Cow::Owned(lines.iter().map(line).collect())
}

fn is_odd(c: char) -> bool {
    is_invisible(c) || wide(c) != c || digit(c).is_some()
}

fn plain(text: &str) -> String {
    let dialled = text.chars().filter(|c| digit(*c).is_some()).count() >= DIALLED;
    let narrow: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| digit(c).filter(|_| dialled).unwrap_or_else(|| wide(c)))
        .collect();
    // Legal forms in brackets are one sign: brackets part values.
    let fold = |text: String, (form, sign): &(&str, &str)| text.replace(form, sign);
    let narrow = if is_mixed(&narrow) { undisguised(&narrow) } else { narrow };
    if narrow.contains('(') { BRACKETED.iter().fold(narrow, fold) } else { narrow }
}

/// The text with words that mix letters of several scripts as they look: "Теl" with Cyrillic letters
/// is `Tel`, "Mосква" with a Latin one is Cyrillic. Addresses stay as they are, and are refused.
fn undisguised(text: &str) -> String {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, ':' | '|' | ',' | ';' | '(' | ')' | '<' | '>');
    let mut plain = String::with_capacity(text.len());
    for piece in text.split_inclusive(ends) {
        let word = piece.trim_end_matches(['.', ':', ' ']);
        let address = word.contains(['@', '/']) || word.contains('.');
        if address || !is_mixed(piece) {
            plain.push_str(piece);
        } else if piece.chars().filter(|c| is_disguise(*c)).all(|c| latin(c).is_some()) {
            plain.extend(piece.chars().map(|c| latin(c).unwrap_or(c)));
        } else {
            plain.extend(piece.chars().map(|c| cyrillic(c).unwrap_or(c)));
        }
    }
    plain
}

/// Marks of direction, joiners and soft hyphens.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

/// Letters, digits and signs as wide as an ideograph (U+FF01–FF5E), the wide space, the marks of
/// telephones and postcodes.
fn wide(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21).unwrap_or(c),
        '℡' => '☎',
        _ => c,
    }
}

/// The ASCII digit of an Arabic, Persian, Devanagari, Bengali or Thai one.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 5] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50];
    let value =
        ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(*zero).filter(|n| *n < 10))?;
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_foreign_digits_are_read_and_house_numbers_stay() {
        assert_eq!(plain("ＴＥＬ：０３－３２１１－１２３４　（代）"), "TEL:03-3211-1234 (代)");
        assert_eq!(plain("\u{200f}هاتف: ٠٥٠١٢٣٤٥٦٧"), "هاتف: 0501234567");
        assert_eq!(plain("شارع ١٢"), "شارع ١٢");
    }

    #[test]
    fn words_are_read_as_they_look_and_addresses_stay() {
        assert_eq!(plain("\u{422}\u{435}l.: 1"), "Tel.: 1");
        assert_eq!(plain("\u{41c}\u{43e}bil 2"), "Mobil 2");
        assert_eq!(plain("M\u{43e}\u{441}\u{43a}\u{432}\u{430}"), "Москва");
        assert_eq!(plain("ООО Ромашка, Anna"), "ООО Ромашка, Anna");
        assert_eq!(plain("\u{430}nna@b.de p\u{430}ypal.com"), "\u{430}nna@b.de p\u{430}ypal.com");
    }
}

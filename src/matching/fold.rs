//! What two spellings of one thing have in common.

use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The lines of a data file without comments.
fn entries(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Legal forms folded, also without the spaces that dots leave (`s p a` and `spa`).
static LEGAL_FORMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let forms = entries(include_str!("../signature/data/legal_forms.txt")).map(fold);
    let also = ["co", "company"].map(str::to_owned);
    forms.flat_map(|form| [form.replace(' ', ""), form]).chain(also).collect()
});
static FREE_MAIL: LazyLock<HashSet<&str>> =
    LazyLock::new(|| entries(include_str!("data/free_mail.txt")).collect());
static STREET_WORDS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    entries(include_str!("data/street_words.txt")).filter_map(|line| line.split_once(' ')).collect()
});

/// Words that a company's name may begin with, which say nothing.
const ARTICLES: [&str; 13] =
    ["die", "der", "das", "the", "le", "la", "les", "el", "il", "de", "het", "firma", "fa"];

/// Most words of a legal form.
const LEGAL_FORM_WORDS: usize = 5;

/// Lower case without accents and punctuation, words apart by one space. An umlaut, its two
/// letters and its bare letter are the same (`Müller`, `Mueller`, `Muller`).
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push('a'),
            'ø' | 'Ø' | 'œ' | 'Œ' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'þ' | 'Þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            // Apostrophes, and marks that nobody sees.
            '\''
            | '’'
            | '`'
            | '´'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}' => {}
            c if c.is_alphanumeric() => push_lower(&mut folded, c),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Adds a letter in lower case; an `e` after `a`, `o` or `u` may be half an umlaut and is dropped.
fn push_lower(folded: &mut String, c: char) {
    for c in c.to_lowercase() {
        if c != 'e' || !folded.ends_with(['a', 'o', 'u']) {
            folded.push(c);
        }
    }
}

/// A company's name folded, without its legal form: `Müller & Söhne GmbH & Co. KG` and
/// `MUELLER SOEHNE` are the same.
pub fn fold_company(name: &str) -> String {
    fold_company_of(&fold(name))
}

/// The first word of a company's name that tells it from others, as it is written: no article, and
/// nothing of a legal form. Whatever is called so has that word.
pub fn telling_word(name: &str) -> Option<String> {
    let name: String = name.nfc().collect();
    let folded = fold_company(&name);
    let is_apart = |c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’'));
    let mut words = name.split(is_apart).filter(|word| !word.is_empty());
    let tells = |word: &&str| {
        let word = fold(word);
        !ARTICLES.contains(&word.as_str()) && folded.split(' ').any(|it| it == word)
    };
    let first = words.clone().next();
    let word = words.find(tells).or(first)?;
    // Searches take words apart at an apostrophe.
    let parts = word.split(|c: char| !c.is_alphanumeric());
    parts.max_by_key(|part| part.chars().count()).map(str::to_owned)
}

/// A folded company's name without its legal form.
pub(super) fn fold_company_of(folded: &str) -> String {
    let words: Vec<&str> = folded
        .split(' ')
        .filter(|word| !matches!(*word, "und" | "and" | "et" | "y" | "u"))
        .collect();
    let mut rest = words.as_slice();
    while let Some(shorter) = without_legal_form(rest) {
        rest = shorter;
    }
    rest.join(" ")
}

fn without_legal_form<'a, 'w>(words: &'a [&'w str]) -> Option<&'a [&'w str]> {
    let most = LEGAL_FORM_WORDS.min(words.len().saturating_sub(1));
    for count in (1..=most).rev() {
        let (head, tail) = words.split_at(words.len() - count);
        if LEGAL_FORMS.contains(tail.join(" ").as_str()) {
            return Some(head);
        }
        let (head, tail) = words.split_at(count);
        if LEGAL_FORMS.contains(head.join(" ").as_str()) && count > 1 {
            return Some(tail);
        }
    }
    None
}

/// A street folded, with its usual words in their short form: `Hauptstraße 5` and `Hauptstr. 5`.
pub fn fold_street(street: &str) -> String {
    fold_street_of(&fold(street))
}

/// A folded street with its usual words in their short form.
pub(super) fn fold_street_of(folded: &str) -> String {
    let words = folded.split(' ').map(|word| {
        STREET_WORDS
            .iter()
            .find_map(|(long, short)| Some(format!("{}{short}", word.strip_suffix(long)?)))
            .unwrap_or_else(|| word.to_owned())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether addresses of the domain say nothing about an employer.
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.contains(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_are_one() {
        for spelling in ["Jörg Müller", "JOERG MUELLER", "Jorg  Muller", "jörg-müller"] {
            assert_eq!(fold(spelling), "jorg muller", "{spelling}");
        }
        assert_eq!(fold("O’Brien"), fold("O'Brien"));
        assert_eq!(fold("Łukasz Dąbrowski"), "lukasz dabrowski");
        assert_eq!(fold("  "), "");
    }

    #[test]
    fn a_company_is_one_with_and_without_its_legal_form() {
        for spelling in
            ["Müller & Partner GmbH & Co. KG", "Mueller Partner", "MÜLLER UND PARTNER AG"]
        {
            assert_eq!(fold_company(spelling), "muller partner", "{spelling}");
        }
        assert_eq!(fold_company("Exempla Sp. z o.o."), "exempla");
        assert_eq!(fold_company("AG"), "ag", "a name is never stripped to nothing");
        assert_eq!(fold_company("株式会社"), "株式会社");
    }

    #[test]
    fn a_company_is_looked_for_by_the_word_that_tells_it_from_others() {
        for (name, word) in [
            ("Müller & Partner GmbH & Co. KG", "Müller"),
            ("Die Exempla-Werke AG", "Exempla"),
            ("O'Neill Ltd.", "Neill"),
            ("Mu\u{308}ller AG", "Müller"),
            ("AG", "AG"),
        ] {
            assert_eq!(telling_word(name).as_deref(), Some(word), "{name}");
        }
        assert_eq!(telling_word(" - "), None);
    }

    #[test]
    fn a_street_is_one_long_and_short() {
        assert_eq!(fold_street("Hauptstraße 5"), fold_street("Hauptstr. 5"));
        assert_eq!(fold_street("12 Baker Street"), fold_street("12 Baker St"));
    }
}

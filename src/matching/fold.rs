//! What two spellings of one thing have in common.

pub use super::company::{fold_company, telling_word};
use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The lines of a data file without comments.
pub(super) fn entries(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Domains, and the names of providers with a domain in every country before `.*`.
static FREE_MAIL: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let own = entries(include_str!("data/free_mail.txt"));
    let listed = entries(include_str!("data/free_mail_listed.txt"));
    own.chain(listed).flat_map(str::split_whitespace).collect()
});
static STREET_WORDS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    entries(include_str!("data/street_words.txt")).filter_map(|line| line.split_once(' ')).collect()
});

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
        || domain.split_once('.').is_some_and(|(name, under)| {
            is_of_provider(under) && FREE_MAIL.contains(format!("{name}.*").as_str())
        })
}

/// Whether domains of a provider in every country end so: `com`, `de`, `co.uk`.
fn is_of_provider(end: &str) -> bool {
    let country = |end: &str| end.len() == 2 && end.bytes().all(|byte| byte.is_ascii_lowercase());
    matches!(end, "com" | "net" | "org" | "eu")
        || country(end)
        || end
            .split_once('.')
            .is_some_and(|(kind, end)| matches!(kind, "co" | "com") && country(end))
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
    fn no_provider_of_mail_is_an_employer() {
        for domain in "hotmail.es outlook.fr outlook.at live.nl yahoo.es yahoo.at gmx.eu tutanota.de \
                       tuta.com protonmail.ch seznam.cz onet.pl interia.pl aon.at a1.net chello.at \
                       bluemail.ch ziggo.nl telenet.be tiscali.it bk.ru list.ru yandex.com gmail.com \
                       web.de yahoo.co.jp hotmail.com.br live.com.au mailinator.com"
            .split_whitespace()
        {
            assert!(is_free_mail(domain), "{domain}");
        }
        for domain in ["exempla.de", "outlook.consulting", "live.shop.de", "a.com", "berlin.de", ""]
        {
            assert!(!is_free_mail(domain), "{domain}");
        }
    }

    #[test]
    fn a_street_is_one_long_and_short() {
        assert_eq!(fold_street("Hauptstraße 5"), fold_street("Hauptstr. 5"));
        assert_eq!(fold_street("12 Baker Street"), fold_street("12 Baker St"));
    }
}

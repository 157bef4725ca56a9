//! Cyrillic and Greek letters that look like Latin ones, with which words are disguised.
//!
//! The pairs are those of Unicode's confusables (UTS 39) that are the same in common fonts.

/// Cyrillic and Greek letters, and behind each the Latin one that it looks like.
const PAIRS: &[(char, char)] = &[
    ('А', 'A'),
    ('В', 'B'),
    ('С', 'C'),
    ('Е', 'E'),
    ('Н', 'H'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('К', 'K'),
    ('М', 'M'),
    ('О', 'O'),
    ('Р', 'P'),
    ('Ѕ', 'S'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('У', 'Y'),
    ('а', 'a'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('һ', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('ѕ', 's'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('у', 'y'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
    ('ο', 'o'),
    ('ν', 'v'),
];

/// The Latin letter that a Cyrillic or Greek one looks like.
pub fn latin(c: char) -> Option<char> {
    PAIRS.iter().find(|(like, _)| *like == c).map(|(_, latin)| *latin)
}

/// The Cyrillic letter that a Latin one looks like.
pub fn cyrillic(c: char) -> Option<char> {
    let is_cyrillic = |c: char| ('\u{400}'..='\u{52f}').contains(&c);
    PAIRS.iter().find(|(like, latin)| *latin == c && is_cyrillic(*like)).map(|(like, _)| *like)
}

/// Whether a letter is Cyrillic or Greek.
pub fn is_disguise(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{52f}' | '\u{1f00}'..='\u{1fff}') && c.is_alphabetic()
}

/// Whether a letter is Latin.
pub fn is_latin(c: char) -> bool {
    c.is_alphabetic() && c < '\u{250}' || ('\u{1e00}'..='\u{1eff}').contains(&c)
}

/// Whether a word mixes Latin with Cyrillic or Greek letters, as none does that is not disguised.
pub fn is_mixed(word: &str) -> bool {
    word.chars().any(is_disguise) && word.chars().any(is_latin)
}

/// Whether an internet domain deceives the eye: a label of mixed letters, or one made only of
/// letters that look Latin below a Latin ending.
pub fn is_deceptive_domain(domain: &str) -> bool {
    let shown =
        if domain.contains("xn--") { idna::domain_to_unicode(domain).0 } else { domain.to_owned() };
    let latin_ending = shown.rsplit('.').next().is_some_and(str::is_ascii);
    shown.split('.').any(|label| {
        let mut letters = label.chars().filter(|c| c.is_alphabetic()).peekable();
        let disguised =
            letters.peek().is_some() && letters.all(|c| is_disguise(c) && latin(c).is_some());
        is_mixed(label) || latin_ending && disguised
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_that_look_like_others_deceive() {
        for domain in ["p\u{430}ypal.com", "xn--pypal-4ve.com", "\u{441}\u{43e}\u{441}\u{43e}.com"]
        {
            assert!(is_deceptive_domain(domain), "{domain}");
        }
        for domain in
            ["müller.example", "пример.рф", "xn--mller-kva.de", "почта.com", "例え.jp", "a.рф"]
        {
            assert!(!is_deceptive_domain(domain), "{domain}");
        }
    }
}

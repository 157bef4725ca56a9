//! Names in Chinese, Japanese and Korean letters, and romanised ones.

use super::{READ, list};
use crate::signature::fold::{fold, is_ideograph};
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

/// Letters that end the names of units and places, and hardly a person's.
const UNITS: &str = "部課室局都府県市区省社店院所";
/// Longest name without a space.
const LONGEST: usize = 5;

/// Which languages' family names a romanised one is.
static ROMAN: LazyLock<BTreeMap<String, HashSet<String>>> = LazyLock::new(|| {
    READ.names
        .iter()
        .map(|(code, names)| (code.clone(), list(&names.roman).map(fold).collect()))
        .collect()
});

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7af}')
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}')
}

/// How many letters of a name without a space are the family name's, if a list knows it.
fn known_family(name: &str, language: &str) -> Option<usize> {
    let names = READ.names.get(language)?;
    let longest = |phrases: &str| {
        list(phrases).filter(|family| name.starts_with(*family)).map(|f| f.chars().count()).max()
    };
    let compound = longest(&names.compound);
    if language == "ja" {
        return longest(&names.family);
    }
    let single = name.chars().next().is_some_and(|c| names.family.contains(c));
    compound.or(single.then_some(1))
}

/// How many letters of a name without a space are the family name's.
pub(in crate::signature) fn family_length(name: &str, language: &str) -> usize {
    let letters = name.chars().count();
    let japanese = language == "ja" || name.chars().any(is_kana);
    let code = match () {
        () if name.chars().any(is_hangul) => "ko",
        () if japanese => "ja",
        () => "zh",
    };
    let usual = match (code, letters) {
        ("ja", 3..) => 2,
        ("zh", 4..) if !japanese => 2,
        _ => 1,
    };
    known_family(name, code).filter(|length| *length < letters).unwrap_or(usual)
}

/// Whether a text is a name by its form: a known family name and one to three letters more, or two
/// short words.
pub(in crate::signature) fn looks_like_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let letters = |word: &str| word.chars().count();
    if words.is_empty() || !text.chars().all(|c| is_ideograph(c) || c.is_whitespace() || c == '々')
    {
        return false;
    }
    let family =
        |word: &str| ["ja", "zh", "ko"].iter().filter_map(|code| known_family(word, code)).max();
    match words.as_slice() {
        [name] if letters(name) > 2 && name.ends_with(|c| UNITS.contains(c)) => false,
        [name] => {
            let hangul = name.chars().any(is_hangul);
            let most = if hangul { 3 } else { LONGEST };
            family(name).is_some_and(|length| {
                letters(name) > length
                    && letters(name) <= most.max(length + 2)
                    && letters(name) <= length + 3
            })
        }
        [first, second] => {
            (1..=3).contains(&letters(first))
                && (1..=4).contains(&letters(second))
                && (family(first) == Some(letters(first))
                    || letters(first) <= 2 && letters(second) <= 2)
        }
        _ => false,
    }
}

/// Whether the first of two romanised words is the family name and the last is none, by the lists
/// of the languages that write it first.
pub(in crate::signature) fn leads_romanised(first: &str, last: &str, languages: &[&str]) -> bool {
    let known = |word: &str| {
        let word = fold(word);
        languages.iter().any(|code| ROMAN.get(*code).is_some_and(|names| names.contains(&word)))
    };
    known(first) && !known(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_names_are_split_off_by_the_lists() {
        for (name, language, length) in [
            ("王小明", "zh", 1),
            ("欧阳娜娜", "zh", 2),
            ("김민수", "ko", 1),
            ("남궁민수", "ko", 2),
            ("佐々木健", "ja", 3),
            ("長谷川太郎", "ja", 3),
            ("林太郎", "ja", 1),
        ] {
            assert_eq!(family_length(name, language), length, "{name}");
        }
        assert!(looks_like_name("田中 美咲") && looks_like_name("박지현"));
        assert!(!looks_like_name("営業本部") && !looks_like_name("東京都"));
    }
}

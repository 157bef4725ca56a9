//! What stands before and behind a name and makes nobody another person.

use crate::contact::without_post_nominals;
use crate::matching::latin::latin;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

static AFFIXES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../data/name_affixes.txt").lines();
    lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});

/// A whole name as it is written, and what stands behind it: `Anna Wallner, LL.M.`, `Wallner, Dipl.-Ing.`.
/// Behind a comma may be the given name too, which stays.
pub fn name_and_titles(whole: &str) -> (&str, &str) {
    let (name, behind) = without_post_nominals(whole, 2);
    match name.split_once(',') {
        Some((front, titles)) if !front.trim().is_empty() && !is_name(titles) => {
            let behind = whole.trim().get(front.len()..).unwrap_or(behind);
            (front.trim_end(), behind.trim_start_matches([' ', ',']))
        }
        _ => (name, behind),
    }
}

/// A name folded, in Latin letters, without titles and courtesy; a name of nothing else stays. Before
/// post-nominals so many words stay at least.
pub(super) fn bare(text: &str, fewest: usize) -> String {
    let folded = latin(&without_subjects(without_post_nominals(text, fewest).0));
    let mut titled = false;
    let is_name = |word: &&str| {
        titled = AFFIXES.contains(word) && (titled || !CALLED.contains(word));
        !titled
    };
    let words: Vec<&str> = folded.split(' ').filter(is_name).collect();
    if words.is_empty() { folded } else { words.join(" ") }
}

/// Whether anything of a text is a name.
fn is_name(text: &str) -> bool {
    !is_title(&without_subjects(text)) || is_called(text.trim())
}

/// Whether somebody may be called what is short for a subject, too: a title has a dot, or is written small.
pub(super) fn is_called(word: &str) -> bool {
    CALLED.contains(&latin(word).as_str())
        && !word.ends_with('.')
        && word.starts_with(char::is_uppercase)
}

/// What is short for a subject behind a title (`Dr phil`), and what people are called.
const CALLED: [&str; 2] = ["nat", "phil"];

pub(super) fn is_title(text: &str) -> bool {
    latin(text).split(' ').all(|word| word.is_empty() || AFFIXES.contains(word))
}

/// A name without what a title is in: `rer. pol.` of `Dr. rer. pol.`. Some are names elsewhere.
fn without_subjects(text: &str) -> Cow<'_, str> {
    if !text.contains('.') {
        return text.into();
    }
    let mut titled = false;
    let words = text.split_whitespace().filter(|word| {
        let subject = titled && is_subject(word);
        titled = subject || is_title(word);
        !subject
    });
    words.collect::<Vec<_>>().join(" ").into()
}

/// Small letters and a dot, and no particle as `v.` is.
pub(super) fn is_subject(word: &str) -> bool {
    const SHORTEST: usize = 3;
    word.len() >= SHORTEST && word.starts_with(char::is_lowercase) && word.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_told_from_a_name_on_both_sides() {
        for name in [
            "Anna Wallner",
            "Prof. Dr. rer. pol. Anna Wallner",
            "Dr. med. dent. Anna Wallner, LL.M.",
            "Anna Wallner M.Sc.",
            "Anna Wallner, Dr. soc.",
            "anna wallner, mba",
            "ANNA WALLNER CPA",
        ] {
            assert_eq!(bare(name_and_titles(name).0, 2), "anna wallner", "{name}");
        }
        assert_eq!(bare("Dr. v. Wallner", 1), "v wallner");
        assert_eq!(bare("Dr.", 2), "dr");
        assert_eq!(bare("Phil Wallner", 2), "phil wallner");
        assert_eq!(bare("Dr phil Anna Wallner", 2), "anna wallner");
        assert_eq!(bare("Dr rer nat Wallner", 2), "wallner");
        assert_eq!(name_and_titles("Wallner, Phil"), ("Wallner, Phil", ""));
    }

    #[test]
    fn what_stands_behind_a_comma_is_a_given_name_or_titles() {
        assert_eq!(name_and_titles("Anna Wallner, MBA"), ("Anna Wallner", "MBA"));
        assert_eq!(name_and_titles("Wallner, Dipl.-Ing."), ("Wallner", "Dipl.-Ing."));
        assert_eq!(name_and_titles("Wallner, Dr., LL.M."), ("Wallner", "Dr., LL.M."));
        assert_eq!(name_and_titles("Wallner, Anna, LL.M."), ("Wallner, Anna", "LL.M."));
        assert_eq!(name_and_titles("Wallner, Dr. Anna"), ("Wallner, Dr. Anna", ""));
        assert_eq!(name_and_titles(", MBA"), (", MBA", ""));
        assert_eq!(name_and_titles("Wallner,"), ("Wallner", ""));
    }
}

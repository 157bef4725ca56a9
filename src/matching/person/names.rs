//! Given and family names apart, without what stands before and after a name.

use crate::matching::latin::latin;
use std::collections::HashSet;
use std::sync::LazyLock;

static AFFIXES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../data/name_affixes.txt").lines();
    lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});

/// Given and family names folded. A name known only as a whole is taken apart: the last word with
/// its particles is the family name, or what stands before a comma.
pub(in crate::matching) fn given_and_family(
    given: Option<&str>,
    family: Option<&str>,
    full: Option<&str>,
) -> (String, String) {
    let given = given.map(bare).unwrap_or_default();
    let family = family.map(bare).unwrap_or_default();
    if !given.is_empty() || !family.is_empty() {
        return (given, family);
    }
    let full = full.unwrap_or_default();
    if let Some((family, given)) = full.split_once(',')
        && latin(given).split(' ').any(|word| !word.is_empty() && !AFFIXES.contains(word))
    {
        return (bare(given), bare(family));
    }
    let whole = bare(full);
    let words: Vec<&str> = whole.split(' ').collect();
    let mut cut = words.len().saturating_sub(1);
    while cut > 1 && words.get(cut - 1).is_some_and(|word| PARTICLES.contains(word)) {
        cut -= 1;
    }
    if words.len() == 1 {
        return (String::new(), whole);
    }
    let (given, family) = words.split_at(cut);
    (given.join(" "), family.join(" "))
}

/// Particles that begin a family name, folded.
const PARTICLES: [&str; 24] = [
    "von", "vom", "van", "zu", "zum", "zur", "de", "del", "della", "di", "da", "do", "dos", "du",
    "des", "der", "den", "ter", "ten", "la", "le", "al", "el", "bin",
];

/// A name folded, in Latin letters, without titles and courtesy; a name of nothing else stays.
fn bare(text: &str) -> String {
    let folded = latin(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !AFFIXES.contains(word)).collect();
    if words.is_empty() { folded } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_without_its_titles() {
        let of = |full: &str| given_and_family(None, None, Some(full));
        let parts = |given: &str, family: &str| (given.to_owned(), family.to_owned());
        assert_eq!(of("Prof. Dr.-Ing. Jörg von der Heide"), parts("jorg", "von der heide"));
        assert_eq!(of("Müller, Anna"), parts("anna", "muller"));
        assert_eq!(of("Anna Müller, MBA"), parts("anna", "muller"));
    }
}

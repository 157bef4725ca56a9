//! Given and family names apart, without what stands before and after a name.

use super::name::Name;
use super::titles::{bare, name_and_titles};
use crate::matching::latin::is_unheard;

/// Given and family names folded. A name known only as a whole is taken apart: the last word with
/// its particles is the family name, or what stands before a comma.
pub(in crate::matching) fn given_and_family(
    given: Option<&str>,
    family: Option<&str>,
    full: Option<&str>,
) -> (Name, Name) {
    let part = |text: &str| Name::of(bare(text, 1), is_unheard(text));
    let given = given.map(part).unwrap_or_default();
    let family = family.map(part).unwrap_or_default();
    if !given.is_empty() || !family.is_empty() {
        return (given, family);
    }
    let (full, _) = name_and_titles(full.unwrap_or_default());
    if let Some((family, given)) = full.split_once(',') {
        return (part(given), part(family));
    }
    let (whole, unheard) = (bare(full, 2), is_unheard(full));
    let words: Vec<&str> = whole.split(' ').collect();
    let mut cut = words.len().saturating_sub(1);
    while cut > 1 && words.get(cut - 1).is_some_and(|word| PARTICLES.contains(word)) {
        cut -= 1;
    }
    if words.len() == 1 {
        return (Name::default(), Name::of(whole, unheard));
    }
    let (given, family) = words.split_at(cut);
    (Name::of(given.join(" "), unheard), Name::of(family.join(" "), unheard))
}

/// Particles that begin a family name, folded.
pub(super) const PARTICLES: [&str; 24] = [
    "von", "vom", "van", "zu", "zum", "zur", "de", "del", "della", "di", "da", "do", "dos", "du",
    "des", "der", "den", "ter", "ten", "la", "le", "al", "el", "bin",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_without_its_titles() {
        let of = |full: &str| {
            let (given, family) = given_and_family(None, None, Some(full));
            (given.to_string(), family.to_string())
        };
        let parts = |given: &str, family: &str| (given.to_owned(), family.to_owned());
        assert_eq!(of("Prof. Dr.-Ing. Jörg von der Heide"), parts("jorg", "von der heide"));
        assert_eq!(of("Müller, Anna"), parts("anna", "muller"));
        for titled in
            ["Anna Müller, MBA", "Müller, Anna, LL.M.", "Müller M.Sc., Anna", "Anna Müller FRICS"]
        {
            assert_eq!(of(titled), parts("anna", "muller"), "{titled}");
        }
        assert_eq!(of("Müller, LL.M."), parts("", "muller"));
    }
}

//! A name that somebody types, in its parts, as CRMs keep it.

use super::names::PARTICLES;
use super::titles::{is_called, is_subject, is_title, name_and_titles};
use crate::contact::PersonName;
use crate::matching::latin::latin;

/// Titles, given and family name of a whole name, as they are written. What stands before a comma is the family's;
/// else the name is cut where the one was that it replaces (`like`), if they have either part in common, and else
/// before the last word and its particles. Of one word alone it is not known what it is, unless `like` tells.
pub(in crate::matching) fn taken_apart(text: &str, like: Option<&PersonName>) -> PersonName {
    let (name, suffix) = name_and_titles(text);
    let (prefix, parts) = if let Some((family, given)) = name.split_once(',') {
        let ((titles, family), (more, given)) = (without_titles(family), without_titles(given));
        ([titles, more].concat(), Parts { given, family, leads: false })
    } else {
        let (titles, words) = without_titles(name);
        (titles, Parts::of(&words, like))
    };
    let joined = |words: &[&str]| (!words.is_empty()).then(|| words.join(" "));
    let Parts { given, family, leads } = &parts;
    let whole = if *leads { [family.as_slice(), given] } else { [given.as_slice(), family] };
    PersonName {
        full: joined(&whole.concat()).unwrap_or_else(|| without_titles(name).1.join(" ")),
        given: joined(given),
        family: joined(family),
        prefix: joined(&prefix),
        suffix: joined(&suffix.split_whitespace().collect::<Vec<_>>()),
    }
}

/// The titles before a name, and its words, one of which stays at least.
fn without_titles(name: &str) -> (Vec<&str>, Vec<&str>) {
    let mut titles: Vec<&str> = name.split_whitespace().collect();
    let names = titles.len().saturating_sub(1);
    let is_one = |(at, word): &(usize, &&str)| {
        let leads = is_title(word) && !is_called(word) && latin(word) != "junior";
        leads || (*at > 0 && is_subject(word))
    };
    let count = titles.iter().take(names).enumerate().take_while(is_one).count();
    let words = titles.split_off(count);
    (titles, words)
}

/// The words of a name.
#[derive(Debug, Default)]
struct Parts<'a> {
    given: Vec<&'a str>,
    family: Vec<&'a str>,
    /// Whether the family's stands first.
    leads: bool,
}

impl<'a> Parts<'a> {
    fn of(words: &[&'a str], like: Option<&PersonName>) -> Self {
        let given = like.and_then(|it| it.given.as_deref()).map(latin);
        let family = like.and_then(|it| it.family.as_deref()).map(latin);
        let is = |words: &[&str], part: &Option<String>| {
            part.as_ref().is_some_and(|part| *part == latin(&words.join(" ")))
        };
        if let [word] = words {
            return match (&given, &family) {
                _ if is(words, &family) => Self { family: vec![word], ..Self::default() },
                _ if is(words, &given) => Self { given: vec![word], ..Self::default() },
                (Some(_), None) => Self { given: vec![word], ..Self::default() },
                (None, Some(_)) => Self { family: vec![word], ..Self::default() },
                _ => Self::default(),
            };
        }
        let cuts = || (1..words.len()).map(|at| words.split_at(at));
        let is_particle = |word: &&&str| PARTICLES.contains(&latin(word).as_str());
        // A family name keeps the particles that somebody puts before it.
        let before_family = cuts().find(|(_, b)| is(b, &family)).map(|(a, _)| {
            let own = a.iter().skip(1).rev().take_while(is_particle).count();
            words.split_at(a.len().saturating_sub(own))
        });
        let behind_given = || cuts().find(|(a, _)| is(a, &given));
        if let Some((given, family)) = before_family.or_else(behind_given) {
            return Self { given: given.to_vec(), family: family.to_vec(), leads: false };
        }
        if let Some((family, given)) = cuts().find(|(a, b)| is(a, &family) || is(b, &given)) {
            return Self { given: given.to_vec(), family: family.to_vec(), leads: true };
        }
        let before = words.get(1..words.len().saturating_sub(1)).unwrap_or_default();
        let particles = before.iter().rev().take_while(is_particle).count();
        let (given, family) = words.split_at(words.len().saturating_sub(1 + particles));
        Self { given: given.to_vec(), family: family.to_vec(), leads: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, like: Option<(&str, &str)>) -> [String; 5] {
        let like = like.map(|(given, family)| PersonName {
            given: (!given.is_empty()).then(|| given.to_owned()),
            family: (!family.is_empty()).then(|| family.to_owned()),
            ..PersonName::of(format!("{given} {family}").trim())
        });
        let name = taken_apart(text, like.as_ref());
        let text = Option::unwrap_or_default;
        [text(name.prefix), text(name.given), text(name.family), text(name.suffix), name.full]
    }

    #[test]
    fn a_name_is_cut_where_the_one_was_that_it_replaces() {
        let mueler = Some(("Anna", "Mueler"));
        for (typed, like, expected) in [
            ("Anna Müller", mueler, ["", "Anna", "Müller", "", "Anna Müller"]),
            ("Dr. Anna Müller, MBA", mueler, ["Dr.", "Anna", "Müller", "MBA", "Anna Müller"]),
            (
                "Prof. Dr. rer. pol. Anna Müller",
                None,
                ["Prof. Dr. rer. pol.", "Anna", "Müller", "", "Anna Müller"],
            ),
            ("Müller, Dr. Anna", None, ["Dr.", "Anna", "Müller", "", "Anna Müller"]),
            ("Jörg von der Heide", None, ["", "Jörg", "von der Heide", "", "Jörg von der Heide"]),
            ("von Heide", None, ["", "von", "Heide", "", "von Heide"]),
            (
                "Luis García López",
                Some(("Luis", "Garcia")),
                ["", "Luis", "García López", "", "Luis García López"],
            ),
            (
                "Anna-Maria Eva Müller",
                Some(("Anna", "Müller")),
                ["", "Anna-Maria Eva", "Müller", "", "Anna-Maria Eva Müller"],
            ),
            ("Nagy Éva", Some(("Eva", "Nagi")), ["", "Éva", "Nagy", "", "Nagy Éva"]),
            ("Müller", mueler, ["", "", "", "", "Müller"]),
            ("Mueler", mueler, ["", "", "Mueler", "", "Mueler"]),
            ("Müller", Some(("", "Mueler")), ["", "", "Müller", "", "Müller"]),
            ("Anne", Some(("Anna", "")), ["", "Anne", "", "", "Anne"]),
            ("Dr.", None, ["", "", "", "", "Dr."]),
            (
                "John A. Smith",
                Some(("John", "Smith")),
                ["", "John A.", "Smith", "", "John A. Smith"],
            ),
            (
                "Anna von Müller",
                Some(("Anna", "Müller")),
                ["", "Anna", "von Müller", "", "Anna von Müller"],
            ),
            ("Phil Miller", Some(("Phil", "Mueler")), ["", "Phil", "Miller", "", "Phil Miller"]),
            ("Miller, Phil", Some(("Phil", "Mueler")), ["", "Phil", "Miller", "", "Phil Miller"]),
            (
                "Junior Santos",
                Some(("Junior", "Dos Santos")),
                ["", "Junior", "Santos", "", "Junior Santos"],
            ),
            ("Dr. phil. Anna Müller", None, ["Dr. phil.", "Anna", "Müller", "", "Anna Müller"]),
            ("Dr. phil Anna Müller", None, ["Dr. phil", "Anna", "Müller", "", "Anna Müller"]),
        ] {
            assert_eq!(parts(typed, like), expected, "{typed}");
        }
    }
}

//! Names written as they are spoken: many languages have letters of their own for a sound, and letters
//! that nobody speaks.

use super::fold::entries;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Letters that are spoken otherwise than they are written.
#[derive(Debug)]
struct Group {
    letters: &'static str,
    begins: bool,
    ends: bool,
    spoken: &'static str,
}

/// The groups that begin with each letter, the longest first.
static GROUPS: LazyLock<[Vec<Group>; 26]> = LazyLock::new(|| {
    let mut groups: [Vec<Group>; 26] = Default::default();
    for (letters, spoken) in
        entries(include_str!("data/spoken.txt")).filter_map(|line| line.split_once(' '))
    {
        let (begins, ends) = (letters.starts_with('^'), letters.ends_with('$'));
        let letters = letters.trim_start_matches('^').trim_end_matches('$');
        if let Some(of_letter) = letters.bytes().next().and_then(place) {
            groups[of_letter].push(Group { letters, begins, ends, spoken });
        }
    }
    for group in &mut groups {
        group.sort_by_key(|group| std::cmp::Reverse(group.letters.len()));
    }
    groups
});

fn place(letter: u8) -> Option<usize> {
    letter.is_ascii_lowercase().then(|| usize::from(letter - b'a'))
}

/// A folded name as it is spoken: `wright` is `rit`, `lefebvre` is `lefevre`, `grzegorz` is `gregorz`.
pub(super) fn spoken(name: &str) -> Cow<'_, str> {
    if !name.is_ascii() {
        return name.into();
    }
    let mut said = String::new();
    let (mut at, mut taken) = (0, 0);
    while let Some(letter) = name.as_bytes().get(at) {
        let rest = name.get(at..).unwrap_or_default();
        let groups = place(*letter).map_or(&[][..], |place| &GROUPS[place]);
        let fits = |group: &&Group| {
            rest.starts_with(group.letters)
                && (!group.begins || at == 0)
                && (!group.ends || rest.len() == group.letters.len())
        };
        match groups.iter().find(fits) {
            Some(group) => {
                said.push_str(name.get(taken..at).unwrap_or_default());
                said.push_str(group.spoken);
                at += group.letters.len();
                taken = at;
            }
            None => at += 1,
        }
    }
    if taken == 0 {
        return name.into();
    }
    said.push_str(name.get(taken..).unwrap_or_default());
    said.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_one_language_are_written_as_another_one_speaks_them() {
        for (name, said) in [
            ("wright", "rit"),
            ("knight", "nit"),
            ("knecht", "knecht"),
            ("lefebvre", "lefevre"),
            ("renault", "reno"),
            ("grzegorz", "gregorz"),
            ("shevchenko", "shevtschenko"),
            ("jimenez", "jimenez"),
            ("ximenez", "jimenez"),
            ("walther", "walter"),
            ("müller", "müller"),
            ("", ""),
        ] {
            assert_eq!(spoken(name), said, "{name}");
        }
    }
}

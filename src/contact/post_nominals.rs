//! What stands behind a name and is no part of it: `Anna Müller, LL.M.`.
//!
//! Many are spelt as names, or as the initials of some. So only those that are listed count, and only
//! where their spelling tells: by capitals or dots, and behind a name that is whole without them.

use std::collections::HashSet;
use std::sync::LazyLock;

/// They tell one of a family from another, and are read as such.
const GENERATIONS: [&str; 5] = ["Jr", "Sr", "II", "III", "IV"];

/// From so many letters on they are no initials of a name.
const TELLING: usize = 3;

/// Most words of which one is made: `Pr Tech Eng`.
const MOST_WORDS: usize = 3;

/// As they are written without dots, and in small letters.
static KNOWN: LazyLock<(HashSet<String>, HashSet<String>)> = LazyLock::new(|| {
    let written = listed_post_nominals().map(letters_of);
    let written: HashSet<String> =
        written.filter(|one| !GENERATIONS.contains(&one.as_str())).collect();
    let small = written.iter().map(|one| one.to_lowercase()).collect();
    (written, small)
});

/// Those that are known, as they are written.
pub fn listed_post_nominals() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("data/post_nominals.txt").lines();
    let phrases = lines.filter(|line| !line.starts_with('#')).flat_map(|line| line.split(','));
    phrases.map(str::trim).filter(|phrase| !phrase.is_empty())
}

/// A name without the post-nominals behind it, and these. Of the name at least so many words stay: two
/// of a whole one.
pub fn without_post_nominals(name: &str, fewest: usize) -> (&str, &str) {
    let name = name.trim();
    let shouted = !name.chars().any(char::is_lowercase);
    let mut bare = name;
    while let Some(rest) = without_last(bare, fewest, shouted) {
        bare = rest;
    }
    let behind = name.strip_prefix(bare).unwrap_or_default();
    (bare, behind.trim_start_matches(BETWEEN))
}

const BETWEEN: [char; 2] = [' ', ','];

/// A name without the last of its post-nominals; none if it has none.
fn without_last(name: &str, fewest: usize, shouted: bool) -> Option<&str> {
    let mut ends = name.rmatch_indices(BETWEEN).map(|(end, _)| end);
    let mut longest = None;
    for _ in 0..MOST_WORDS {
        let Some((front, rest)) = ends.next().and_then(|end| name.split_at_checked(end)) else {
            break;
        };
        let last = rest.trim_start_matches(BETWEEN);
        let comma = rest.starts_with(',') || front.ends_with(',');
        let front = front.trim_end_matches(BETWEEN);
        if front.is_empty() || last.contains(',') {
            break;
        }
        if is_one(last, shouted, comma) && stands_behind(front, last, comma, fewest) {
            longest = Some(front);
        }
        if comma {
            break;
        }
    }
    longest
}

/// Whether a text is a post-nominal and spelt as one.
fn is_one(text: &str, shouted: bool, comma: bool) -> bool {
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    if capitals < 2 && !text.contains('.') {
        return false;
    }
    let (written, small) = &*KNOWN;
    let letters = letters_of(text);
    // `M.Sc.`, but not `Do.`
    let dotted = text.split('.').filter(|part| part.chars().any(char::is_alphabetic)).count() > 1;
    if dotted {
        return small.contains(&letters.to_lowercase());
    }
    // In a name that is all capitals these tell nothing.
    let told = capitals > 1 && (!shouted || comma && letters.chars().count() > TELLING);
    let in_capitals = letters.chars().count() >= TELLING && letters == letters.to_uppercase();
    told && (written.contains(&letters) || in_capitals && small.contains(&letters.to_lowercase()))
}

/// Whether what stands before a post-nominal is a name without it, so that it is none of the initials or
/// the given name in `Müller, JP`.
fn stands_behind(front: &str, last: &str, comma: bool, fewest: usize) -> bool {
    let telling = letters_of(last).chars().count() >= TELLING;
    let dotted = last.contains('.');
    // `van den Berg, JP`: particles are no names of their own.
    let is_capitalized = |word: &&str| word.starts_with(char::is_uppercase);
    let count = match front.split_whitespace().filter(is_capitalized).count() {
        0 => front.split_whitespace().count(),
        names => names,
    };
    if telling { dotted || comma || count >= fewest } else { (dotted || comma) && count >= fewest }
}

/// A text without dots, brackets and spaces.
fn letters_of(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '(' | ')')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_name_is_told_from_it() {
        for behind in [
            "LL.M.",
            "Ph.D., MBA",
            "Ph. D.",
            "FRICS",
            "M.Sc.",
            "M.A.",
            "m.sc.",
            "CPA",
            "MBA (Hons)",
            "MSc., B.Eng.",
            "PHD",
        ] {
            for between in [", ", " ", ","] {
                let name = format!("Anna Wallner{between}{behind}");
                assert_eq!(without_post_nominals(&name, 2), ("Anna Wallner", behind), "{name}");
            }
        }
        for (name, bare) in [
            ("Wallner, Anna, LL.M.", "Wallner, Anna"),
            ("Wallner, Anna LL.M.", "Wallner, Anna"),
            ("Wallner, LL.M.", "Wallner"),
            ("Anna van der Berg, MA", "Anna van der Berg"),
            ("ANNA WALLNER, FRICS", "ANNA WALLNER"),
        ] {
            assert_eq!(without_post_nominals(name, 2).0, bare);
        }
        assert_eq!(without_post_nominals("Wallner LL.M.", 1), ("Wallner", "LL.M."));
    }

    #[test]
    fn a_name_that_is_spelt_as_one_stays() {
        for name in [
            "Yo-Yo Ma",
            "Anna Lena Do",
            "Anna Lena MA",
            "Yo-Yo MA",
            "Müller, Ed",
            "Müller, JP",
            "van den Berg, JP",
            "Müller, J.P.",
            "MÜLLER, FIA",
            "MARIA LUISA ASA",
            "Karl Müller III",
            "Karl Müller Jr.",
            "Anna Bell Scot",
            "Lok Sin Hon",
            "MBA",
            "LL.M.",
            "山田太郎",
            "",
            ", ,",
        ] {
            assert_eq!(without_post_nominals(name, 2), (name.trim(), ""), "{name}");
        }
        assert_eq!(without_post_nominals("M.A.", 1).0, "M.A.");
    }
}

//! Names that sound alike, in German and in English.

use rphonetic::{Cologne, DoubleMetaphone, Encoder as _};
use std::borrow::Cow;

/// Shortest name that has a sound of its own.
const SHORTEST: usize = 4;

/// How a name sounds.
#[derive(Debug, Clone)]
pub(super) struct Sound {
    /// To a German ear.
    german: Box<str>,
    /// To an English ear (Double Metaphone).
    english: Box<str>,
}

impl Sound {
    /// The sound of a folded name.
    pub(super) fn of(name: &str) -> Self {
        let english = DoubleMetaphone::default().encode(name);
        Self { german: german(name).into(), english: english.into() }
    }

    /// Whether two names sound alike to both ears.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.german == other.german && self.english == other.english
    }
}

/// How a name sounds to a German ear (Kölner Phonetik); empty where nothing is heard. English letters
/// that nobody speaks are left out: a German ear would hear them.
pub(super) fn german(name: &str) -> String {
    Cologne.encode(&spoken(name))
}

/// A name without letters that are silent in English, where its spelling is English: `Wright` is
/// `rit`, `Knight` is `nit`.
fn spoken(name: &str) -> Cow<'_, str> {
    let english = name.contains("ght");
    let silent_first = name.starts_with("wr") || english && name.starts_with("kn");
    let name = if silent_first { name.get(1..).unwrap_or(name) } else { name };
    if english { name.replace("ght", "t").into() } else { name.into() }
}

/// Whether two names are so long, and begin so much alike, that they may sound alike.
pub(super) fn may_be_alike(left: &str, right: &str) -> bool {
    left.len().min(right.len()) >= SHORTEST
        && left.len().abs_diff(right.len()) <= 2
        && first(left) == first(right)
}

/// Whether two names have the same vowels one after the other; an `e` at the end is silent. `Rolf` and
/// `Ralf` sound alike to both ears, for those hear consonants.
pub(super) fn same_vowels(left: &str, right: &str) -> bool {
    fn vowels(name: &str) -> impl Iterator<Item = char> {
        let name = name.strip_suffix('e').unwrap_or(name);
        let vowels = name.chars().map(|c| if c == 'y' { 'i' } else { c });
        vowels.filter(|c| "aeiou".contains(*c))
    }
    vowels(left).eq(vowels(right))
}

/// The sound that a name begins with: names that begin with the same letter have the same.
pub(super) fn first(name: &str) -> Option<char> {
    // Letters that stand for one sound at the beginning of names.
    spoken(name).chars().next().map(|c| match c {
        'c' => 'k',
        'y' | 'j' => 'i',
        'f' | 'w' => 'v',
        'z' => 's',
        c => c,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_sound() {
        let alike =
            |left, right| may_be_alike(left, right) && Sound::of(left).is_like(&Sound::of(right));
        for (left, right) in [
            ("meier", "mayer"),
            ("schmidt", "schmitt"),
            ("carsten", "karsten"),
            ("wright", "right"),
            ("knight", "night"),
        ] {
            assert!(alike(left, right), "{left} {right}");
        }
        assert!(same_vowels("stefan", "stephan") && same_vowels("silvia", "sylvia"));
        assert!(!same_vowels("rolf", "ralf") && !same_vowels("lena", "lina"));
        for (left, right) in [("bauer", "weber"), ("anna", "hanna")] {
            assert!(!alike(left, right), "{left} {right}");
        }
    }
}

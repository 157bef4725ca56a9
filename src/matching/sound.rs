//! Names that sound alike, in German and in English.

use rphonetic::{Cologne, DoubleMetaphone, Encoder as _};

/// Shortest name that has a sound of its own.
const SHORTEST: usize = 4;

/// How a name sounds to a German ear (Kölner Phonetik); empty where nothing is heard.
pub(super) fn german(name: &str) -> String {
    Cologne.encode(name)
}

/// How a name sounds to an English ear (Double Metaphone).
pub(super) fn english(name: &str) -> String {
    DoubleMetaphone::default().encode(name)
}

/// Whether two names begin alike and sound alike to both ears.
pub(super) fn sound_alike(left: &str, right: &str) -> bool {
    left.len().min(right.len()) >= SHORTEST
        && left.len().abs_diff(right.len()) <= 2
        && first(left) == first(right)
        && german(left) == german(right)
        && english(left) == english(right)
}

fn first(name: &str) -> Option<char> {
    // Letters that stand for one sound at the beginning of names.
    name.chars().next().map(|c| match c {
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
        for (left, right) in [("meier", "mayer"), ("schmidt", "schmitt"), ("carsten", "karsten")] {
            assert!(sound_alike(left, right), "{left} {right}");
        }
        for (left, right) in [("bauer", "weber"), ("anna", "hanna")] {
            assert!(!sound_alike(left, right), "{left} {right}");
        }
    }
}

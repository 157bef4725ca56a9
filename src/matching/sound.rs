//! Names that sound alike, in German and in English.

use rphonetic::{Cologne, DoubleMetaphone, Encoder as _};

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

/// How a name sounds to a German ear (Kölner Phonetik); empty where nothing is heard.
pub(super) fn german(name: &str) -> String {
    Cologne.encode(name)
}

/// Whether two names are so long, and begin so much alike, that they may sound alike.
pub(super) fn may_be_alike(left: &str, right: &str) -> bool {
    left.len().min(right.len()) >= SHORTEST
        && left.len().abs_diff(right.len()) <= 2
        && first(left) == first(right)
}

/// The sound that a name begins with: names that begin with the same letter have the same.
pub(super) fn first(name: &str) -> Option<char> {
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
        let alike =
            |left, right| may_be_alike(left, right) && Sound::of(left).is_like(&Sound::of(right));
        for (left, right) in [("meier", "mayer"), ("schmidt", "schmitt"), ("carsten", "karsten")] {
            assert!(alike(left, right), "{left} {right}");
        }
        for (left, right) in [("bauer", "weber"), ("anna", "hanna")] {
            assert!(!alike(left, right), "{left} {right}");
        }
    }
}

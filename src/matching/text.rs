//! A folded text, and what is seen of it at a glance: most texts differ so much that nobody need
//! look at them letter by letter.

use rustc_hash::FxBuildHasher;
use std::fmt;
use std::hash::{BuildHasher as _, Hash, Hasher};
use std::ops::Deref;

/// Longest text that is looked at; the rest of a longer one makes no difference.
pub(super) const MOST: usize = 64;

/// Which letters, or pairs of neighbouring letters, a text has, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs(u64);

impl Signs {
    /// How many at least this has that the other has not, or the other way round.
    pub(super) fn apart(self, other: Self) -> usize {
        self.beyond(other).max(other.beyond(self))
    }

    /// How many at least this has that the other has not.
    pub(super) fn beyond(self, other: Self) -> usize {
        (self.0 & !other.0).count_ones() as usize
    }
}

/// A folded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    letters: Signs,
    pairs: Signs,
    value: Box<str>,
}

impl Text {
    /// A text of digits, such as a phone number.
    pub(super) fn of_digits(digits: &str) -> Self {
        let letters = cut(digits).iter().fold(0, |seen, byte| seen | next_of_digit(seen, *byte));
        Self { letters: Signs(letters), pairs: Signs::default(), value: digits.into() }
    }

    /// The bytes that are looked at.
    pub(super) fn head(&self) -> &[u8] {
        cut(&self.value)
    }

    /// A hash, never 0.
    pub(super) fn short_hash(&self) -> u32 {
        let hash = FxBuildHasher.hash_one(&*self.value);
        u32::try_from((hash ^ hash >> 32) & 0xFFFF_FFFF).unwrap_or(0).max(1)
    }

    /// Its letters.
    pub(super) fn letters(&self) -> Signs {
        self.letters
    }

    /// Its pairs of neighbouring letters.
    pub(super) fn pairs(&self) -> Signs {
        self.pairs
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let bytes = cut(text);
        let letters = bytes.iter().fold(0, |seen, byte| seen | next_of_letter(seen, *byte));
        let pairs = bytes.windows(2).fold(0, |seen, pair| seen | of_pair(pair));
        Self { letters: Signs(letters), pairs: Signs(pairs), value: text.into() }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

fn cut(text: &str) -> &[u8] {
    let bytes = text.as_bytes();
    bytes.get(..MOST).unwrap_or(bytes)
}

/// The first bit of a few that is not set yet, `step` bits apart.
fn next(seen: u64, first: u8, step: u8, most: u8) -> u64 {
    let bits = (0..most).map(|time| 1_u64 << (first + time * step));
    bits.into_iter().find(|bit| seen & bit == 0).unwrap_or(0)
}

/// A letter counts twice, a digit once, all other signs together twice.
fn next_of_letter(seen: u64, byte: u8) -> u64 {
    match byte {
        b'a'..=b'z' => next(seen, byte - b'a', 26, 2),
        b'0'..=b'9' => next(seen, 52 + byte - b'0', 0, 1),
        _ => next(seen, 62, 1, 2),
    }
}

/// A digit counts six times.
fn next_of_digit(seen: u64, byte: u8) -> u64 {
    next(seen, byte % 10, 10, 6)
}

fn of_pair(pair: &[u8]) -> u64 {
    let number = pair.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    1 << (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58)
}

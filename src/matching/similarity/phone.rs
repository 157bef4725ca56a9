//! How far two phone numbers agree.

use super::degree::Degree;
use super::letters::Letters;
use crate::matching::text::{Signs, Text};

/// Digits at the end that make a number the same without its country code.
const NATIONAL: usize = 9;
/// Digits at the beginning that make a number the same without its extension.
const WITH_AREA: usize = 10;
/// Fewest digits at the beginning that two numbers of one trunk share.
const FIRST: usize = 6;
/// Most digits of an extension within a number.
const EXTENSION: usize = 4;

/// The same number, with or without country code or extension; a slip; the same trunk.
pub(super) fn compare(left: &Text, right: &Text, letters: &mut Letters) -> Degree {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if left == right || short.len() >= NATIONAL && long.ends_with(&**short) {
        return Degree::Same;
    }
    let common = left.head().iter().zip(right.head()).take_while(|(l, r)| l == r).count();
    if short.len() >= WITH_AREA && common == short.len() {
        return Degree::Close;
    }
    if common + EXTENSION >= long.len() && common >= FIRST {
        return Degree::Short;
    }
    let tails = tail(left) == tail(right) && short.len() >= NATIONAL;
    if tails || letters.slips(left, right, 2) <= 2 {
        return Degree::Loose;
    }
    Degree::Different
}

/// What is seen of a number before it is read: enough to tell most apart.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::matching) struct Glance {
    letters: Signs,
    first: u32,
    last: u32,
}

impl From<&Text> for Glance {
    fn from(digits: &Text) -> Self {
        let number = |digits: &str| digits.parse().unwrap_or(0);
        Self {
            letters: digits.letters(),
            first: number(digits.get(..FIRST).unwrap_or(digits)),
            last: number(tail(digits)),
        }
    }
}

impl Glance {
    /// Whether [`compare`] is sure to find two numbers different.
    pub(in crate::matching) fn differs(self, other: Self) -> bool {
        self.first != other.first
            && self.last != other.last
            && self.letters.apart(other.letters) > 2
    }
}

fn tail(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(7)..).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_by_what_they_reach() {
        let of = |l, r| {
            let (l, r) = (Text::of_digits(l), Text::of_digits(r));
            compare(&l, &r, &mut Letters::default())
        };
        assert_eq!(of("49931300412", "931300412"), Degree::Same);
        assert_eq!(of("15875302271", "158753022715"), Degree::Close);
        assert_eq!(of("4993130012", "4993130017"), Degree::Short);
        assert_eq!(of("4993130012", "4939130012"), Degree::Loose);
        assert_eq!(of("4993130012", "4989555555"), Degree::Different);
    }
}

//! How far two phone numbers agree.

use super::degree::Degree;
use super::letters::Letters;

/// Digits at the end that make a number the same without its country code.
const NATIONAL: usize = 9;
/// Digits at the beginning that make a number the same without its extension.
const WITH_AREA: usize = 10;
/// Most digits of an extension within a number.
const EXTENSION: usize = 4;

/// The same number, with or without country code or extension; a slip; the same trunk.
pub(super) fn compare(left: &str, right: &str, letters: &mut Letters) -> Degree {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if left == right || short.len() >= NATIONAL && long.ends_with(short) {
        return Degree::Same;
    }
    let common = left.bytes().zip(right.bytes()).take_while(|(l, r)| l == r).count();
    if short.len() >= WITH_AREA && common == short.len() {
        return Degree::Close;
    }
    if common + EXTENSION >= long.len() && common >= 6 {
        return Degree::Short;
    }
    let tails = tail(left) == tail(right) && short.len() >= NATIONAL;
    if tails || letters.slips(left, right, 2) <= 2 {
        return Degree::Loose;
    }
    Degree::Different
}

fn tail(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(7)..).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_by_what_they_reach() {
        let of = |l, r| compare(l, r, &mut Letters::default());
        assert_eq!(of("49931300412", "931300412"), Degree::Same);
        assert_eq!(of("15875302271", "158753022715"), Degree::Close);
        assert_eq!(of("4993130012", "4993130017"), Degree::Short);
        assert_eq!(of("4993130012", "4939130012"), Degree::Loose);
        assert_eq!(of("4993130012", "4989555555"), Degree::Different);
    }
}

//! How far job titles, streets, postcodes and cities agree.

use super::degree::Degree;
use super::letters::{Letters, share_letters, share_pairs};
use crate::matching::text::Text;

/// Two phrases (a title, a city).
pub(super) fn phrase(left: &Text, right: &Text, letters: &mut Letters) -> Degree {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let most = if short.len() >= 8 { 2 } else { u8::from(short.len() >= 4) };
    if letters.slips(left, right, most) <= most {
        return Degree::Close;
    }
    if long.starts_with(&**short) {
        return Degree::Short;
    }
    let alike =
        share_pairs(left, right, 0.5) || short.len() >= 4 && share_letters(left, right, 0.75);
    if alike { Degree::Loose } else { Degree::Different }
}

/// Two streets with their numbers.
pub(super) fn street(left: &Text, right: &Text, letters: &mut Letters) -> Degree {
    if left.chars().filter(|c| *c != ' ').eq(right.chars().filter(|c| *c != ' ')) {
        return Degree::Same;
    }
    if number(left) == number(right) && letters.slips(left, right, 2) <= 2 {
        return Degree::Close;
    }
    if !share_pairs(left, right, 0.5) {
        Degree::Different
    } else if share_pairs(left, right, 0.8) {
        Degree::Short
    } else {
        Degree::Loose
    }
}

fn number(street: &str) -> Option<&str> {
    street.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Two postcodes.
pub(super) fn postcode(left: &Text, right: &Text, letters: &mut Letters) -> Degree {
    match letters.slips(left, right, 1) {
        0 => Degree::Same,
        1 => Degree::Close,
        _ => Degree::Different,
    }
}

//! How far two names of companies agree, both folded and without their legal form.

use super::degree::Degree;
use super::letters::{Letters, share_letters, share_pairs};
use crate::matching::text::Text;

/// The same words written otherwise; a slip; one short for the other.
pub(super) fn compare(left: &Text, right: &Text, letters: &mut Letters) -> Degree {
    if left.chars().filter(|c| *c != ' ').eq(right.chars().filter(|c| *c != ' ')) {
        return Degree::Close;
    }
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let most = if short.len() >= 8 { 2 } else { u8::from(short.len() >= 4) };
    if letters.slips(left, right, most) <= most {
        return Degree::Close;
    }
    if is_acronym(short, long) || begins(long, short) {
        return Degree::Short;
    }
    let alike =
        share_pairs(left, right, 0.5) || short.len() >= 5 && share_letters(left, right, 0.8);
    if alike { Degree::Loose } else { Degree::Different }
}

fn begins(long: &str, short: &str) -> bool {
    short.len() > 2
        && (long.strip_prefix(short).is_some_and(|rest| rest.starts_with(' '))
            || short.len() > 4 && long.starts_with(short))
}

/// Whether the letters of the short name begin the words of the long one.
fn is_acronym(short: &str, long: &str) -> bool {
    let initials = long.split(' ').filter_map(|word| word.chars().next());
    let letters = short.chars().filter(|c| c.is_alphabetic());
    long.contains(' ') && initials.eq(letters)
}

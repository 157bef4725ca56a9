//! How far two names agree: words in any order, initials, nicknames, slips, and sound.

use super::degree::Degree;
use super::letters::{Letters, shared_letters};
use crate::matching::nicknames::are_one_name;
use crate::matching::person::Person;
use crate::matching::sound::sound_alike;

/// Degrees of the given and of the family names. Where the two stand in each other's place in one
/// record, they are compared crosswise.
pub(super) fn compare(left: &Person, right: &Person, letters: &mut Letters) -> (Degree, Degree) {
    let straight =
        (part(&left.given, &right.given, letters), part(&left.family, &right.family, letters));
    if straight.0 > Degree::Loose && straight.1 > Degree::Loose {
        return straight;
    }
    let crossed =
        (part(&left.given, &right.family, letters), part(&left.family, &right.given, letters));
    let both_agree = crossed.0 >= Degree::Close && crossed.1 >= Degree::Close;
    if both_agree { (crossed.0, crossed.1) } else { straight }
}

fn part(left: &str, right: &str, letters: &mut Letters) -> Degree {
    if left.is_empty() || right.is_empty() {
        return Degree::Missing;
    }
    if left == right {
        return Degree::Same;
    }
    if !left.contains(' ') && !right.contains(' ') {
        return word(left, right, letters);
    }
    if squeezed(left).eq(squeezed(right)) {
        return Degree::Same;
    }
    words(left, right, letters)
}

fn squeezed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| *c != ' ')
}

/// Compares names of which one has several words: `anna maria` and `anna`, `muller luth` and
/// `muller`.
fn words(left: &str, right: &str, letters: &mut Letters) -> Degree {
    let (short, long) = if left.split(' ').count() <= right.split(' ').count() {
        (left, right)
    } else {
        (right, left)
    };
    let mut worst = Degree::Same;
    let mut best = Degree::Different;
    for one in short.split(' ') {
        let fits = long
            .split(' ')
            .map(|other| if one == other { Degree::Same } else { word(one, other, letters) });
        let fit = fits.max().unwrap_or(Degree::Different);
        worst = worst.min(fit);
        best = best.max(fit);
    }
    match (worst, best) {
        (Degree::Same, _) if short.split(' ').count() == long.split(' ').count() => Degree::Close,
        (Degree::Close | Degree::Same, _) => Degree::Close,
        (Degree::Short, _) => Degree::Short,
        (_, Degree::Close | Degree::Same) => Degree::Loose,
        (worst, _) => worst,
    }
}

/// Compares two different words.
fn word(left: &str, right: &str, letters: &mut Letters) -> Degree {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if are_one_name(left, right) {
        return Degree::Close;
    }
    if short.len() <= 3 && long.starts_with(short) {
        return Degree::Short;
    }
    let most = if short.len() >= 8 { 2 } else { u8::from(short.len() >= 4) };
    let slips = letters.slips(left, right, most.max(2));
    if slips <= most || sound_alike(left, right) {
        return Degree::Close;
    }
    if long.starts_with(short) {
        return Degree::Short;
    }
    let loose = short.len() >= 4 && slips <= 2
        || long.len() >= 5 && short.len() >= 3 && shared_letters(left, right) >= 0.65;
    if loose { Degree::Loose } else { Degree::Different }
}

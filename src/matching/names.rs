//! Whether one name says nothing beyond another.

use std::collections::BTreeSet;

/// How two names go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// The same words, in any order.
    Same,
    /// One is a shorter or slightly misspelt form of the other.
    Compatible,
    /// Two names.
    Different,
}

/// Compares two folded names.
pub(super) fn names_agree(left: &str, right: &str) -> Names {
    let left: Vec<&str> = left.split_whitespace().collect();
    let right: Vec<&str> = right.split_whitespace().collect();
    let sorted =
        |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    let (left_set, right_set) = (sorted(&left), sorted(&right));
    if left_set == right_set {
        return Names::Same;
    }
    let (short, long) = if left.len() <= right.len() { (&left, &right) } else { (&right, &left) };
    if every_word_fits(short, long) {
        return Names::Compatible;
    }
    Names::Different
}

/// Whether each word of the shorter name has its own word in the longer one that it may stand for.
/// At least one must be more than an initial.
fn every_word_fits(short: &[&str], long: &[&str]) -> bool {
    let mut free: Vec<&str> = long.to_vec();
    let mut whole = 0;
    for word in short {
        let Some(place) = free.iter().position(|other| may_stand_for(word, other)) else {
            return false;
        };
        whole += usize::from(word.chars().count() > 1 && free[place].chars().count() > 1);
        free.remove(place);
    }
    whole > 0 && short.len() > 1
}

fn may_stand_for(word: &str, other: &str) -> bool {
    let initial = |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
    word == other || initial(word, other) || initial(other, word) || one_slip_apart(word, other)
}

/// Whether one letter more, less, other or two swapped turn one long word into the other.
fn one_slip_apart(left: &str, right: &str) -> bool {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    if left.len().min(right.len()) < 5 || left.len().abs_diff(right.len()) > 1 {
        return false;
    }
    let same = left.iter().zip(&right).take_while(|(l, r)| l == r).count();
    let (left, right) = (&left[same..], &right[same..]);
    let tail = |l: usize, r: usize| left.get(l..).is_some_and(|l| Some(l) == right.get(r..));
    let swapped = left.len() > 1
        && right.len() > 1
        && left[0] == right[1]
        && left[1] == right[0]
        && tail(2, 2);
    tail(1, 1) || tail(1, 0) || tail(0, 1) || swapped
}

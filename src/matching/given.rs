//! Given names that are names in their own right: two of them are two people, however few letters they
//! differ in, where a slip or a sound would make one of them.

use super::latin::latin;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Who bears a given name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearers {
    Men,
    Women,
    Both,
}

static NAMES: LazyLock<FxHashMap<String, Bearers>> = LazyLock::new(|| {
    let lines = include_str!("data/given_names.txt").lines();
    let mut names: FxHashMap<String, Bearers> = FxHashMap::default();
    for (of, line) in lines.filter_map(|line| line.split_once(": ")) {
        let bearers = match of {
            "m" => Bearers::Men,
            "f" => Bearers::Women,
            "mf" => Bearers::Both,
            _ => continue, // a comment
        };
        for name in line.split_whitespace() {
            // What two names have in common once they are folded, both bear.
            let known = names.entry(latin(name)).or_insert(bearers);
            if *known != bearers {
                *known = Bearers::Both;
            }
        }
    }
    names
});

/// Who bears a folded name; none if it is no given name that is known.
pub(super) fn bearers(name: &str) -> Option<Bearers> {
    NAMES.get(name).copied()
}

impl Bearers {
    /// Whether no man and no woman bears both names.
    fn differ(self, other: Self) -> bool {
        self != other && self != Self::Both && other != Self::Both
    }
}

/// Whether two known names are a man's and a woman's, or the two forms of one name for either.
pub(super) fn are_of_two_sexes(
    (left, of_left): (&str, Bearers),
    (right, of_right): (&str, Bearers),
) -> bool {
    of_left.differ(of_right) || of_left != of_right && end_otherwise(left, right)
}

/// Whether two names differ in an ending by which men's and women's are told apart: `Simon` and
/// `Simone`, `Andreas` and `Andrea`, `Mario` and `Maria`.
fn end_otherwise(left: &str, right: &str) -> bool {
    const ENDINGS: [&str; 9] = ["a", "e", "ia", "ie", "ina", "ine", "o", "us", "as"];
    let common = left.bytes().zip(right.bytes()).take_while(|(l, r)| l == r).count();
    let rest = |name: &str| name.get(common..).is_some_and(|rest| ENDINGS.contains(&rest));
    // The vowel before an `s` may be the same in both.
    let before = |name: &str| {
        name.get(common.saturating_sub(1)..).is_some_and(|rest| ENDINGS.contains(&rest))
    };
    let ended = |name: &str| name.len() == common || rest(name);
    common >= 2
        && (ended(left) && ended(right) && (rest(left) || rest(right))
            || before(left) && before(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_sexes(left: &str, right: &str) -> bool {
        let known = |name| (name, bearers(name).expect("a known name"));
        are_of_two_sexes(known(left), known(right))
    }

    #[test]
    fn the_two_forms_of_a_name_are_a_mans_and_a_womans() {
        for (left, right) in [
            ("andreas", "andrea"),
            ("martin", "martina"),
            ("jan", "jana"),
            ("simon", "simone"),
            ("mario", "maria"),
            ("stefan", "stefanie"),
            ("alexander", "alexandra"),
            ("michal", "michala"),
            ("christian", "christiane"),
        ] {
            assert!(two_sexes(left, right) && two_sexes(right, left), "{left} {right}");
        }
        for (left, right) in [("stefan", "stephan"), ("katrin", "kathrin"), ("kim", "kimberly")] {
            assert!(!two_sexes(left, right), "{left} {right}");
        }
        assert_eq!(bearers("copyright"), None);
    }
}

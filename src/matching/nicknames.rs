//! Names that one person may go by.

use super::latin::latin;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The groups each name belongs to.
static GROUPS: LazyLock<HashMap<String, Vec<u16>>> = LazyLock::new(|| {
    let lines = include_str!("data/nicknames.txt").lines();
    let mut groups: HashMap<String, Vec<u16>> = HashMap::new();
    for (group, line) in (0..).zip(lines.filter(|line| !line.starts_with('#'))) {
        for name in line.split_whitespace() {
            groups.entry(latin(name)).or_default().push(group);
        }
    }
    groups
});

/// Whether one of two folded names is a short or familiar form of the other, or both are of a third.
pub(super) fn are_one_name(left: &str, right: &str) -> bool {
    let (Some(left), Some(right)) = (GROUPS.get(left), GROUPS.get(right)) else { return false };
    left.iter().any(|group| right.contains(group))
}

/// A name for all forms of a name; the name itself if it has no others.
pub(super) fn representative(name: &str) -> String {
    match GROUPS.get(name).and_then(|groups| groups.first()) {
        Some(group) => format!("~{group}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_is_its_name() {
        assert!(are_one_name("hans", "johannes") && are_one_name("bill", "william"));
        assert!(!are_one_name("hans", "peter"));
        assert_eq!(representative("robert"), representative("bob"));
        assert_eq!(representative("xaverius"), "xaverius");
    }
}

//! Names that one person may go by.

use super::latin::latin;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// The groups each name belongs to.
static GROUPS: LazyLock<FxHashMap<String, Vec<u16>>> = LazyLock::new(|| {
    let lines = include_str!("data/nicknames.txt").lines();
    let mut groups: FxHashMap<String, Vec<u16>> = FxHashMap::default();
    for (group, line) in (0..).zip(lines.filter(|line| !line.starts_with('#'))) {
        for name in line.split_whitespace() {
            groups.entry(latin(name)).or_default().push(group);
        }
    }
    groups
});

/// The groups of names that a folded name belongs to: two that share one are forms of one name.
pub(super) fn groups(name: &str) -> &'static [u16] {
    GROUPS.get(name).map_or(&[], Vec::as_slice)
}

/// A name for all forms of a name; the name itself if it has no others.
pub(super) fn representative(name: &str) -> String {
    match groups(name).first() {
        Some(group) => format!("~{group}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_is_its_name() {
        let are_one = |left: &str, right: &str| {
            groups(left).iter().any(|group| groups(right).contains(group))
        };
        assert!(are_one("hans", "johannes") && are_one("bill", "william"));
        assert!(!are_one("hans", "peter"));
        assert_eq!(representative("robert"), representative("bob"));
        assert_eq!(representative("xaverius"), "xaverius");
    }
}

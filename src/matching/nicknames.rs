//! Names that one person may go by.

use super::latin::latin;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// The groups of names that a name belongs to.
#[derive(Debug, Default)]
struct Groups {
    all: Vec<u16>,
    /// The one by which it is found.
    own: Option<u16>,
}

/// The groups of each name. What stands behind a bar is a form of the first name of the line, but of none
/// of the others: with that it makes a group of its own.
static GROUPS: LazyLock<FxHashMap<String, Groups>> = LazyLock::new(|| {
    let lines = include_str!("data/nicknames.txt").lines();
    let mut groups: FxHashMap<String, Groups> = FxHashMap::default();
    let mut next = 0_u16;
    for line in lines.filter(|line| !line.starts_with('#')) {
        let (forms, others) = line.split_once('|').unwrap_or((line, ""));
        for name in forms.split_whitespace() {
            let of_name = groups.entry(latin(name)).or_default();
            of_name.all.push(next);
            of_name.own.get_or_insert(next);
        }
        next += 1;
        for other in others.split_whitespace() {
            for name in forms.split_whitespace().take(1).chain([other]) {
                groups.entry(latin(name)).or_default().all.push(next);
            }
            next += 1;
        }
    }
    groups
});

/// The groups of names that a folded name belongs to: two that share one are forms of one name.
pub(super) fn groups(name: &str) -> &'static [u16] {
    GROUPS.get(name).map_or(&[], |groups| groups.all.as_slice())
}

/// A name for all forms of a name; the name itself if it has no others.
pub(super) fn representative(name: &str) -> String {
    match GROUPS.get(name).and_then(|groups| groups.own) {
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
        assert!(are_one("jan", "johannes") && !are_one("jan", "hans") && !are_one("hans", "peter"));
        assert_eq!(representative("robert"), representative("bob"));
        assert_eq!(representative("xaverius"), "xaverius");
        assert_eq!(representative("annika"), "annika", "it is found as itself");
    }
}

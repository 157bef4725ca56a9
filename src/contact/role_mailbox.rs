//! Mailboxes that belong to nobody in particular: `info@`, `sales@`, `info-de@`.

use std::collections::HashSet;
use std::sync::LazyLock;

static ROLES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("data/role_mailboxes.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Whether several people read what is sent to the local part, by its whole or its first word.
pub fn is_role_mailbox(local: &str) -> bool {
    let local = local.to_lowercase();
    let first = local.split(['.', '-', '_', '+']).next();
    ROLES.contains(local.as_str()) || first.is_some_and(|first| ROLES.contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_alone_and_before_what_tells_it_from_others() {
        for role in ["info", "Info-DE", "no-reply", "einkauf", "kundenservice", "sales+eu"] {
            assert!(is_role_mailbox(role), "{role}");
        }
        for person in ["anna.info", "inform", "anna", ""] {
            assert!(!is_role_mailbox(person), "{person}");
        }
    }
}

//! The sample of `fixtures/demo/`, carried by the binary.

use include_dir::{Dir, include_dir};

static MAILBOX: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/demo/mailbox");
static LATER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/demo/later");

/// What the CRM knows.
pub(super) const CRM: &[u8] = include_bytes!("../../../fixtures/demo/crm.csv");

/// Where the rep's colleagues write from.
pub(super) const OWN_DOMAIN: &str = "nordlicht-werkzeuge.example";

/// The mail that is there when the demo begins, in the order of its names.
pub(super) fn mailbox() -> impl Iterator<Item = &'static [u8]> {
    in_order(&MAILBOX)
}

/// The mail that comes later.
pub(super) fn later() -> impl Iterator<Item = &'static [u8]> {
    in_order(&LATER)
}

fn in_order(dir: &'static Dir<'_>) -> impl Iterator<Item = &'static [u8]> {
    let mut files: Vec<_> = dir.files().collect();
    files.sort_by_key(|file| file.path());
    files.into_iter().map(include_dir::File::contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_mail_now_and_later_and_a_crm() {
        assert!(mailbox().count() >= 10);
        assert!(later().count() >= 5);
        assert!(CRM.len() > 100);
    }
}

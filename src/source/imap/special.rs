//! Folders in which no mail comes in: what was sent, drafts, junk, trash, and views of all mail.

use super::error::WireError;
use super::name;
use super::wire::{Answer, SMALL, Transport, Wire};

/// Names in many languages, for servers that do not mark such folders.
const NAMES: &str = include_str!("special_folders.txt");

/// Whether the folder is one of them: by the server's attributes (RFC 6154), or by its name.
pub(super) async fn is_special<S: Transport>(
    wire: &mut Wire<S>,
    folder: &str,
) -> Result<bool, WireError> {
    if is_inbox(folder) {
        return Ok(false);
    }
    let mut marked = false;
    list(wire, folder, SMALL, |answer| {
        if let Answer::Listed { is_special, .. } = answer {
            marked |= is_special;
        }
    })
    .await?;
    Ok(is_special_name(folder, marked))
}

/// Whether a folder that the server has marked so, or not, is one of them.
pub(super) fn is_special_name(folder: &str, marked: bool) -> bool {
    !is_inbox(folder) && (marked || has_a_special_name(folder))
}

/// The folder that every mailbox has, whatever its case (RFC 3501 §5.1).
pub(super) fn is_inbox(folder: &str) -> bool {
    folder.eq_ignore_ascii_case("INBOX")
}

/// Lists the folders whose names fit `pattern`, marked where the server can. Not every server can
/// list every name; that says nothing about the folder.
pub(super) async fn list<S: Transport>(
    wire: &mut Wire<S>,
    pattern: &str,
    budget: usize,
    mut each: impl FnMut(Answer) + Send,
) -> Result<(), WireError> {
    let pattern = name::folder(pattern)?;
    let marked = format!("LIST \"\" {pattern} RETURN (SPECIAL-USE)");
    match wire.run(&marked, budget, &mut each).await {
        Err(WireError::Bad(_) | WireError::No(_)) => {
            wire.run(&format!("LIST \"\" {pattern}"), budget, each).await
        }
        answered => answered,
    }
}

/// `[Gmail]/Sent Mail`, `INBOX.Papierkorb`.
fn has_a_special_name(folder: &str) -> bool {
    let last = folder.rsplit(['/', '.']).next().unwrap_or(folder).trim().to_lowercase();
    NAMES.lines().any(|name| !name.starts_with('#') && name == last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_where_the_server_does_not() {
        for special in ["Sent", "[Gmail]/All Mail", "INBOX.Papierkorb", "Entwürfe", "junk E-mail"]
        {
            assert!(has_a_special_name(special), "{special}");
        }
        for other in ["INBOX", "Anfragen", "Sent to us", "Kunden/Neu", "#", ""] {
            assert!(!has_a_special_name(other), "{other}");
        }
    }
}

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
    if folder.eq_ignore_ascii_case("INBOX") {
        return Ok(false);
    }
    let name = name::folder(folder)?;
    let marked = match list(wire, &format!("LIST \"\" {name} RETURN (SPECIAL-USE)")).await {
        Err(WireError::Bad | WireError::No(_)) => list(wire, &format!("LIST \"\" {name}")).await?,
        answered => answered?,
    };
    Ok(marked || has_a_special_name(folder))
}

/// Whether what is listed is marked.
async fn list<S: Transport>(wire: &mut Wire<S>, command: &str) -> Result<bool, WireError> {
    let mut marked = false;
    let outcome = wire.run(command, SMALL, |answer| {
        if let Answer::Listed { is_special } = answer {
            marked |= is_special;
        }
    });
    match outcome.await {
        // Not every server can list every name; that says nothing about the folder.
        Ok(()) => Ok(marked),
        Err(error) => Err(error),
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

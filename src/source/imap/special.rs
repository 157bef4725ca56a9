//! Folders in which no mail comes in: what was sent, drafts, junk, trash, and views of all mail.

use super::error::WireError;
use super::name;
use super::wire::{Answer, SMALL, Transport, Wire};

/// Names in many languages, for servers that do not mark such folders.
const NAMES: &str = include_str!("special_folders.txt");

/// What parts folders' names at servers that do not say it of a folder.
const USUAL_SEPARATORS: [char; 2] = ['/', '.'];

/// Whether the folder is one of them or lies in one: by the server's attributes (RFC 6154), or by
/// its name.
pub(super) async fn is_special<S: Transport>(
    wire: &mut Wire<S>,
    folder: &str,
) -> Result<bool, WireError> {
    if is_inbox(folder) {
        return Ok(false);
    }
    let (mut is_marked, separators) = ask(wire, folder).await?;
    for of in lineage(folder, &separators).filter(|of| *of != folder && !is_inbox(of)) {
        is_marked |= ask(wire, of).await?.0;
    }
    Ok(is_within(folder, &separators, |_| is_marked))
}

/// Whether the server marks a folder as one of them, and what parts its name. That it does not list a
/// name, as one in which others' folders lie, says nothing.
async fn ask<S: Transport>(
    wire: &mut Wire<S>,
    folder: &str,
) -> Result<(bool, Vec<char>), WireError> {
    let (mut is_marked, mut separators) = (false, USUAL_SEPARATORS.to_vec());
    let listed = list(wire, folder, SMALL, |answer| {
        if let Answer::Listed(listed) = answer {
            is_marked |= listed.is_special;
            separators = listed.separator.into_iter().collect();
        }
    });
    match listed.await {
        Ok(()) | Err(WireError::No(_) | WireError::Bad(_)) => Ok((is_marked, separators)),
        Err(error) => Err(error),
    }
}

/// Whether a folder is one of them or lies in one: one that `is_marked` by the server, or has such a name.
pub(super) fn is_within(
    folder: &str,
    separators: &[char],
    is_marked: impl Fn(&str) -> bool,
) -> bool {
    lineage(folder, separators).any(|of| {
        let last = of.rsplit(separators).next().unwrap_or(of);
        !is_inbox(of) && (is_marked(of) || is_special_name(last))
    })
}

/// The folders that a folder lies in, the outermost first, and the folder.
fn lineage<'a>(folder: &'a str, separators: &'a [char]) -> impl Iterator<Item = &'a str> {
    let ends = folder.match_indices(separators).map(|(at, _)| at).chain([folder.len()]);
    ends.filter_map(|end| folder.get(..end)).filter(|of| !of.is_empty())
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

/// `Sent Mail`, `Papierkorb`.
fn is_special_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    NAMES.lines().any(|known| !known.starts_with('#') && known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_named_so(folder: &str) -> bool {
        is_within(folder, &USUAL_SEPARATORS, |_| false)
    }

    #[test]
    fn names_tell_where_the_server_does_not() {
        for special in ["Sent", "[Gmail]/All Mail", "INBOX.Papierkorb", "Entwürfe", "junk E-mail"]
        {
            assert!(is_named_so(special), "{special}");
        }
        for other in ["INBOX", "Anfragen", "Sent to us", "Kunden/Neu", "#", "", "/", "Kunden//Neu"]
        {
            assert!(!is_named_so(other), "{other}");
        }
    }

    #[test]
    fn a_folder_within_one_of_them_is_one_of_them() {
        for within in ["Spam/2026", "Trash/Kunden", "[Gmail]/Spam/x", "INBOX.Trash.x", "a/Bin/b/c"]
        {
            assert!(is_named_so(within), "{within}");
        }
        for other in ["INBOX/Kunden", "Inbox.Kunden.Neu", "Spammers/2026", "Kunden/Trashcan/x"] {
            assert!(!is_named_so(other), "{other}");
        }
    }

    #[test]
    fn names_are_parted_where_the_server_parts_them() {
        assert!(!is_within("Trash.example", &['/'], |_| false));
        assert!(is_within("Trash.example", &['.'], |_| false));
        assert!(is_within("Trash\\x", &['\\'], |_| false));
        assert!(!is_within("Trash/x", &[], |_| false), "it lies in none");
    }

    #[test]
    fn a_folder_within_a_marked_one_is_one_of_them() {
        let is_marked = |of: &str| ["Verworfen", "INBOX", "a/b"].contains(&of);
        for within in ["Verworfen", "Verworfen/2026/x", "a/b", "a/b/c"] {
            assert!(is_within(within, &['/'], is_marked), "{within}");
        }
        for other in ["INBOX", "INBOX/x", "Verworfenes/x", "a", "a/bc", "x/Verworfen"] {
            assert!(!is_within(other, &['/'], is_marked), "{other}");
        }
    }
}

//! The files below a path, in the order of their names.

use super::FileError;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders within each other that are gone into.
const MAX_DEPTH: usize = 32;

/// The files that hold messages: the path itself, or what lies in the folder. Of a Maildir that is
/// `cur` and `new`, never the half-written `tmp`. Links to folders are not followed.
pub(super) fn files(path: PathBuf) -> Vec<Result<PathBuf, FileError>> {
    let mut found = Vec::new();
    visit(path, 0, &mut found);
    found
}

fn visit(path: PathBuf, depth: usize, found: &mut Vec<Result<PathBuf, FileError>>) {
    if !path.is_dir() {
        found.push(Ok(path));
        return;
    }
    if depth >= MAX_DEPTH {
        return;
    }
    let entries = fs::read_dir(&path).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
    });
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(source) => {
            found.push(Err(FileError { path, source }));
            return;
        }
    };
    entries.sort();
    let is_maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let holds_mail = ends_with_any(&path, &["cur", "new"]);
    for entry in entries {
        let linked = entry.is_symlink();
        if entry.is_dir() {
            // Maildir keeps its folders beside `cur` and `new`, their names begin with a dot.
            if !(linked || is_maildir && ends_with_any(&entry, &["tmp"])) {
                visit(entry, depth + 1, found);
            }
        } else if holds_mail || !is_maildir && is_mail(&entry) {
            found.push(Ok(entry));
        }
    }
}

fn ends_with_any(path: &Path, names: &[&str]) -> bool {
    path.file_name().is_some_and(|name| names.iter().any(|n| name == *n))
}

/// Whether a file of a folder looks like mail: `.eml`, `.mbox`, `.mbx`, `.msgs` or no extension (as
/// Thunderbird names its mailboxes).
fn is_mail(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    !hidden && matches!(extension.as_deref(), None | Some("eml" | "mbox" | "mbx"))
}

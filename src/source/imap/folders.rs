//! The folders of a mailbox: which there are, and whether mail that comes in to them can be read.

use super::check::open;
use super::connect::Connector;
use super::error::ConnectError;
use super::settings::Settings;
use super::special;
use super::wire::{Answer, Listed};
use crate::store::mailboxes::FolderEnd;
use std::collections::HashSet;

/// How much a listing may bring: thousands of folders.
const LIST_BUDGET: usize = 1024 * 1024;

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderName {
    /// Its name, with those of the folders that it lies in.
    pub name: String,
    /// Whether it holds what was sent, drafts, junk, trash or a view of all mail, or lies in a folder that
    /// does, so that it is not read.
    pub is_special: bool,
}

/// Connects and lists the folders that can be opened: INBOX first, then by name.
pub async fn list_folders(
    connector: &Connector,
    settings: &Settings,
) -> Result<Vec<FolderName>, ConnectError> {
    let mut wire = connector.open(settings).await?;
    let mut listed = Vec::new();
    special::list(&mut wire, "*", LIST_BUDGET, |answer| {
        if let Answer::Listed(folder) = answer {
            listed.push(folder);
        }
    })
    .await
    .map_err(ConnectError::NotImap)?;
    wire.farewell().await;
    let marked = listed.iter().filter(|folder| folder.is_special);
    let marked: HashSet<String> = marked.map(|folder| folder.name.clone()).collect();
    let can_be_opened = listed.into_iter().filter(|folder| folder.can_open);
    let mut found: Vec<FolderName> = can_be_opened
        .map(|Listed { name, separator, .. }| {
            let is_special =
                special::is_within(&name, separator.as_slice(), |of| marked.contains(of));
            FolderName { name, is_special }
        })
        .collect();
    found.sort_by_key(|folder| (!special::is_inbox(&folder.name), folder.name.to_lowercase()));
    found.dedup_by(|one, other| one.name == other.name);
    Ok(found)
}

/// Connects and opens each of these folders, as a check does with one, and says where they end; the error
/// names the first that cannot be read, or none if it is the mailbox itself.
pub async fn check_folders(
    connector: &Connector,
    settings: &Settings,
    names: &[String],
) -> Result<Vec<FolderEnd>, (Option<String>, ConnectError)> {
    let mut wire = connector.open(settings).await.map_err(|error| (None, error))?;
    let mut ends = Vec::new();
    for name in names {
        let checked = open(&mut wire, name).await.map_err(|error| (Some(name.clone()), error))?;
        ends.extend(checked.end);
    }
    wire.farewell().await;
    Ok(ends)
}

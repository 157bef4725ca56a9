//! Tries a mailbox before it is saved, and when somebody asks how it fares.

use super::connect::Connector;
use super::error::ConnectError;
use super::folder;
use super::settings::Settings;
use super::special;
use super::wire::{Transport, Wire};
use crate::store::mailboxes::FolderEnd;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How many messages are in the folder.
    pub messages: u32,
    /// Where it ends, if the server tells that.
    pub end: Option<FolderEnd>,
}

/// Connects, signs in and opens the folder; nothing in the mailbox changes.
pub async fn check(connector: &Connector, settings: &Settings) -> Result<Checked, ConnectError> {
    let mut wire = connector.open(settings).await?;
    let checked = open(&mut wire, &settings.folder).await?;
    wire.farewell().await;
    Ok(checked)
}

/// Connects and signs in to a mailbox that is there already. That its folder is gone meanwhile is found only
/// after that, and its worker says it: what signs in is proven, and another folder is chosen with it.
pub async fn check_again(
    connector: &Connector,
    settings: &Settings,
) -> Result<Option<Checked>, ConnectError> {
    match check(connector, settings).await {
        Err(ConnectError::NoFolder) => Ok(None),
        checked => checked.map(Some),
    }
}

/// Opens a folder that mail comes in to, and says what is in it.
pub(super) async fn open<S: Transport>(
    wire: &mut Wire<S>,
    name: &str,
) -> Result<Checked, ConnectError> {
    let opened = folder::examine(wire, name).await;
    let opened = opened.map_err(|error| ConnectError::of_opening(error, name))?;
    if special::is_special(wire, name).await.map_err(ConnectError::NotImap)? {
        return Err(ConnectError::SpecialFolder);
    }
    let uid_validity = opened.uid_validity.ok_or(ConnectError::NoNumbering)?;
    let end = opened.uid_next.map(|next| FolderEnd {
        folder: name.to_owned(),
        uid_validity,
        last_uid: next.saturating_sub(1),
    });
    Ok(Checked { messages: opened.exists, end })
}

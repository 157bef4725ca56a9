//! Tries a mailbox before it is saved, and when somebody asks how it fares.

use super::connect::Connector;
use super::error::ConnectError;
use super::folder;
use super::settings::Settings;
use super::special;
use super::wire::{Transport, Wire};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many messages are in the folder.
    pub messages: u32,
}

/// Connects, signs in and opens the folder; nothing in the mailbox changes.
pub async fn check(connector: &Connector, settings: &Settings) -> Result<Checked, ConnectError> {
    let mut wire = connector.open(settings).await?;
    let messages = open(&mut wire, &settings.folder).await?;
    wire.farewell().await;
    Ok(Checked { messages })
}

/// Opens a folder that mail comes in to, and says how many messages it has.
pub(super) async fn open<S: Transport>(
    wire: &mut Wire<S>,
    name: &str,
) -> Result<u32, ConnectError> {
    let opened = folder::examine(wire, name).await.map_err(ConnectError::of_opening)?;
    if special::is_special(wire, name).await.map_err(ConnectError::NotImap)? {
        return Err(ConnectError::SpecialFolder);
    }
    if opened.uid_validity.is_none() {
        return Err(ConnectError::NoNumbering);
    }
    Ok(opened.exists)
}

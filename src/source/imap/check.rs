//! Tries a mailbox before it is saved, and when somebody asks how it fares.

use super::connect::Connector;
use super::error::{ConnectError, WireError};
use super::folder;
use super::settings::Settings;
use super::special;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many messages are in the folder.
    pub messages: u32,
}

/// Connects, signs in and opens the folder; nothing in the mailbox changes.
pub async fn check(connector: &Connector, settings: &Settings) -> Result<Checked, ConnectError> {
    let mut wire = connector.open(settings).await?;
    let opened =
        folder::examine(&mut wire, &settings.folder).await.map_err(|error| match error {
            WireError::No(_) | WireError::Bad | WireError::Unsendable => ConnectError::NoFolder,
            broken => ConnectError::NotImap(broken),
        })?;
    if special::is_special(&mut wire, &settings.folder).await.map_err(ConnectError::NotImap)? {
        return Err(ConnectError::SpecialFolder);
    }
    if opened.uid_validity.is_none() {
        return Err(ConnectError::NoNumbering);
    }
    wire.farewell().await;
    Ok(Checked { messages: opened.exists })
}

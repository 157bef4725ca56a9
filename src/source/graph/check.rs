//! Tries a mailbox before it is saved, and when somebody asks how it fares.

use super::access::as_app;
use super::calls::Calls;
use super::connector::Connector;
use super::fault::Fault;
use super::personal::is_personal;
use crate::clock::Millis;
use crate::store::graph::App;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many messages are in the folder.
    pub messages: u32,
}

/// Signs in as the app, and reads nothing.
pub async fn sign_in(connector: &Connector, app: &App, now: Millis) -> Result<(), Fault> {
    as_app(connector, app, now).await.map(drop)
}

/// Signs in as the app and opens the folder of a mailbox; nothing in it changes.
pub async fn check(
    connector: &Connector,
    app: &App,
    address: &str,
    folder: &str,
    now: Millis,
) -> Result<Checked, Fault> {
    if is_personal(address) {
        return Err(Fault::Personal);
    }
    let tokens = as_app(connector, app, now).await?;
    let calls = Calls::new(connector, app, address, &tokens.access)?;
    let messages = calls.messages_in(folder).await?;
    calls.check_incoming(folder).await?;
    Ok(Checked { messages })
}

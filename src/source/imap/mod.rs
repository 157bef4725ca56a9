//! IMAP: every mailbox is watched over a connection of its own, and nothing that the server refuses
//! or cuts off moves a cursor.

mod check;
mod connect;
mod error;
mod folder;
mod gate;
mod grammar;
mod name;
mod settings;
mod sign_in;
mod wire;

pub use check::{Checked, check};
pub use connect::Connector;
pub use error::{ConnectError, Said, WireError};
pub use settings::Settings;

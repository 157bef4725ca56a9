//! IMAP: every mailbox is watched over a connection of its own, and nothing that the server refuses
//! or cuts off moves a cursor.

mod answer;
mod aside;
mod backoff;
mod check;
mod connect;
mod consent;
mod cut;
mod end;
mod error;
#[cfg(test)]
mod faults;
mod fetch;
mod folder;
mod folders;
mod gate;
mod grammar;
mod hosts;
mod hurry;
mod idle;
mod keys;
mod large;
mod look;
mod name;
mod older;
mod proof;
mod reader;
mod room;
mod session;
mod settings;
mod sign_in;
mod special;
mod structure;
mod suspicion;
mod tender;
mod throttle;
mod watch;
mod wire;

pub use check::{Checked, check, check_again};
pub use connect::Connector;
pub use consent::{ConsentError, begin_consent, finish_consent};
pub use error::{ConnectError, Said, WireError};
pub use folders::{FolderName, check_folders, list_folders};
pub use keys::{Keys, NoKey};
pub use reader::{NotRead, Reader};
pub use settings::{Credential, Settings};
pub use tender::{Tender, Watchers};
pub use watch::Limits;

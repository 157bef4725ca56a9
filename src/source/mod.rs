//! Where messages come from.
//!
//! - [`mod@file`]: Maildir, mbox, `.eml` files, folders of them, and standard input.
//! - [`imap`]: mailboxes on a server; [`tls`] and [`address_guard`] keep its connections safe.
//! - [`graph`]: mailboxes at Microsoft 365; [`oauth`] gets the tokens that open them.
//! - [`watchers`]: which mailboxes this worker has, whatever their kind.

pub mod address_guard;
pub mod discover;
pub mod file;
pub mod graph;
pub mod imap;
pub mod oauth;
pub mod providers;
pub mod tls;
pub mod watchers;

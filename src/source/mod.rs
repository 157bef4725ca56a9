//! Where messages come from.
//!
//! - [`mod@file`]: Maildir, mbox, `.eml` files, folders of them, and standard input.
//! - [`imap`]: mailboxes on a server; [`tls`] and [`address_guard`] keep its connections safe.

pub mod address_guard;
pub mod file;
pub mod imap;
pub mod tls;

//! Where messages come from.
//!
//! - [`file`]: Maildir, mbox, `.eml` files, folders of them, and standard input.

pub mod file;

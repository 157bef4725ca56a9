//! Where messages come from.

pub mod address_guard;
pub mod imap;
pub mod tls;

//! Mailboxes on IMAP servers and CRMs that a person's consent opens (OAuth 2).
//!
//! - `apps`: with what a tenant's app asks a sign-in service for tokens.
//! - `tokens`: the refresh token of a mailbox or CRM, exchanged by one task at a time.

mod apps;
mod tokens;

pub use apps::{App, AppView, app, apps, put_app, set_secret_end};
pub use tokens::{Begun, Exchange, Given, Holder, begin_exchange, end_exchange, exchanged, give};

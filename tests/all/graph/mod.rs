//! Mailboxes at Microsoft 365: everything is read once, whatever happens in between, and what is
//! wrong is said.

mod acknowledge;
mod consent;
mod daemon;
mod endings;
mod faults;
mod folders;
mod fresh_token;
mod groups;
mod home;
mod house;
mod killed;
mod memory;
mod notifications;
mod older;
mod page;
mod permissions;
mod personal;
mod reading;
mod shut;
mod signing_in;
mod subscriptions;

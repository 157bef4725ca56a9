//! Mailboxes on a real server: everything is read once and in order, whatever happens in between.

mod aside;
mod beginning;
mod checking;
mod connecting;
mod consent;
mod healing;
mod house;
mod moving;
mod older;
mod outage;
mod reading;
mod restarting;
mod shared_mailbox;
mod sharing;
mod telling;

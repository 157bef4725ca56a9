//! The stories: what users do, on real servers, on SQLite and on PostgreSQL.
//!
//! One binary, one module a story, one line a module in the order of the alphabet. The servers come
//! from `tests/servers`; what the stories share is in [`support`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod age;
mod carddav;
mod commands;
mod crm;
mod crm_consent;
mod decisions;
mod discovered;
mod dynamics;
mod endings;
mod erasing;
mod followup;
mod graph;
mod hubspot;
mod imap;
mod intake;
mod jobs;
mod killed;
mod load;
mod lookups;
mod match_command;
mod matching;
mod nothing_kept;
mod pipedrive;
mod policies;
mod rekeying;
mod round_trip;
mod salesforce;
mod schema;
mod servers;
mod several;
mod story;
mod support;
mod tryton;
mod turns;
mod vault;
mod web_api;
mod web_crm;
mod web_import;
mod web_mailboxes;
mod web_policies;
mod web_review;
mod web_sign_in;
mod webhook;

//! What runs later or again: one file a job, and the runner that claims them.
//!
//! A job is enqueued in the transaction that makes it necessary, so it exists exactly when it is
//! needed. It runs at least once: each is written so that running it twice changes nothing. Its
//! worker holds it by a lease that a heartbeat renews; when the process dies, another takes it
//! within a minute.

mod daemon;
mod error;
mod expiry;
mod illness;
mod learn;
mod membership;
mod policy;
mod rekey;
mod runner;
mod telling;

pub use crate::store::jobs::{Job, Kind, NewJob, enqueue};
pub use daemon::Daemon;
pub use error::JobError;
pub use learn::learn;
pub use runner::{Runner, Work};

//! What many mailboxes cost and how soon their mail is read. Here it is a small story that must
//! come true on any machine; `tests/load` tells it at full size with the release build, prints the
//! figures and holds them to the bars.

mod bombs;
mod figures;
mod fleet;
mod idle;
mod latency;
mod peer;
mod process;
mod tap;

pub(crate) use figures::{is_measured, size};

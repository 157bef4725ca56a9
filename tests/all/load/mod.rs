//! What many mailboxes and many records cost, and how soon mail is read. Here it is a small story that must
//! come true on any machine; `tests/load` tells it at full size with the release build, prints the
//! figures and holds them to the bars.

mod bombs;
mod figures;
#[path = "../../../benches/lookup/firm.rs"]
mod firm;
mod fleet;
mod idle;
mod import;
mod latency;
mod peer;
pub(crate) mod process;
mod records;
mod table;
mod tap;

pub(crate) use figures::{is_measured, size};

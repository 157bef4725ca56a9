//! The way of a message into a list, and a suggestion's life there.
//!
//! ```text
//! bytes -> screen -> read -> extract -> plausible -> offer (fingerprint, match) -> Suggestion
//! Suggestion: open -> accepted | dismissed | expired; undo opens it again
//! ```

mod apart;
mod compare;
mod decide;
mod exclude;
pub mod export;
mod fill;
mod intake;
mod judge;
mod lane;
mod lanes;
mod levels;
mod news;
mod offer;
mod outcome;
mod people;
mod reader;
mod rehearsal;
mod remove;
mod renew;
pub mod retention;

pub use crate::matching::{BadChoice, Choice, Row, Take};
pub use apart::in_crm as apart_in_crm;
pub use compare::compare;
pub use decide::{
    DecideError, accept, decide_anew, dismiss, may_accept, preview, undo, undo_again,
};
pub use exclude::forget_excluded;
pub use intake::{Ahead, Guess, Intake, IntakeError, Known, RawMessage, Settings};
pub(crate) use judge::{Beliefs, Judge};
pub use lane::Fault;
pub use levels::set_thresholds;
pub use outcome::Outcome;
pub use reader::Read;
pub use rehearsal::rehearse;
pub use remove::remove_contact;
pub use renew::{is_otherwise, renew, renew_meanwhile};

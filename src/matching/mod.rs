//! Is this person known, and what differs: pure functions over contacts.
//!
//! ```text
//! Contact -> keys (who shares one is a candidate) -> decide (is it the same person, and why)
//!         -> diff (what the candidate does not know) -> merge (what a rep chose)
//! ```
//!
//! Values are compared as [`fold`] leaves them: case, accents and punctuation make no difference,
//! and what is equal then is shown to nobody. A blank never wins over a value.

mod decide;
mod diff;
pub mod fold;
mod keys;
mod merge;
mod newer;
mod score;
mod typed;
mod value;

pub use decide::{Level, Match, decide};
pub use diff::{Row, compare, news, normal_form};
pub use keys::keys;
pub use merge::{BadChoice, Choice, Take, merge};
pub use newer::newer;
pub use value::Field;

#[cfg(test)]
mod tests;

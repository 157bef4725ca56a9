//! Is this person known, and what differs: pure functions over contacts.
//!
//! ```text
//! Contact -> keys (who shares one is a candidate) -> Model (is it the same person, and why)
//!         -> diff (what the candidate does not know) -> merge (what a rep chose)
//! ```
//!
//! Values are compared as [`fold`] leaves them: case, accents and punctuation make no difference,
//! and what is equal then is shown to nobody. A blank never wins over a value.

mod blanks;
mod company;
mod counted;
mod dates;
mod decide;
mod diff;
mod em;
mod evidence;
mod firms;
pub mod fold;
mod follow;
mod former;
mod given;
mod keys;
mod latin;
mod merge;
mod model;
mod names;
mod newer;
mod nicknames;
mod odds;
mod person;
mod population;
mod reasons;
mod shared_domains;
mod similarity;
mod sound;
mod spoken;
mod table;
mod text;
mod typed;
mod value;
mod weights;

pub use blanks::{blanks, without};
pub use dates::{Dates, Said, confirmed, overtaken};
pub use decide::{Level, Match, Thresholds};
pub use diff::{Row, compare, news, normal_form};
pub use evidence::{Evidence, Ground};
pub use follow::follow;
pub use former::without_crm;
pub use keys::{RULES, is_of_one, keys, strength};
pub use merge::{BadChoice, Choice, Take, merge};
pub use model::Model;
pub use newer::newer;
pub use person::{Person, name_and_titles};
pub use population::Population;
pub use reasons::Reason;
pub use shared_domains::SharedDomains;
pub use similarity::{Degree, Field as Compared};
pub use table::{Pair, Table};
pub use value::Field;

#[cfg(test)]
mod tests;

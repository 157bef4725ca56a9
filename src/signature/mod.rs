//! A reading in, the author's contact out: pure, total and linear; no IO, no clock, no panic.
//!
//! ```text
//! Reading -> locate (which lines sign) -> label (what each line holds) -> fields (values) -> Extraction
//! ```
//!
//! What differs between languages stands in data files under `languages/`, one place a language.

use crate::contact::Contact;

/// What was found in a reading.
#[derive(Debug, Clone, Default)]
pub struct Extraction {
    /// The lines in which the author signs, as plain text, or none.
    pub block: Option<String>,
    /// The values read from them, completed from the headers.
    pub contact: Contact,
}

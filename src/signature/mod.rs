//! A reading in, the author's contact out: pure, total and linear; no IO, no clock, no panic.
//!
//! ```text
//! Reading -> locate (which lines sign) -> label (what each line holds) -> fields (values) -> Extraction
//! ```
//!
//! What differs between languages stands in data files under `languages/`, one place a language.

use crate::contact::Contact;
use crate::mail::{Reading, Skipped};

/// What was found in a reading.
#[derive(Debug, Clone, Default)]
pub struct Extraction {
    /// The lines in which the author signs, as plain text, or none.
    pub block: Option<String>,
    /// The values read from them, completed from the headers.
    pub contact: Contact,
}

/// What is known beside the message.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// The country of the mailbox's owner as ISO 3166-1 alpha-2: where national numbers are dialled
    /// when nothing in the message tells.
    pub region: Option<String>,
}

/// Reads the author's contact.
pub fn extract(_reading: &Reading, _hints: &Hints) -> Extraction {
    Extraction::default()
}

/// Says why no suggestion may be made of an extraction, or nothing.
pub fn plausible(_reading: &Reading, _extraction: &Extraction) -> Result<(), Skipped> {
    Ok(())
}

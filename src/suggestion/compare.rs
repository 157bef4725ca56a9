//! A suggestion beside what is known, for the page and the API.

use crate::matching::{self, Row};
use crate::store::suggestions::Suggestion;

/// One row a value: what the signature says, what is known, and whether that differs.
pub fn compare(suggestion: &Suggestion) -> Vec<Row> {
    matching::compare(&suggestion.contact, suggestion.known.as_ref())
}

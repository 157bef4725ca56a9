//! Countries as CRMs write them: a code, or a name in any language.

use crate::signature::country_named;

/// The ISO 3166-1 alpha-2 code of a country's code or name.
pub(super) fn country_code(text: &str) -> Option<String> {
    if text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic()) {
        return Some(text.to_ascii_uppercase());
    }
    country_named(text).map(str::to_owned)
}

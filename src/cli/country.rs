//! A country on the command line.

/// Reads two letters of ISO 3166-1.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let fits = text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic());
    fits.then(|| text.to_uppercase())
        .ok_or_else(|| "two letters are expected, as `DE` or `US`".into())
}

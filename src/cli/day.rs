//! Days as people type them.

use crate::clock::Millis;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The beginning of a day, in UTC.
pub(super) fn day(text: &str) -> Result<Millis, String> {
    let at = OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339);
    let at = at.map_err(|_| "write the day like 2027-11-21".to_owned())?;
    Ok(Millis(at.unix_timestamp() * 1000))
}

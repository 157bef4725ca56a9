//! The country of a number that is written with its calling code.

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use std::ops::RangeInclusive;

/// The code (ISO 3166-1 alpha-2) of the country of an international number.
pub(super) fn calling_country(digits: &str) -> Option<String> {
    let number = digits.trim().trim_start_matches(['(', ' ']);
    let international = number.starts_with('+') || number.starts_with("00");
    if !international {
        return None;
    }
    let number = number.trim_start_matches(['+', '0']).replace("(0)", "");
    let region = sole_region(&number).or_else(|| parsed_region(&number))?;
    Some(region.as_region_str().as_str().to_owned())
}

/// Digits of a number, its calling code among them, that is surely neither too short nor too long.
const DIGITS: RangeInclusive<usize> = 8..=15;

/// The region of a calling code that no other shares: of such a number nothing else is looked at,
/// and reading it whole takes long.
fn sole_region(number: &str) -> Option<Region> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b' ' | b'(' | b')' | b'-' | b'.' | b'/');
    if !number.bytes().all(plain) {
        return None;
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if !DIGITS.contains(&digits.len()) || digits.starts_with('0') {
        return None;
    }
    // No calling code begins with another.
    let mut regions = (1..=3).find_map(|length| {
        let code = digits.get(..length)?.parse().ok()?;
        PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(code)
    })?;
    if regions.len() == 1 { regions.next() } else { None }
}

/// The region of a number as libphonenumber reads it.
fn parsed_region(number: &str) -> Option<Region> {
    let number = PHONE_NUMBER_UTIL.parse(format!("+{number}"), None).ok()?;
    let region = number.get_region_code();
    region.or_else(|| PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calling_code_tells_the_country() {
        let country = |digits: &str| calling_country(digits).unwrap_or_default();
        assert_eq!(country("+49 (0)931 123456"), "DE");
        assert_eq!(country("(+351) 21 123 4567"), "PT");
        assert_eq!(country("0041 44 123 45 67"), "CH");
        assert_eq!(country("+1 416-555-0123"), "CA");
        assert_eq!(country("0931 123456"), "");
        assert_eq!(country("+999 123 456 78"), "");
    }

    #[test]
    fn a_code_of_one_country_is_read_as_libphonenumber_reads_it() {
        let mut sole = 0;
        for code in 1..1000 {
            let number = format!("{code} 30 123456");
            if let Some(region) = sole_region(&number) {
                assert_eq!(parsed_region(&number), Some(region), "+{number}");
                sole += 1;
            }
        }
        assert!(sole > 180, "{sole}");
    }
}

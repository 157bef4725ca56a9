//! A telephone number in E.164 with its kind and extension.

use rlibphonenumber::{NumberLengthType, PhoneNumber, PhoneNumberFormat, PhoneNumberType};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a number reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhoneKind {
    /// A land line, direct line, switchboard or VoIP number.
    Work,
    /// A mobile phone.
    Mobile,
    /// A fax machine.
    Fax,
}

/// A number of a length that its country dials. Whether somebody was given it, no plan tells:
/// plans grow, and numbers of examples and films lie outside of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Phone {
    /// What it reaches.
    pub kind: PhoneKind,
    number: String,
    extension: Option<String>,
}

impl Phone {
    /// Takes a number that libphonenumber has parsed; none if no number of its country is so long.
    pub fn new(kind: PhoneKind, number: &PhoneNumber) -> Option<Self> {
        let extension = number.extension().trim();
        // The length is quickly told, validity is not.
        let possible = number.is_possible_with_reason() == Ok(NumberLengthType::IsPossible)
            || number.is_valid();
        possible.then(|| Self {
            kind,
            number: number.format_as(PhoneNumberFormat::E164).into_owned(),
            extension: (!extension.is_empty()).then(|| extension.to_owned()),
        })
    }

    /// Parses an international number ("+49 931 123456", "+15875302271;ext=5").
    pub fn parse(kind: PhoneKind, text: &str) -> Option<Self> {
        Self::new(kind, &PhoneNumber::from_str(text.trim()).ok()?)
    }

    /// Parses a number as people write it in a country (ISO 3166), with or without its prefix.
    pub fn parse_in(kind: PhoneKind, text: &str, country: &str) -> Option<Self> {
        Self::new(kind, &PhoneNumber::parse(text.trim(), country.parse().ok()).ok()?)
    }

    /// As [`Phone::parse_in`], of a number of which nobody says what it reaches: what its country gives to
    /// mobile phones only is one.
    pub fn parse_unnamed(text: &str, country: &str) -> Option<Self> {
        let number = PhoneNumber::parse(text.trim(), country.parse().ok()).ok()?;
        let is_mobile = number.get_type() == PhoneNumberType::Mobile;
        Self::new(if is_mobile { PhoneKind::Mobile } else { PhoneKind::Work }, &number)
    }

    /// Whether a country (ISO 3166) gives the number that is written so to anybody.
    pub(super) fn is_given_in(text: &str, country: &str) -> bool {
        let number = PhoneNumber::parse(text.trim(), country.parse().ok());
        number.is_ok_and(|number| number.is_valid())
    }

    /// The same number with an extension that stood apart from it.
    #[must_use]
    pub fn with_extension(mut self, extension: &str) -> Self {
        let digits: String = extension.chars().filter(char::is_ascii_digit).collect();
        self.extension = (!digits.is_empty()).then_some(digits);
        self
    }

    /// The number in E.164: `+` and digits. It is also the number's key.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The digits to dial after the connection is made.
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    /// The number as `+49931123456;ext=18`, the form of Cards and files.
    pub fn uri_number(&self) -> String {
        match &self.extension {
            Some(extension) => format!("{};ext={extension}", self.number),
            None => self.number.clone(),
        }
    }

    /// The number as people read it: `+49 931 123456 ext. 18`.
    pub fn display(&self) -> String {
        let grouped = PhoneNumber::from_str(&self.number).map_or_else(
            |_| self.number.clone(),
            |number| number.format_as(PhoneNumberFormat::International).into_owned(),
        );
        match &self.extension {
            Some(extension) => format!("{grouped} ext. {extension}"),
            None => grouped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_in_e164_and_shown_grouped() {
        let phone = Phone::parse(PhoneKind::Work, "+49 (931) 123456 ext. 18").expect("valid");
        assert_eq!(phone.number(), "+49931123456");
        assert_eq!(phone.uri_number(), "+49931123456;ext=18");
        assert_eq!(phone.display(), "+49 931 123456 ext. 18");
        assert_eq!(Phone::parse(PhoneKind::Work, &phone.uri_number()), Some(phone));
    }

    #[test]
    fn the_plan_of_a_country_tells_what_a_number_reaches_if_nobody_says_it() {
        let kind = |text| Phone::parse_unnamed(text, "DE").expect("valid").kind;
        assert_eq!(kind("0170 1234567"), PhoneKind::Mobile);
        assert_eq!(kind("0931 3000001"), PhoneKind::Work);
        assert_eq!(kind("+1 587 530 2271"), PhoneKind::Work, "either, in America");
    }

    #[test]
    fn what_no_country_dials_is_no_number() {
        for bad in ["", "+49", "12345", "+999 1234567", "+1 555"] {
            assert_eq!(Phone::parse(PhoneKind::Work, bad), None, "{bad}");
        }
    }
}

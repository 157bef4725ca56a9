//! A phone number as it is compared: the digits that all its spellings share.

use crate::contact::{Phone, PhoneKind};

/// Fewest digits of a number that reaches somebody.
const FEWEST: usize = 6;
/// Most digits kept, more than any number with its extension has.
const MOST: usize = 24;

/// A number and its extension, as digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::matching) struct Number(Box<str>);

impl Number {
    /// The digits of a valid number.
    pub(super) fn of(phone: &Phone) -> Self {
        let digits = phone.number().chars().chain(phone.extension().unwrap_or("").chars());
        Self(digits.filter(char::is_ascii_digit).take(MOST).collect::<String>().into())
    }

    /// Reads a number as written. One that no numbering plan knows is kept as its digits, for it
    /// may be the same slip in both records.
    pub(super) fn read(text: &str, country: &str) -> Option<Self> {
        if let Some(phone) = Phone::parse_in(PhoneKind::Work, text, country) {
            return Some(Self::of(&phone));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).take(MOST).collect();
        let digits = digits.trim_start_matches('0');
        (digits.len() >= FEWEST).then(|| Self(digits.into()))
    }

    /// The digits.
    pub(in crate::matching) fn digits(&self) -> &str {
        &self.0
    }
}

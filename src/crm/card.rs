//! A vCard of a CRM (RFC 6350, 2426), as a contact.

use super::country::country_code;
use crate::contact::from_card::{CardReader, as_card};
use crate::contact::{Contact, Origin};
use calcard::vcard::VCard;

/// The contact of a vCard. `country` (ISO 3166) is that of phone numbers without a prefix.
pub(super) fn of_vcard(card: VCard, country: &str) -> Contact {
    CardReader { origin: Origin::Crm, confidence: 1.0, country, country_code }.read(&as_card(card))
}

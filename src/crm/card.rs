//! A vCard of a CRM (RFC 6350, 2426), as a contact.

use super::country::country_code;
use crate::contact::from_card::{CardReader, as_card};
use crate::contact::{Contact, Countries, Origin};
use calcard::vcard::{VCard, VCardProperty};

/// The contact of a vCard. `countries` are those of phone numbers without a prefix.
pub(super) fn of_vcard(card: VCard, countries: Countries<'_>) -> Contact {
    CardReader { origin: Origin::Crm, confidence: 1.0, countries, country_code }
        .read(&as_card(card))
}

/// The country (ISO 3166) that a vCard names, for who reads a part of it.
pub(super) fn country_of(card: &VCard) -> Option<String> {
    let addresses = card.entries.iter().filter(|entry| entry.name == VCardProperty::Adr);
    let addresses = VCard { entries: addresses.cloned().collect() };
    of_vcard(addresses, Countries::usual("")).country().map(str::to_owned)
}

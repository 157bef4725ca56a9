//! The author's own vCard, attached to the message: strong evidence for what the lines leave out.

use crate::contact::{Contact, EmailAddress, Found, Link, Origin, Phone, PhoneKind};
use crate::mail::Reading;
use calcard::vcard::VCard;
use serde_json::Value;
use std::collections::HashSet;

/// How sure a value of the author's own card is.
const SURE: f64 = 0.95;
/// Cards beyond this length are pictures.
const MAX_BYTES: usize = 256 * 1024;
/// A card of more properties is an address book.
const MAX_PROPERTIES: usize = 500;
/// Values of one property that are looked at.
const MAX_VALUES: usize = 50;

/// Completes a contact from the cards of the message that are the author's: those that hold the
/// address in `From`.
pub(super) fn complete(contact: &mut Contact, reading: &Reading) {
    let Some(own) = &reading.author.address else { return };
    for text in reading.vcards.iter().filter(|text| is_small(text)) {
        let Some(card) = as_card(text) else { continue };
        let emails: Vec<EmailAddress> = values(&card, "emails", "address")
            .filter_map(|address| EmailAddress::parse(&address))
            .collect();
        if emails.iter().any(|email| email.key() == own.key()) {
            take(contact, &card);
        }
    }
}

/// Whether a card is as large as one person's. A folded line begins with a space (RFC 6350 §3.2).
fn is_small(text: &str) -> bool {
    let properties = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    text.len() <= MAX_BYTES && properties.take(MAX_PROPERTIES + 1).count() <= MAX_PROPERTIES
}

/// A vCard as a JSContact Card.
fn as_card(text: &str) -> Option<Value> {
    let card = VCard::parse(text).ok()?.into_jscontact::<String, String>();
    serde_json::to_value(card.0).ok()
}

fn take(contact: &mut Contact, card: &Value) {
    let found = |text: String| Found::new(text, SURE, Origin::Vcard);
    if contact.titles.is_empty() {
        contact.titles.extend(values(card, "titles", "name").map(found));
    }
    if contact.organizations.is_empty() {
        contact.organizations.extend(values(card, "organizations", "name").map(found));
    }
    if contact.links.is_empty() {
        let links = values(card, "links", "uri").filter_map(|uri| Link::parse(&uri));
        contact.links.extend(links.map(|link| Found::new(link, SURE, Origin::Vcard)));
    }
    let mut known: HashSet<String> =
        contact.phones.iter().map(|phone| phone.value.number().to_owned()).collect();
    for entry in entries(card, "phones") {
        let number = entry.get("number").and_then(Value::as_str).unwrap_or_default();
        let has = |feature: &str| entry.pointer(&format!("/features/{feature}")).is_some();
        let kind = match () {
            () if has("fax") => PhoneKind::Fax,
            () if has("mobile") || has("cell") => PhoneKind::Mobile,
            () => PhoneKind::Work,
        };
        let Some(phone) = Phone::parse(kind, number.trim_start_matches("tel:")) else { continue };
        if known.insert(phone.number().to_owned()) {
            contact.phones.push(Found::new(phone, SURE, Origin::Vcard));
        }
    }
}

fn entries<'a>(card: &'a Value, property: &str) -> impl Iterator<Item = &'a Value> {
    card.get(property)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(serde_json::Map::values)
        .take(MAX_VALUES)
}

fn values(card: &Value, property: &str, member: &str) -> impl Iterator<Item = String> {
    entries(card, property)
        .filter_map(move |entry| entry.get(member).and_then(Value::as_str))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Author;

    #[test]
    fn only_the_authors_own_card_completes_the_contact() {
        let card = |email: &str| {
            format!(
                "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Müller\r\nTITLE:Prokuristin\r\nORG:Müller GmbH\r\nTEL;TYPE=CELL:+49 170 1234567\r\nEMAIL:{email}\r\nEND:VCARD\r\n"
            )
        };
        let reading = |email: &str| Reading {
            author: Author { name: None, address: EmailAddress::parse("anna@mueller.example") },
            vcards: vec![card(email)],
            ..Reading::default()
        };
        let mut contact = Contact::default();
        complete(&mut contact, &reading("bo@other.example"));
        assert_eq!(contact, Contact::default());
        complete(&mut contact, &reading("Anna@mueller.example"));
        assert_eq!(contact.titles[0].value, "Prokuristin");
        assert_eq!(contact.organizations[0].value, "Müller GmbH");
        assert_eq!(contact.phones[0].value.number(), "+491701234567");
        assert_eq!(contact.phones[0].value.kind, PhoneKind::Mobile);
    }
}

//! A Card (RFC 9553) or vCard (RFC 6350, 2426) of a CRM, as a contact.

use super::country::country_code;
use crate::contact::{
    Contact, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind, PostalAddress,
};
use calcard::vcard::VCard;
use serde_json::{Map, Value};

/// Entries of one property that are looked at.
const MAX_ENTRIES: usize = 50;

/// The contact of a vCard. `country` (ISO 3166) is that of phone numbers without a prefix.
pub(super) fn of_vcard(card: VCard, country: &str) -> Contact {
    let card = card.into_jscontact::<String, String>();
    serde_json::to_value(card.0).map(|card| of_card(&card, country)).unwrap_or_default()
}

/// The contact of a Card. What its type cannot hold, and what a contact has not, is left out.
pub(super) fn of_card(card: &Value, country: &str) -> Contact {
    let mut contact =
        Contact { name: card.get("name").and_then(name).map(known), ..Contact::default() };
    for title in entries(card, "titles") {
        if text(title, "kind").is_none_or(|kind| kind == "title") {
            put(&mut contact.titles, text(title, "name"));
        }
    }
    for organization in entries(card, "organizations") {
        put(&mut contact.organizations, text(organization, "name"));
        let units = organization.get("units").and_then(Value::as_array).into_iter().flatten();
        for unit in units.take(MAX_ENTRIES) {
            put(&mut contact.departments, text(unit, "name"));
        }
    }
    for entry in entries(card, "phones") {
        put(&mut contact.phones, phone(entry, country));
    }
    for email in entries(card, "emails") {
        let address = text(email, "address");
        put(&mut contact.emails, address.and_then(|text| EmailAddress::parse(&text)));
    }
    for link in entries(card, "links") {
        put(&mut contact.links, text(link, "uri").and_then(|uri| Link::parse(&uri)));
    }
    for profile in entries(card, "onlineServices") {
        put(&mut contact.profiles, text(profile, "uri").and_then(|uri| Link::parse(&uri)));
    }
    for address in entries(card, "addresses") {
        put(&mut contact.addresses, postal_address(address));
    }
    contact
}

fn known<T>(value: T) -> Found<T> {
    Found::certain(value, Origin::Crm)
}

fn put<T: PartialEq>(values: &mut Vec<Found<T>>, value: Option<T>) {
    if let Some(value) = value
        && !values.iter().any(|old| old.value == value)
    {
        values.push(known(value));
    }
}

fn entries<'a>(card: &'a Value, property: &str) -> impl Iterator<Item = &'a Value> {
    let entries = card.get(property).and_then(Value::as_object);
    entries.into_iter().flat_map(Map::values).take(MAX_ENTRIES)
}

fn text(entry: &Value, member: &str) -> Option<String> {
    let text = entry.get(member)?.as_str()?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The values of the components of these kinds, in their order.
fn component(entry: &Value, kinds: &[&str]) -> Option<String> {
    let components = entry.get("components").and_then(Value::as_array)?;
    let of_kind = components.iter().filter(|component| {
        component.get("kind").and_then(Value::as_str).is_some_and(|kind| kinds.contains(&kind))
    });
    let values: Vec<String> =
        of_kind.filter_map(|component| text(component, "value")).take(MAX_ENTRIES).collect();
    (!values.is_empty()).then(|| values.join(" "))
}

fn name(name: &Value) -> Option<PersonName> {
    let given = component(name, &["given", "given2"]);
    let family = component(name, &["surname", "surname2"]);
    let parts = [given.as_deref(), family.as_deref()];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    // What is shown (FN) may carry titles, which stand beside the parts.
    let full = if parts.is_empty() { text(name, "full")? } else { parts };
    Some(PersonName {
        full,
        given,
        family,
        prefix: component(name, &["title"]),
        suffix: component(name, &["credential", "generation"]),
    })
}

fn phone(entry: &Value, country: &str) -> Option<Phone> {
    let has = |feature: &str| entry.pointer(&format!("/features/{feature}")).is_some();
    let kind = match () {
        () if has("fax") => PhoneKind::Fax,
        () if has("mobile") || has("cell") => PhoneKind::Mobile,
        () => PhoneKind::Work,
    };
    let number = text(entry, "number")?;
    Phone::parse_in(kind, number.trim_start_matches("tel:"), country)
}

fn postal_address(entry: &Value) -> Option<PostalAddress> {
    let country = text(entry, "countryCode").or_else(|| component(entry, &["country"]));
    let address = PostalAddress {
        street: component(entry, &["name", "number", "block", "building", "postOfficeBox"]),
        postcode: component(entry, &["postcode"]),
        city: component(entry, &["locality"]),
        region: component(entry, &["region"]),
        country: country.and_then(|country| country_code(&country)),
    };
    (!address.is_empty()).then_some(address)
}

//! A Card (RFC 9553) or vCard (RFC 6350, 2426) that others wrote, as a contact.

use super::{
    Contact, Countries, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind,
    PostalAddress,
};
use calcard::common::IanaString as _;
use calcard::vcard::{VCard, VCardProperty, VCardValue};
use serde_json::{Map, Value};

/// Entries of one property that are looked at.
const MAX_ENTRIES: usize = 50;

/// A vCard as a Card (RFC 9555); nothing if it cannot be one.
pub fn as_card(card: VCard) -> Value {
    let card = card.into_jscontact::<String, String>();
    serde_json::to_value(card.0).unwrap_or_default()
}

/// What a vCard is about, in lower case (RFC 6350 §6.1.4); nothing if it does not say, which means a
/// person. Programs that write vCard 3 have a property of their own for it.
pub fn kind(card: &VCard) -> Option<String> {
    let entry = card.entries.iter().find(|entry| {
        entry.name == VCardProperty::Kind
            || matches!(&entry.name, VCardProperty::Other(name) if name.eq_ignore_ascii_case("X-ADDRESSBOOKSERVER-KIND"))
    })?;
    match entry.values.first()? {
        VCardValue::Kind(kind) => Some(kind.as_str().to_ascii_lowercase()),
        VCardValue::Text(text) => Some(text.trim().to_ascii_lowercase()),
        _ => None,
    }
}

/// How a Card of others is read.
#[derive(Debug, Clone, Copy)]
pub struct CardReader<'a> {
    /// Where its values come from.
    pub origin: Origin,
    /// How sure they are.
    pub confidence: f64,
    /// The countries of phone numbers without a prefix; the Card's own is that of its first address.
    pub countries: Countries<'a>,
    /// The ISO 3166-1 alpha-2 code of a country's code or name.
    pub country_code: fn(&str) -> Option<String>,
}

impl CardReader<'_> {
    /// The contact of a Card. What its type cannot hold, and what a contact has not, is left out.
    pub fn read(&self, card: &Value) -> Contact {
        let mut contact = Contact {
            name: card.get("name").and_then(name).map(|name| self.found(name)),
            ..Contact::default()
        };
        for title in entries(card, "titles") {
            if text(title, "kind").is_none_or(|kind| kind == "title") {
                self.put(&mut contact.titles, text(title, "name"));
            }
        }
        for organization in entries(card, "organizations") {
            self.put(&mut contact.organizations, text(organization, "name"));
            let units = organization.get("units").and_then(Value::as_array).into_iter().flatten();
            for unit in units.take(MAX_ENTRIES) {
                self.put(&mut contact.departments, text(unit, "name"));
            }
        }
        for address in entries(card, "addresses") {
            let address = postal_address(address, self.country_code);
            self.put(&mut contact.addresses, address);
        }
        let own = contact.country().map(str::to_owned);
        let countries = self.countries.or_own(own.as_deref());
        for entry in entries(card, "phones") {
            self.put(&mut contact.phones, phone(entry, countries));
        }
        for email in entries(card, "emails") {
            let address = text(email, "address");
            self.put(&mut contact.emails, address.and_then(|text| EmailAddress::parse(&text)));
        }
        for link in entries(card, "links") {
            self.put(&mut contact.links, text(link, "uri").and_then(|uri| Link::parse(&uri)));
        }
        for profile in entries(card, "onlineServices") {
            let link = text(profile, "uri").and_then(|uri| Link::parse(&uri));
            self.put(&mut contact.profiles, link);
        }
        contact
    }

    fn found<T>(&self, value: T) -> Found<T> {
        Found::new(value, self.confidence, self.origin)
    }

    fn put<T: PartialEq>(&self, values: &mut Vec<Found<T>>, value: Option<T>) {
        if let Some(value) = value
            && !values.iter().any(|old| old.value == value)
        {
            values.push(self.found(value));
        }
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
    let shown = text(name, "full");
    let mut parts = vec![given.as_deref(), family.as_deref()];
    // Where the family name leads, it leads in what is shown (FN).
    if let (Some(shown), Some(given), Some(family)) = (&shown, &given, &family)
        && let (Some(first), Some(last)) = (shown.find(family), shown.find(given))
        && first < last
        && !shown.contains(',')
    {
        parts.reverse();
    }
    let parts = parts.into_iter().flatten().collect::<Vec<_>>();
    // What is shown may carry titles, which stand beside the parts.
    let full = if parts.is_empty() {
        shown?
    } else {
        let joined = parts.concat();
        shown.filter(|shown| *shown == joined).unwrap_or_else(|| parts.join(" "))
    };
    Some(PersonName {
        full,
        given,
        family,
        prefix: component(name, &["title"]),
        suffix: component(name, &["credential", "generation"]),
    })
}

fn phone(entry: &Value, countries: Countries<'_>) -> Option<Phone> {
    let has = |feature: &str| entry.pointer(&format!("/features/{feature}")).is_some();
    let kind = match () {
        () if has("fax") => PhoneKind::Fax,
        () if has("mobile") || has("cell") => PhoneKind::Mobile,
        () => PhoneKind::Work,
    };
    let number = text(entry, "number")?;
    let number = number.trim_start_matches("tel:");
    Phone::parse_in(kind, number, countries.of_number(number))
}

fn postal_address(
    entry: &Value,
    country_code: fn(&str) -> Option<String>,
) -> Option<PostalAddress> {
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

//! The contact as a JSContact Card (RFC 9553), the form it has at every edge.

use super::{Contact, Found, PersonName, Phone, PhoneKind, PostalAddress};
use serde_json::{Map, Value, json};

/// The Card of a contact. Entries are keyed by their place, from 1: `phones/1`, `titles/2`.
pub fn to_card(contact: &Contact) -> Value {
    let mut card = Map::new();
    card.insert("@type".into(), json!("Card"));
    card.insert("version".into(), json!("1.0"));
    card.insert("kind".into(), json!("individual"));
    if let Some(name) = &contact.name {
        card.insert("name".into(), name_to_json(&name.value));
    }
    put(&mut card, "titles", &contact.titles, |title| json!({"kind": "title", "name": title}));
    put_organizations(&mut card, contact);
    put(&mut card, "phones", &contact.phones, phone_to_json);
    put(&mut card, "emails", &contact.emails, |email| json!({"address": email.as_str()}));
    put(&mut card, "links", &contact.links, |link| json!({"uri": link.as_str()}));
    put(&mut card, "onlineServices", &contact.profiles, |link| json!({"uri": link.as_str()}));
    put(&mut card, "addresses", &contact.addresses, address_to_json);
    Value::Object(card)
}

/// Confidence and origin of every value, keyed as in the Card (`phones/1`).
pub fn confidences(contact: &Contact) -> Value {
    let mut all = Map::new();
    if let Some(name) = &contact.name {
        all.insert("name".into(), sure(name));
    }
    note(&mut all, "titles", &contact.titles);
    note(&mut all, "organizations", &contact.organizations);
    note(&mut all, "departments", &contact.departments);
    note(&mut all, "phones", &contact.phones);
    note(&mut all, "emails", &contact.emails);
    note(&mut all, "links", &contact.links);
    note(&mut all, "onlineServices", &contact.profiles);
    note(&mut all, "addresses", &contact.addresses);
    Value::Object(all)
}

fn sure<T>(found: &Found<T>) -> Value {
    json!({"confidence": (found.confidence.get() * 1000.0).round() / 1000.0, "origin": found.origin})
}

fn note<T>(all: &mut Map<String, Value>, property: &str, values: &[Found<T>]) {
    for (place, found) in (1..).zip(values) {
        all.insert(format!("{property}/{place}"), sure(found));
    }
}

fn put<T>(card: &mut Map<String, Value>, property: &str, values: &[Found<T>], to: fn(&T) -> Value) {
    if !values.is_empty() {
        let entries = (1..).zip(values).map(|(place, found)| (place.to_string(), to(&found.value)));
        card.insert(property.into(), Value::Object(entries.collect()));
    }
}

/// The departments are units of the first organization; without one they stand alone.
fn put_organizations(card: &mut Map<String, Value>, contact: &Contact) {
    let units: Vec<Value> =
        contact.departments.iter().map(|unit| json!({"name": unit.value})).collect();
    put(card, "organizations", &contact.organizations, |name| json!({"name": name}));
    if units.is_empty() {
        return;
    }
    let organizations = card.entry("organizations").or_insert_with(|| json!({"1": {}}));
    if let Some(Value::Object(first)) = organizations.get_mut("1") {
        first.insert("units".into(), Value::Array(units));
    }
}

fn name_to_json(name: &PersonName) -> Value {
    let parts = [
        ("title", &name.prefix),
        ("given", &name.given),
        ("surname", &name.family),
        ("credential", &name.suffix),
    ];
    let components: Vec<Value> = parts
        .into_iter()
        .filter_map(|(kind, value)| Some(json!({"kind": kind, "value": value.as_ref()?})))
        .collect();
    let mut entry = json!({"full": name.full});
    if !components.is_empty() {
        entry["components"] = Value::Array(components);
    }
    entry
}

fn phone_to_json(phone: &Phone) -> Value {
    let mut entry = json!({"number": phone.uri_number(), "contexts": {"work": true}});
    entry["features"] = match phone.kind {
        PhoneKind::Work => json!({"voice": true}),
        PhoneKind::Mobile => json!({"mobile": true, "voice": true}),
        PhoneKind::Fax => json!({"fax": true}),
    };
    entry
}

fn address_to_json(address: &PostalAddress) -> Value {
    let parts = [
        ("name", &address.street),
        ("postcode", &address.postcode),
        ("locality", &address.city),
        ("region", &address.region),
    ];
    let components: Vec<Value> = parts
        .into_iter()
        .filter_map(|(kind, value)| Some(json!({"kind": kind, "value": value.as_ref()?})))
        .collect();
    let mut entry = json!({"full": address.display()});
    entry["components"] = Value::Array(components);
    if let Some(country) = &address.country {
        entry["countryCode"] = json!(country);
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{EmailAddress, Origin};

    #[test]
    fn a_card_carries_every_value_and_its_confidence_stands_beside_it() {
        let contact = Contact {
            name: Some(Found::new(
                PersonName {
                    full: "Anna Müller".into(),
                    given: Some("Anna".into()),
                    family: Some("Müller".into()),
                    prefix: Some("Dr.".into()),
                    suffix: None,
                },
                0.98,
                Origin::Header,
            )),
            departments: vec![Found::new("Vertrieb Süd".into(), 0.8, Origin::Layout)],
            phones: Phone::parse(PhoneKind::Mobile, "+491701234567")
                .map(|phone| Found::new(phone, 0.9, Origin::Label))
                .into_iter()
                .collect(),
            emails: EmailAddress::parse("anna@example.com")
                .map(|email| Found::certain(email, Origin::Header))
                .into_iter()
                .collect(),
            ..Contact::default()
        };
        assert_eq!(
            to_card(&contact),
            json!({
                "@type": "Card", "version": "1.0", "kind": "individual",
                "name": {"full": "Anna Müller", "components": [
                    {"kind": "title", "value": "Dr."},
                    {"kind": "given", "value": "Anna"},
                    {"kind": "surname", "value": "Müller"},
                ]},
                "organizations": {"1": {"units": [{"name": "Vertrieb Süd"}]}},
                "phones": {"1": {
                    "number": "+491701234567",
                    "features": {"mobile": true, "voice": true},
                    "contexts": {"work": true},
                }},
                "emails": {"1": {"address": "anna@example.com"}},
            })
        );
        assert_eq!(
            confidences(&contact),
            json!({
                "name": {"confidence": 0.98, "origin": "header"},
                "departments/1": {"confidence": 0.8, "origin": "layout"},
                "phones/1": {"confidence": 0.9, "origin": "label"},
                "emails/1": {"confidence": 1.0, "origin": "header"},
            })
        );
    }
}

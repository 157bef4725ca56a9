//! A record's fields as a contact.

use super::super::country::country_code;
use super::{Fields, Mapping, Slot};
use crate::contact::{
    Contact, Countries, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind,
    PostalAddress,
};

/// Further addresses that are looked at.
const MAX_MORE: usize = 50;

impl Mapping {
    /// The contact that a record's fields make. `country` (ISO 3166) is that of phone numbers
    /// without a prefix in records without a country. What its type cannot hold is left out.
    pub fn read(&self, fields: &Fields, country: &str) -> Contact {
        let own = self.country_of(fields);
        let countries = Countries::usual(country).or_own(own.as_deref());
        let all = |slot: Slot| {
            let texts = self.places(slot).filter_map(|field| fields.get(&field.property));
            texts.map(|text| one_line(text)).filter(|text| !text.is_empty())
        };
        let first = |slot: Slot| all(slot).next();
        let phones = |slot: Slot, kind: PhoneKind| {
            all(slot)
                .filter_map(move |text| Phone::parse_in(kind, &text, countries.of_number(&text)))
        };
        let unnamed = |slot: Slot| {
            all(slot)
                .filter_map(move |text| Phone::parse_unnamed(&text, countries.of_number(&text)))
        };
        let more = all(Slot::MoreEmails).flat_map(|text| {
            let some = text.split(';').take(MAX_MORE).filter_map(EmailAddress::parse);
            some.collect::<Vec<_>>()
        });
        let emails = all(Slot::Email).filter_map(|text| EmailAddress::parse(&text));
        let address = PostalAddress {
            street: first(Slot::Street),
            postcode: first(Slot::Postcode),
            city: first(Slot::City),
            region: first(Slot::Region),
            country: own.clone(),
        };
        let links = |slot: Slot| all(slot).filter_map(|text| Link::parse(&text));
        Contact {
            name: self.name(fields).map(known),
            titles: known_all(all(Slot::Title)),
            departments: known_all(all(Slot::Department)),
            organizations: known_all(all(Slot::Organization)),
            phones: known_all(
                phones(Slot::Phone, PhoneKind::Work)
                    .chain(phones(Slot::Mobile, PhoneKind::Mobile))
                    .chain(unnamed(Slot::AnyPhone))
                    .chain(phones(Slot::Fax, PhoneKind::Fax))
                    .chain(unnamed(Slot::MorePhones)),
            ),
            emails: known_all(emails.chain(more)),
            links: known_all(links(Slot::Website)),
            profiles: known_all(links(Slot::Profile)),
            addresses: known_all((!address.is_empty()).then_some(address)),
        }
    }

    /// The country (ISO 3166) that a record names.
    pub(super) fn country_of(&self, fields: &Fields) -> Option<String> {
        let mut texts = self.places(Slot::Country).filter_map(|it| fields.get(&it.property));
        texts.find_map(|text| country_code(&one_line(text)))
    }

    fn name(&self, fields: &Fields) -> Option<PersonName> {
        let part = |slot: Slot| {
            let mut texts = self.places(slot).filter_map(|field| fields.get(&field.property));
            texts.next().map(|text| one_line(text)).filter(|text| !text.is_empty())
        };
        let (given, family) = (part(Slot::Given), part(Slot::Family));
        let parts: Vec<&str> =
            [&given, &family].into_iter().flatten().map(String::as_str).collect();
        let full = part(Slot::Name).or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))?;
        Some(PersonName {
            full,
            given,
            family,
            prefix: part(Slot::Prefix),
            suffix: part(Slot::Suffix),
        })
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn known<T>(value: T) -> Found<T> {
    Found::certain(value, Origin::Crm)
}

fn known_all<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<Found<T>> {
    let mut all: Vec<Found<T>> = Vec::new();
    for value in values {
        if !all.iter().any(|old| old.value == value) {
            all.push(known(value));
        }
    }
    all
}

//! The signature and the author's own card put together: what both say is surer, what the lines lack
//! the card gives, and where they differ the lines count, which are newer.

use crate::contact::{Confidence, Contact, Found, Origin, PersonName, Phone, PostalAddress};
use crate::signature::fold::{fold, words};

/// What is left of the doubt in a value that the card says too.
const DOUBT: f64 = 0.25;

/// Gives a contact what only the card says.
pub(in crate::signature) fn complete(contact: &mut Contact, card: &Contact) {
    match (&mut contact.name, &card.name) {
        (Some(name), Some(own)) if name.value.family.is_some() => {
            if same_words(&name.value, &own.value) {
                fill(&mut name.value.prefix, own.value.prefix.as_ref());
                fill(&mut name.value.suffix, own.value.suffix.as_ref());
            }
        }
        (name, Some(own)) => *name = Some(own.clone()),
        (_, None) => {}
    }
    or(&mut contact.titles, &card.titles);
    or(&mut contact.departments, &card.departments);
    or(&mut contact.organizations, &card.organizations);
    or(&mut contact.links, &card.links);
    for phone in &card.phones {
        let there = |other: &&mut Found<_>| same_number(&other.value, &phone.value);
        match contact.phones.iter_mut().find(there) {
            // Without a label the card tells what it reaches.
            Some(known) if known.origin == Origin::Layout => known.value.kind = phone.value.kind,
            Some(_) => {}
            None => contact.phones.push(phone.clone()),
        }
    }
    and(&mut contact.emails, &card.emails, |a, b| a.key() == b.key());
    and(&mut contact.profiles, &card.profiles, |a, b| a.key() == b.key());
    match (contact.addresses.first_mut(), card.addresses.first()) {
        (None, Some(own)) => contact.addresses.push(own.clone()),
        (Some(known), Some(own)) if same_city(&known.value, &own.value) => {
            fill(&mut known.value.street, own.value.street.as_ref());
            fill(&mut known.value.postcode, own.value.postcode.as_ref());
            fill(&mut known.value.region, own.value.region.as_ref());
            fill(&mut known.value.country, own.value.country.as_ref());
        }
        _ => {}
    }
}

/// Makes surer what the lines and the card say alike.
pub(in crate::signature) fn strengthen(contact: &mut Contact, card: &Contact) {
    let text = |a: &String, b: &String| fold(a) == fold(b);
    surer(contact.name.as_mut_slice(), card.name.as_slice(), same_words);
    surer(&mut contact.titles, &card.titles, text);
    surer(&mut contact.departments, &card.departments, text);
    surer(&mut contact.organizations, &card.organizations, text);
    surer(&mut contact.phones, &card.phones, same_number);
    surer(&mut contact.emails, &card.emails, |a, b| a.key() == b.key());
    surer(&mut contact.links, &card.links, |a, b| a.key() == b.key());
    surer(&mut contact.profiles, &card.profiles, |a, b| a.key() == b.key());
    surer(&mut contact.addresses, &card.addresses, |a, b| {
        let street = |address: &PostalAddress| address.street.as_deref().map(fold);
        same_city(a, b) && street(a) == street(b) && a.postcode == b.postcode
    });
}

fn surer<T>(values: &mut [Found<T>], card: &[Found<T>], same: fn(&T, &T) -> bool) {
    for found in values.iter_mut().filter(|found| found.origin != Origin::Vcard) {
        if card.iter().any(|own| same(&found.value, &own.value)) {
            let doubt = (1.0 - found.confidence.get()) * DOUBT;
            found.confidence = Confidence::new(1.0 - doubt);
        }
    }
}

/// The card's values if there are none.
fn or<T: Clone>(values: &mut Vec<Found<T>>, card: &[Found<T>]) {
    if values.is_empty() {
        values.extend_from_slice(card);
    }
}

/// The card's values besides those that are there.
fn and<T: Clone>(values: &mut Vec<Found<T>>, card: &[Found<T>], same: fn(&T, &T) -> bool) {
    for own in card {
        if values.iter().all(|known| !same(&known.value, &own.value)) {
            values.push(own.clone());
        }
    }
}

fn fill<T: Clone>(part: &mut Option<T>, own: Option<&T>) {
    if part.is_none() {
        *part = own.cloned();
    }
}

fn same_number(a: &Phone, b: &Phone) -> bool {
    a.number() == b.number()
}

fn same_words(a: &PersonName, b: &PersonName) -> bool {
    let sorted = |name: &PersonName| {
        let mut names: Vec<_> = words(&name.full).into_iter().map(|w| w.folded).collect();
        names.sort();
        names
    };
    sorted(a) == sorted(b)
}

fn same_city(a: &PostalAddress, b: &PostalAddress) -> bool {
    let city = |address: &PostalAddress| address.city.as_deref().map(fold);
    city(a).is_some() && city(a) == city(b)
}

//! Which blanks of a known contact a suggestion can fill.

use super::value::{Field, Placed, Value, values};
use crate::contact::Contact;
use std::collections::BTreeSet;

/// The places of those values of a suggestion that fill a blank of the known contact, and are at
/// least this sure. Of phones each kind is a field of its own, so that a mobile number is no blank
/// for who has one. Nothing that is known changes if these are taken.
pub fn blanks(suggested: &Contact, known: &Contact, confidence: f64) -> BTreeSet<String> {
    let known = values(known);
    let fills = |new: &Placed<'_>| {
        new.confidence.get() >= confidence && !known.iter().any(|old| is_in_the_way(new, old))
    };
    values(suggested).into_iter().filter(fills).map(|new| new.key).collect()
}

/// Whether a known value stands in the field of a new one, or would be completed by it.
fn is_in_the_way(new: &Placed<'_>, old: &Placed<'_>) -> bool {
    match (new.value, old.value) {
        (Value::Phone(new), Value::Phone(old)) => {
            new.kind == old.kind || new.number() == old.number()
        }
        _ => new.field == old.field,
    }
}

/// A contact without the values at these places.
pub fn without(contact: &Contact, places: &BTreeSet<String>) -> Contact {
    let stays =
        |field: Field, place: usize| !places.contains(&format!("{}/{place}", field.as_str()));
    let name = contact.name.clone().filter(|_| !places.contains(Field::Name.as_str()));
    Contact {
        name,
        titles: kept(&contact.titles, |place| stays(Field::Titles, place)),
        departments: kept(&contact.departments, |place| stays(Field::Departments, place)),
        organizations: kept(&contact.organizations, |place| stays(Field::Organizations, place)),
        phones: kept(&contact.phones, |place| stays(Field::Phones, place)),
        emails: kept(&contact.emails, |place| stays(Field::Emails, place)),
        links: kept(&contact.links, |place| stays(Field::Links, place)),
        profiles: kept(&contact.profiles, |place| stays(Field::OnlineServices, place)),
        addresses: kept(&contact.addresses, |place| stays(Field::Addresses, place)),
    }
}

fn kept<T: Clone>(found: &[T], stays: impl Fn(usize) -> bool) -> Vec<T> {
    (1..).zip(found).filter(|(place, _)| stays(*place)).map(|(_, one)| one.clone()).collect()
}

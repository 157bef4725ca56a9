//! Further keys, by which the records of a table meet: any two things that hold together.

use super::{first_word, head, heard, last_word, sorted, tail};
use crate::matching::person::Person;

/// Gives every further key.
pub(in crate::matching) fn met(person: &Person, give: &mut dyn FnMut(String)) {
    let parts = parts(person);
    for (place, (kind, one)) in parts.iter().enumerate() {
        for (other_kind, other) in parts.iter().skip(place + 1) {
            if kind != other_kind {
                give(format!("{kind}{other_kind}:{one} {other}"));
            }
        }
    }
    for email in &person.emails {
        if let Some(number) = email.number() {
            give(format!("d:{number}"));
        }
    }
    person.streets.iter().for_each(|street| give(format!("r:{street}")));
}

/// The things that hold together in twos: a kind and a value.
fn parts(person: &Person) -> Vec<(char, String)> {
    let mut parts = Vec::new();
    let mut put = |kind, text: &str| {
        if !text.is_empty() {
            parts.push((kind, text.to_owned()));
        }
    };
    let (given, family) = (first_word(&person.given), last_word(&person.family));
    // Either name may stand in the other's place.
    for name in [given, family] {
        put('n', &heard(name));
        put('i', head(name, 2));
    }
    person.titles.iter().take(2).for_each(|title| put('t', title));
    for company in person.companies.iter().take(2) {
        put('c', head(company, 5));
        put('w', last_word(company));
    }
    for city in person.cities.iter().take(2) {
        put('y', head(city, 4));
        put('y', tail(city, 4));
    }
    for phone in person.phones.iter().take(3) {
        put('p', tail(phone.digits(), 4));
        put('q', head(phone.digits(), 6));
    }
    for email in person.emails.iter().take(3) {
        put('e', head(email.local(), 3));
        put('l', tail(email.number().unwrap_or(email.local()), 4));
    }
    for postcode in person.postcodes.iter().take(2) {
        put('z', &sorted(postcode));
        put('v', head(postcode, 3));
    }
    for street in person.streets.iter().take(2) {
        let mut words: Vec<&str> = street.split(' ').collect();
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        for word in words.into_iter().take(3).filter(|word| word.len() > 2) {
            put('s', head(word, 5));
        }
    }
    parts
}

//! Further keys, by which the records of a table meet: any two things that hold together, and two
//! that say enough alone.

use super::{first_word, head, heard, last_word, sorted, tail};
use crate::matching::person::Person;

/// The kinds of things that make a key in twos, each of another kind.
pub(in crate::matching) const TOGETHER: usize = 13;
/// The kinds of things that are a key alone; they are numbered on.
pub(in crate::matching) const ALONE: usize = 4;

/// Gives every thing that is a key, alone or with another, with the number of its kind.
pub(in crate::matching) fn met(person: &Person, give: &mut impl FnMut(usize, &str)) {
    let mut put = |kind, text: &str| {
        if !text.is_empty() {
            give(kind, text);
        }
    };
    let (given, family) = (first_word(&person.given), last_word(&person.family));
    // Either name may stand in the other's place.
    for name in [given, family] {
        put(0, &heard(name));
        put(1, head(name, 2));
    }
    person.titles.iter().take(2).for_each(|title| put(2, title));
    for company in person.companies.iter().take(2) {
        put(3, head(company, 5));
        put(4, last_word(company));
    }
    for city in person.cities.iter().take(2) {
        put(5, head(city, 4));
        put(5, tail(city, 4));
    }
    for phone in person.phones.iter().take(3) {
        put(6, tail(phone.digits(), 4));
        put(7, head(phone.digits(), 6));
    }
    for email in person.emails.iter().take(3) {
        put(8, head(email.local(), 3));
        put(9, tail(email.number().unwrap_or(email.local()), 4));
    }
    for postcode in person.postcodes.iter().take(2) {
        put(10, &sorted(postcode));
        put(11, head(postcode, 3));
    }
    for street in person.streets.iter().take(2) {
        let mut words: Vec<&str> = street.split(' ').collect();
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        for word in words.into_iter().take(3).filter(|word| word.len() > 2) {
            put(12, head(word, 5));
        }
    }
    person.emails.iter().filter_map(|email| email.number()).for_each(|number| put(13, number));
    person.streets.iter().for_each(|street| put(14, street));
    if person.is_firm() {
        person.domains.iter().for_each(|domain| put(15, domain));
        person.companies.iter().for_each(|company| put(16, company));
    }
}

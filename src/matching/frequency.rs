//! How often a value stands in the records: two `Müller` say less than two `Quandt`.

use super::person::Person;
use super::similarity::Field;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

/// Fewest records that share a value for it to be counted; rarer ones are as rare as can be.
const COMMON: u32 = 2;

/// How many records hold each value.
#[derive(Debug, Clone, Default)]
pub(super) struct Frequencies {
    counts: HashMap<u64, u32, BuildHasherDefault<DefaultHasher>>,
    records: u32,
}

impl Frequencies {
    /// Counts the values of records.
    pub(super) fn of<'a>(people: impl Iterator<Item = &'a Person>) -> Self {
        let mut frequencies = Self::default();
        for person in people {
            frequencies.records += 1;
            for field in Field::ALL {
                each(person, field, |value| {
                    *frequencies.counts.entry(key(field, value)).or_default() += 1;
                });
            }
        }
        frequencies.counts.retain(|_, count| *count >= COMMON);
        frequencies.counts.shrink_to_fit();
        frequencies
    }

    /// The share of records that hold the value which two people have in common; the rarest if
    /// they share several. None if nothing is known.
    pub(super) fn shared(&self, field: Field, left: &Person, right: &Person) -> Option<f64> {
        let mut least: Option<u32> = None;
        each(left, field, |value| {
            let mut both = false;
            each(right, field, |other| both |= value == other);
            if both {
                let count = self.count(field, value);
                least = Some(least.map_or(count, |least| least.min(count)));
            }
        });
        let records = f64::from(self.records);
        least.filter(|_| self.records > 0).map(|count| f64::from(count) / records)
    }

    /// How many records hold a value.
    pub(super) fn count(&self, field: Field, value: &str) -> u32 {
        self.counts.get(&key(field, value)).copied().unwrap_or(1)
    }

    /// How many records were counted.
    pub(super) fn records(&self) -> u32 {
        self.records
    }
}

fn key(field: Field, value: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one((field as u8, value))
}

/// The values of a field.
fn each(person: &Person, field: Field, mut see: impl FnMut(&str)) {
    let texts = match field {
        Field::Given => return see_name(&person.given, see),
        Field::Family => return see_name(&person.family, see),
        Field::Email => {
            return person
                .emails
                .iter()
                .map(super::person::Email::key)
                .filter(|k| !k.is_empty())
                .for_each(see);
        }
        Field::Phone => {
            return person.phones.iter().for_each(|phone| see(phone.digits()));
        }
        Field::Profile => &person.profiles,
        Field::Title => &person.titles,
        Field::Company => &person.companies,
        Field::Domain => &person.domains,
        Field::Street => &person.streets,
        Field::Postcode => &person.postcodes,
        Field::City => &person.cities,
        Field::Region => &person.regions,
        Field::Country => &person.countries,
    };
    for text in texts {
        see(text);
    }
}

fn see_name(name: &str, mut see: impl FnMut(&str)) {
    if !name.is_empty() {
        see(name);
    }
}

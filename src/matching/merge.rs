//! A contact after a rep has chosen, field by field.

use super::diff::{news, put_instead, replacements};
use super::typed;
use super::value::Field;
use crate::contact::{Contact, Found, Phone, titled};
use std::collections::{BTreeMap, BTreeSet};

/// What a rep takes of a suggestion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Which values.
    pub take: Take,
    /// Values typed instead of suggested ones, by the place of what they stand for; an empty one
    /// leaves the value out. The parts of an address are `addresses/1/street`, `…/postcode`,
    /// `…/city`, `…/region` and `…/country`.
    pub typed: BTreeMap<String, String>,
    /// Known values, as they are shown ([`Row::instead_of`](super::Row::instead_of)), whose place taken ones
    /// take, by the places of these; the others are added, as is all where nobody is known.
    pub instead_of: BTreeMap<String, String>,
    /// The person is not the known one: make another contact.
    pub apart: bool,
    /// The `changed_at` of the suggestion that the rep saw; if it has changed since, nothing is
    /// accepted.
    pub seen: Option<i64>,
}

/// Which of the suggested values are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Take {
    /// All of them.
    #[default]
    All,
    /// Those at these places (`phones/1`), and those that were typed.
    Keys(BTreeSet<String>),
}

/// A typed value that its field cannot hold, or a place that the suggestion does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChoice {
    /// No value stands at that place.
    #[error("the suggestion has no value at `{0}`; load it again")]
    NoSuchPlace(String),
    /// What it was to take the place of is not known, or something else takes that place.
    #[error("`{0}` cannot take the place of that value; look at the suggestion again")]
    NotThere(String),
    /// What was typed does not fit.
    #[error("what was typed for `{0}` is not a valid {1}")]
    Invalid(String, &'static str),
}

/// The known contact after a rep's choice from a suggestion; without a known one, a new contact.
///
/// What a contact has once (name, title, department, employer, address) takes the place of the known
/// value that stood beside it in [`compare`](super::compare), and of no other; numbers, addresses and
/// links are added to those that are there, or take the place of the one that the rep names. What is equal after
/// normalisation stays as the known contact has it, and what the suggestion does not name stays.
/// `country` (ISO 3166) is that of typed phone numbers without a prefix.
pub fn merge(
    known: Option<&Contact>,
    suggested: &Contact,
    choice: &Choice,
    country: &str,
) -> Result<Contact, BadChoice> {
    let (suggested, left_out) = typed::put_in(suggested, &choice.typed, country)?;
    let empty = Contact::default();
    let is_known = known.is_some();
    let known = known.unwrap_or(&empty);
    let news: BTreeSet<String> = news(&suggested, known).into_iter().collect();
    let taken = |key: &str| !left_out.contains(key) && is_taken(choice, key);
    let chosen = choice.instead_of.iter().filter(|(key, _)| is_known && taken(key));
    let chosen = chosen.map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let mut instead = replacements(&suggested, known);
    instead.extend(put_instead(&suggested, known, &chosen).map_err(BadChoice::NotThere)?);
    let pick = Pick { taken: &taken, news: &news, instead: &instead };
    Ok(Contact {
        name: pick.name(known, &suggested),
        titles: pick.replaced(Field::Titles, &known.titles, &suggested.titles),
        departments: pick.replaced(Field::Departments, &known.departments, &suggested.departments),
        organizations: pick.replaced(
            Field::Organizations,
            &known.organizations,
            &suggested.organizations,
        ),
        phones: pick.phones(&known.phones, &suggested.phones),
        emails: pick.replaced(Field::Emails, &known.emails, &suggested.emails),
        links: pick.replaced(Field::Links, &known.links, &suggested.links),
        profiles: pick.replaced(Field::OnlineServices, &known.profiles, &suggested.profiles),
        addresses: pick.replaced(Field::Addresses, &known.addresses, &suggested.addresses),
    })
}

fn is_taken(choice: &Choice, key: &str) -> bool {
    match &choice.take {
        Take::All => true,
        Take::Keys(keys) => {
            keys.contains(key) || choice.typed.keys().any(|typed| typed::place_of(typed) == key)
        }
    }
}

fn place_in(field: Field, place: usize) -> String {
    format!("{}/{place}", field.as_str())
}

/// What was chosen, asked field by field.
struct Pick<'a> {
    taken: &'a dyn Fn(&str) -> bool,
    /// The places of values that the known contact does not have.
    news: &'a BTreeSet<String>,
    /// By the places of those: the places of known values that they stand in for.
    instead: &'a BTreeMap<String, String>,
}

impl Pick<'_> {
    /// The values of a field that are taken and not known yet, in order, with their places.
    fn new_values<'v, T>(
        &self,
        field: Field,
        suggested: &'v [Found<T>],
    ) -> impl Iterator<Item = (String, &'v Found<T>)> {
        (1..).zip(suggested).filter_map(move |(place, found)| {
            let key = place_in(field, place);
            (self.news.contains(&key) && (self.taken)(&key)).then_some((key, found))
        })
    }

    /// The new name; titles before and after it stay if the new one has none, and a form of address stays.
    fn name(
        &self,
        known: &Contact,
        suggested: &Contact,
    ) -> Option<Found<crate::contact::PersonName>> {
        let key = Field::Name.as_str();
        let Some(new) = suggested.name.as_ref().filter(|_| (self.taken)(key)) else {
            return known.name.clone();
        };
        let Some(old) = &known.name else { return Some(new.clone()) };
        if !self.news.contains(key) {
            return Some(old.clone());
        }
        let mut merged = new.clone();
        // How somebody is addressed a human chose; no signature says it.
        let title = new.value.title().or_else(|| old.value.title());
        merged.value.prefix = titled(old.value.prefix.as_deref(), title.as_deref());
        merged.value.suffix = merged.value.suffix.or_else(|| old.value.suffix.clone());
        Some(merged)
    }

    /// The known value that a new one stands in for.
    fn old<'m, T>(
        &self,
        field: Field,
        key: &str,
        merged: &'m mut [Found<T>],
    ) -> Option<&'m mut Found<T>> {
        let instead = self.instead.get(key)?;
        let mut places = (1..).zip(merged);
        places.find(|(place, _)| place_in(field, *place) == *instead).map(|(_, old)| old)
    }

    /// The known values, each new one in the place of the one that it stands in for, or after them.
    fn replaced<T: Clone>(
        &self,
        field: Field,
        known: &[Found<T>],
        suggested: &[Found<T>],
    ) -> Vec<Found<T>> {
        let mut merged = known.to_vec();
        for (key, new) in self.new_values(field, suggested) {
            match self.old(field, &key, &mut merged) {
                Some(old) => *old = new.clone(),
                None => merged.push(new.clone()),
            }
        }
        merged
    }

    /// As [`Pick::replaced`], but a number that is known without its extension is completed.
    fn phones(&self, known: &[Found<Phone>], suggested: &[Found<Phone>]) -> Vec<Found<Phone>> {
        let mut phones = known.to_vec();
        for (key, new) in self.new_values(Field::Phones, suggested) {
            if let Some(old) = self.old(Field::Phones, &key, &mut phones) {
                *old = new.clone();
                continue;
            }
            let poorer = phones.iter_mut().find(|old| {
                old.value.number() == new.value.number() && old.value.extension().is_none()
            });
            match poorer {
                Some(old) => *old = new.clone(),
                None => phones.push(new.clone()),
            }
        }
        phones
    }
}

//! What of a signature is news, and what is left out of it: values that were turned down, and those of
//! which newer mail of the same person, or what somebody has typed in the CRM since, says otherwise.

use super::people::{Known, People};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::{self, Dates, Said};
use crate::store::Writes;
use crate::store::suggestions::{self, Suggestion};
use std::collections::BTreeSet;

/// The place of a name, by which a rep knows whom a suggestion is about.
const NAME: &str = "name";
/// Places of addresses, by which the next message of the same person is known.
const EMAILS: &str = "emails/";

/// A signature as it can be suggested.
pub(super) struct News {
    /// Its values, without what is left out.
    pub(super) contact: Contact,
    /// The places of the values that are neither known nor decided about.
    pub(super) places: Vec<String>,
}

impl News {
    /// What a signature that came at `received` says of these people.
    pub(super) fn of(mut signature: Contact, received: Millis, people: &People) -> Self {
        let known = people.certainly_known().map(|known| &known.contact);
        let mut left_out = overtaken(&signature, &Dates::of(&signature, received), people);
        if let Some(known) = known {
            left_out.extend(turned_down(&signature, known, people));
            if left_out.contains(NAME) && known.name.is_some() {
                signature.name.clone_from(&known.name);
            }
        }
        left_out.retain(|place| place != NAME && !place.starts_with(EMAILS));
        let contact = matching::without(&signature, &left_out);
        let places = places(&contact, people);
        Self { contact, places }
    }
}

/// The places of the values that are neither known nor decided about.
pub(super) fn places(contact: &Contact, people: &People) -> Vec<String> {
    let nobody = Contact::default();
    let known = people.certainly_known().map_or(&nobody, |known| &known.contact);
    let mut places = matching::news(contact, known);
    retain_undecided(&mut places, contact, people);
    places
}

/// What an open suggestion says, but for what it did not bring as news and somebody has typed otherwise in the
/// CRM since: nobody was asked about that, and it is older.
pub(super) fn still_said(open: &Suggestion, known: Option<Said<'_>>) -> Contact {
    let (Some(known), Some(before)) = (known, &open.known) else { return open.contact.clone() };
    let news = matching::news(&open.contact, before);
    let overtaken = matching::overtaken(open.said(), known).into_iter();
    let overtaken = overtaken.filter(|place| place != NAME && !news.contains(place));
    matching::without(&open.contact, &overtaken.collect())
}

fn overtaken(signature: &Contact, dates: &Dates, people: &People) -> BTreeSet<String> {
    let said = people.waiting.iter().chain(&people.decided).map(Suggestion::said);
    let said = said.chain(people.certainly_known().map(Known::said));
    let signature = Said { contact: signature, dates };
    said.flat_map(|newer| matching::overtaken(signature, newer)).collect()
}

/// The places of values that a known person does not have, and that a rep did not take.
fn turned_down(signature: &Contact, known: &Contact, people: &People) -> Vec<String> {
    let beyond = matching::news(signature, known);
    let mut undecided = beyond.clone();
    retain_undecided(&mut undecided, signature, people);
    beyond.into_iter().filter(|place| !undecided.contains(place)).collect()
}

fn retain_undecided(places: &mut Vec<String>, contact: &Contact, people: &People) {
    for decided in &people.decided {
        let beyond = matching::news(contact, &decided.contact);
        places.retain(|place| beyond.contains(place));
    }
}

/// Notes where a signature says again, later, what suggestions say. One that is written anew meanwhile has
/// other dates already.
pub(super) fn confirm<'a>(
    said: impl Iterator<Item = &'a Suggestion>,
    signature: Said<'_>,
    writes: &mut Writes,
) {
    for suggestion in said {
        if let Some(dates) = matching::confirmed(suggestion.said(), signature) {
            writes.add(suggestions::redating(suggestion, &dates));
        }
    }
}

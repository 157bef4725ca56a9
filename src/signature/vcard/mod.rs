//! The author's own vCard, attached to the message: strong evidence for what the lines say, and for
//! what they leave out.

mod merge;

pub(super) use merge::{complete, strengthen};

use super::fold::words;
use super::language::{Sense, lexicon};
use super::script::is_foreign;
use super::sender::Sender;
use super::{context::Context, country::country_code};
use crate::contact::from_card::{CardReader, as_card, kind};
use crate::contact::{Contact, Countries, EmailAddress, Found, Link, Origin, PostalAddress};
use crate::mail::Reading;
use calcard::{Entry, Parser};
use serde_json::{Map, Value};

/// How sure a value of the author's own card is.
const SURE: f64 = 0.95;
/// Cards beyond this length are pictures.
const MAX_BYTES: usize = 256 * 1024;
/// A text of more properties is an address book.
const MAX_PROPERTIES: usize = 500;
/// Cards of one text that are looked at.
const MAX_CARDS: usize = 20;
/// Characters of a value; longer ones are no name of anything.
const MAX_CHARS: usize = 120;

/// What the author's own card says: that of a person, with the address in `From` or with the
/// author's name and an address of the same company. Cards of groups, companies and others are none.
pub(super) fn own(reading: &Reading, sender: &Sender, context: &Context<'_>) -> Option<Contact> {
    let countries = Countries::usual(context.countries.first().map_or("", String::as_str));
    let reader = CardReader { origin: Origin::Vcard, confidence: SURE, countries, country_code };
    let texts = reading.vcards.iter().filter(|text| is_small(text));
    let mut cards = texts.flat_map(|text| cards(text)).map(|mut card| {
        leave_private_out(&mut card);
        reader.read(&card)
    });
    cards.find(|card| is_own(card, sender)).map(|card| tidy(card, sender))
}

/// Whether a text is as large as one person's card. A folded line begins with a space
/// (RFC 6350 §3.2).
fn is_small(text: &str) -> bool {
    let properties = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    text.len() <= MAX_BYTES && properties.take(MAX_PROPERTIES + 1).count() <= MAX_PROPERTIES
}

/// The cards of persons in a text, as JSContact.
fn cards(text: &str) -> impl Iterator<Item = Value> {
    let mut parser = Parser::new(text);
    let entries = std::iter::from_fn(move || match parser.entry() {
        Entry::Eof => None,
        entry => Some(entry),
    });
    entries.take(MAX_CARDS).filter_map(|entry| match entry {
        Entry::VCard(card) if kind(&card).is_none_or(|kind| kind == "individual") => {
            Some(as_card(card))
        }
        _ => None,
    })
}

/// Numbers and addresses at home are nobody's business; of addresses those of work are kept if one
/// is said to be.
fn leave_private_out(card: &mut Value) {
    let has = |entry: &Value, context: &str| {
        entry.pointer(&format!("/contexts/{context}")).and_then(Value::as_bool) == Some(true)
    };
    for property in ["phones", "addresses", "emails"] {
        let Some(entries) = card.get_mut(property).and_then(Value::as_object_mut) else { continue };
        entries.retain(|_, entry| has(entry, "work") || !has(entry, "private"));
        let work = |entries: &Map<String, Value>| entries.values().any(|entry| has(entry, "work"));
        if property == "addresses" && work(entries) {
            entries.retain(|_, entry| has(entry, "work"));
        }
    }
}

/// Whether a card is the author's.
fn is_own(card: &Contact, sender: &Sender) -> bool {
    let Some(own) = &sender.address else { return false };
    let (key, domain) = (own.key(), own.registrable_domain());
    let name = card.name.as_ref().map(|name| name.value.full.as_str()).unwrap_or_default();
    let known = sender.recognises(&words(name));
    let comparable = !name.is_empty()
        && !sender.names.is_empty()
        && is_foreign(name) == sender.names.iter().any(|name| is_foreign(name));
    if comparable && known < 0.4 {
        return false;
    }
    let has =
        |test: &dyn Fn(&EmailAddress) -> bool| card.emails.iter().any(|email| test(&email.value));
    let colleague = !sender.domain.is_empty() && has(&|email| email.registrable_domain() == domain);
    let named = sender.names.len() > 1 && known >= 1.0;
    has(&|email| email.key() == key) || named && (card.emails.is_empty() || colleague)
}

/// The values that a signature could hold, no more of each than it would.
fn tidy(mut card: Contact, sender: &Sender) -> Contact {
    let domain = sender.address.as_ref().map(EmailAddress::registrable_domain);
    card.name = card.name.take().filter(|name| is_value(&name.value.full));
    if let Some(name) = &mut card.name {
        let academic = |text: &String| lexicon().senses(text).has(Sense::Academic);
        name.value.prefix = name.value.prefix.take().filter(academic);
        name.value.suffix = name.value.suffix.take().filter(|text| is_value(text));
    }
    card.departments.retain(|unit| card.organizations.iter().all(|org| org.value != unit.value));
    for (texts, most) in
        [(&mut card.titles, 2), (&mut card.departments, 1), (&mut card.organizations, 1)]
    {
        texts.retain(|text| is_value(&text.value));
        texts.truncate(most);
    }
    card.phones.truncate(6);
    card.emails.retain(|email| {
        Some(email.value.registrable_domain()) == domain && !email.value.is_role_mailbox()
    });
    card.emails.truncate(2);
    let of_person = |link: &Found<Link>| link.value.is_profile();
    let (profiles, sites) = card.links.into_iter().partition(of_person);
    card.links = sites;
    card.links.truncate(2);
    card.profiles.retain(of_person);
    card.profiles.extend::<Vec<_>>(profiles);
    card.profiles.truncate(6);
    card.addresses.retain(|address| is_address(&address.value));
    card.addresses.truncate(1);
    card
}

/// Whether a text may be a name, a title, a street: short, and nothing to click on.
fn is_value(text: &str) -> bool {
    text.chars().count() <= MAX_CHARS
        && text.chars().any(char::is_alphanumeric)
        && !text.contains("://")
        && !text.chars().any(|c| c.is_control() || matches!(c, '@' | '<' | '>'))
}

fn is_address(address: &PostalAddress) -> bool {
    let parts = [&address.street, &address.postcode, &address.city, &address.region];
    address.city.is_some() && parts.into_iter().flatten().all(|part| is_value(part))
}

#[cfg(test)]
mod tests;

//! A record as CardDAV keeps it: a vCard, of which we change what we must and nothing else.
//!
//! Photos, notes, birthdays and properties of other programs stay as they are: a change takes out
//! the properties whose values go, and adds those whose values come.

use crate::contact::{Contact, vcard};
use crate::crm::card;
use calcard::vcard::{VCard, VCardEntry, VCardProperty};

/// A vCard longer than this is not a person's.
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// A person's card has fewer properties.
const MAX_PROPERTIES: usize = 1_000;

/// The UID and the values of a record's vCard; none if it is no vCard of one person.
pub(super) fn read(text: &str, country: &str) -> Option<(String, Contact)> {
    let card = parse(text)?;
    let uid = card.uid().unwrap_or_default().trim_start_matches("urn:uuid:").to_owned();
    let group = card.entries.iter().any(|entry| {
        let kind = entry.name == VCardProperty::Kind
            || entry.name == VCardProperty::Other("X-ADDRESSBOOKSERVER-KIND".into());
        kind && entry.values.iter().any(|value| {
            let text = format!("{value:?}").to_lowercase();
            text.contains("group") || text.contains("location")
        })
    });
    (!group).then(|| (uid, card::of_vcard(card, country)))
}

/// The vCard of a new record.
pub(super) fn new(uid: &str, contact: &Contact) -> Option<String> {
    let text = vcard::to_vcard(contact)?;
    let (head, rest) = text.split_once("\r\n")?;
    let (version, rest) = rest.split_once("\r\n")?;
    Some(format!("{head}\r\n{version}\r\nUID:{uid}\r\n{rest}"))
}

/// The record's vCard with the values of `before` that are not in `after` taken out, and those of
/// `after` that are not in `before` added.
pub(super) fn change(
    text: &str,
    before: &Contact,
    after: &Contact,
    country: &str,
) -> Option<String> {
    let mut card = parse(text)?;
    let (goes, comes) = (without(before, after), without(after, before));
    card.entries.retain(|entry| !goes_with(entry, &goes, country));
    let added = parse(&vcard::to_vcard(&comes)?)?;
    let wanted = added.entries.into_iter().filter(|entry| {
        contributes(&entry.name) && (entry.name != VCardProperty::Fn || comes.name.is_some())
    });
    let end = card.entries.iter().position(|entry| entry.name == VCardProperty::End);
    let end = end.unwrap_or(card.entries.len());
    card.entries.splice(end..end, wanted);
    Some(card.to_string())
}

/// Whether a record has what a change from `before` to `after` brings, and not what it takes.
pub(super) fn holds(record: &Contact, before: &Contact, after: &Contact) -> bool {
    let (goes, comes) = (without(before, after), without(after, before));
    let mut kept = without(&comes, record);
    let mut left = without(record, &without(record, &goes));
    if comes.name.is_some() {
        left.name = None; // one name stands for another
    }
    kept.name = kept.name.filter(|name| {
        record.name.as_ref().is_none_or(|there| there.value.full != name.value.full)
    });
    kept == Contact::default() && left == Contact::default()
}

fn parse(text: &str) -> Option<VCard> {
    let properties = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    if text.len() > MAX_BYTES || properties.take(MAX_PROPERTIES + 1).count() > MAX_PROPERTIES {
        return None;
    }
    VCard::parse(text).ok()
}

/// Whether a property carries values of a contact.
fn contributes(name: &VCardProperty) -> bool {
    use VCardProperty::{Adr, Email, Fn, Impp, N, Org, Other, Socialprofile, Tel, Title, Url};
    matches!(name, Fn | N | Title | Org | Tel | Email | Url | Adr | Socialprofile | Impp)
        || matches!(name, Other(name) if name.eq_ignore_ascii_case("X-SOCIALPROFILE"))
}

/// Whether all that a property says of a contact is among what goes.
fn goes_with(entry: &VCardEntry, goes: &Contact, country: &str) -> bool {
    if !contributes(&entry.name) {
        return false;
    }
    if matches!(entry.name, VCardProperty::Fn | VCardProperty::N) {
        return goes.name.is_some();
    }
    let said = card::of_vcard(VCard { entries: vec![entry.clone()] }, country);
    said != Contact::default() && without(&said, goes) == Contact::default()
}

/// What of `these` is not among `those`. Employer and departments are one property (ORG): where one
/// of them differs, all of them do.
fn without(these: &Contact, those: &Contact) -> Contact {
    fn left<T: PartialEq + Clone>(
        these: &[crate::contact::Found<T>],
        those: &[crate::contact::Found<T>],
    ) -> Vec<crate::contact::Found<T>> {
        let stays =
            |one: &&crate::contact::Found<T>| !those.iter().any(|other| other.value == one.value);
        these.iter().filter(stays).cloned().collect()
    }
    let organizations = left(&these.organizations, &those.organizations);
    let departments = left(&these.departments, &those.departments);
    let employer = !organizations.is_empty() || !departments.is_empty();
    let name = these.name.as_ref().map(|name| &name.value);
    Contact {
        name: (name != those.name.as_ref().map(|name| &name.value))
            .then(|| these.name.clone())
            .flatten(),
        titles: left(&these.titles, &those.titles),
        organizations: if employer { these.organizations.clone() } else { Vec::new() },
        departments: if employer { these.departments.clone() } else { Vec::new() },
        phones: left(&these.phones, &those.phones),
        emails: left(&these.emails, &those.emails),
        links: left(&these.links, &those.links),
        profiles: left(&these.profiles, &those.profiles),
        addresses: left(&these.addresses, &those.addresses),
    }
}

//! A record as CardDAV keeps it: a vCard, of which we change what we must and nothing else.
//!
//! Photos, notes, birthdays and properties of other programs stay as they are: a change takes out
//! the properties whose values go, and adds those whose values come.

use crate::contact::from_card::kind;
use crate::contact::{Contact, Countries, Found, vcard};
use crate::crm::card;
use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty};

/// A vCard longer than this is not a person's.
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// A person's card has fewer properties.
const MAX_PROPERTIES: usize = 1_000;
/// Parts of an address (RFC 6350 §6.3.1).
const ADR_PARTS: usize = 7;

/// The values of a record's vCard; none if it is no vCard of one person.
pub(super) fn read(text: &str, country: &str) -> Option<Contact> {
    let card = parse(text)?;
    let kind = kind(&card);
    let several = matches!(kind.as_deref(), Some("group" | "location"));
    (!several).then(|| card::of_vcard(card, Countries::usual(country)))
}

/// The vCard of a new record.
pub(super) fn new(uid: &str, contact: &Contact) -> Option<String> {
    let text = plain(parse(&vcard::to_vcard(contact)?)?).to_string();
    let (head, rest) = text.split_once("\r\n")?;
    let (version, rest) = rest.split_once("\r\n")?;
    Some(format!("{head}\r\n{version}\r\nUID:{uid}\r\n{rest}"))
}

/// The record's vCard with the values of `before` that are not in `after` taken out, and those of
/// `after` added that are neither in `before` nor in the record.
pub(super) fn change(
    text: &str,
    before: &Contact,
    after: &Contact,
    country: &str,
) -> Option<String> {
    let Turned { mut card, comes, .. } = turn(text, before, after, country)?;
    let end = card.entries.iter().position(|entry| entry.name == VCardProperty::End);
    let end = end.unwrap_or(card.entries.len());
    card.entries.splice(end..end, comes);
    Some(card.to_string())
}

/// A vCard that is to be changed.
pub(super) struct Turned {
    /// What stays of it.
    card: VCard,
    /// The properties that go.
    pub(super) goes: Vec<VCardEntry>,
    /// The properties that come.
    pub(super) comes: Vec<VCardEntry>,
    /// The country (ISO 3166) that it named.
    pub(super) own: Option<String>,
}

/// The record's vCard, and which of its properties [`change`] takes out and puts there.
pub(super) fn turn(text: &str, before: &Contact, after: &Contact, country: &str) -> Option<Turned> {
    let mut card = parse(text)?;
    let own = card::country_of(&card);
    let countries = Countries::usual(country).or_own(own.as_deref());
    let (goes, comes) = between(before, after);
    let entries = std::mem::take(&mut card.entries).into_iter();
    // A number without a prefix that is another one in the country that the card gets may be somebody else's.
    let then = (before.country() != after.country())
        .then(|| Countries::usual(country).or_own(after.country()));
    let goes_then = |entry: &VCardEntry| then.is_none_or(|then| goes_with(entry, &goes, then));
    let (gone, stays) =
        entries.partition(|entry| goes_with(entry, &goes, countries) && goes_then(entry));
    card.entries = stays;
    let there = card::of_vcard(card.clone(), countries);
    // A name that goes is one with the name that comes.
    let comes = Contact { name: comes.name.clone(), ..without(&comes, &there) };
    let added = plain(parse(&vcard::to_vcard(&comes)?)?);
    let wanted = added.entries.into_iter().filter(|entry| {
        contributes(&entry.name) && (entry.name != VCardProperty::Fn || comes.name.is_some())
    });
    Some(Turned { card, goes: gone, comes: wanted.collect(), own })
}

/// Whether a record's vCard is otherwise than [`change`] says.
pub(super) fn differs(text: &str, wanted: &str) -> bool {
    parse(text).is_none_or(|card| card.to_string() != wanted)
}

/// Whether a record has what a change from `before` to `after` brings, and not what it takes.
pub(super) fn holds(record: &Contact, before: &Contact, after: &Contact) -> bool {
    let (goes, comes) = between(before, after);
    let mut kept = without(&comes, record);
    // An employer may go with its department and come back alone.
    let mut left = without(&without(record, &without(record, &goes)), &comes);
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

/// A card as every server keeps it: without the order of parts (JSCOMPS, RFC 9555 §3.3.2) and the
/// further parts of addresses (RFC 9554 §2.1), of which SOGo loses some, so that the rest is wrong.
fn plain(mut card: VCard) -> VCard {
    for entry in &mut card.entries {
        entry.params.retain(|param| param.name != VCardParameterName::Jscomps);
        if entry.name == VCardProperty::Adr {
            entry.values.truncate(ADR_PARTS);
        }
    }
    card
}

/// Whether a property carries values of a contact.
fn contributes(name: &VCardProperty) -> bool {
    use VCardProperty::{Adr, Email, Fn, Impp, N, Org, Other, Socialprofile, Tel, Title, Url};
    matches!(name, Fn | N | Title | Org | Tel | Email | Url | Adr | Socialprofile | Impp)
        || matches!(name, Other(name) if name.eq_ignore_ascii_case("X-SOCIALPROFILE"))
}

/// Whether all that a property says of a contact is among what goes.
fn goes_with(entry: &VCardEntry, goes: &Contact, countries: Countries<'_>) -> bool {
    if !contributes(&entry.name) {
        return false;
    }
    if matches!(entry.name, VCardProperty::Fn | VCardProperty::N) {
        return goes.name.is_some();
    }
    let said = card::of_vcard(VCard { entries: vec![entry.clone()] }, countries);
    said != Contact::default() && without(&said, goes) == Contact::default()
}

/// What goes and what comes between two contacts. Employer and departments are one property (ORG): where one of
/// them differs, all of them go and come, also if nothing is lost or nothing is new.
fn between(before: &Contact, after: &Contact) -> (Contact, Contact) {
    let (mut goes, mut comes) = (without(before, after), without(after, before));
    let differs = |some: &Contact| !some.organizations.is_empty() || !some.departments.is_empty();
    if differs(&goes) || differs(&comes) {
        for (part, whole) in [(&mut goes, before), (&mut comes, after)] {
            part.organizations.clone_from(&whole.organizations);
            part.departments.clone_from(&whole.departments);
        }
    }
    (goes, comes)
}

/// What `one` has and `other` has not. Employer and departments are one property (ORG): where one of
/// them differs, all of them do.
fn without(one: &Contact, other: &Contact) -> Contact {
    fn left<T: PartialEq + Clone>(one: &[Found<T>], other: &[Found<T>]) -> Vec<Found<T>> {
        let is_there = |found: &Found<T>| other.iter().any(|there| there.value == found.value);
        one.iter().filter(|found| !is_there(found)).cloned().collect()
    }
    let differs = !left(&one.organizations, &other.organizations).is_empty()
        || !left(&one.departments, &other.departments).is_empty();
    let name = |contact: &Contact| contact.name.as_ref().map(|name| name.value.clone());
    Contact {
        name: one.name.clone().filter(|_| name(one) != name(other)),
        titles: left(&one.titles, &other.titles),
        organizations: if differs { one.organizations.clone() } else { Vec::new() },
        departments: if differs { one.departments.clone() } else { Vec::new() },
        phones: left(&one.phones, &other.phones),
        emails: left(&one.emails, &other.emails),
        links: left(&one.links, &other.links),
        profiles: left(&one.profiles, &other.profiles),
        addresses: left(&one.addresses, &other.addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::{change, holds, read};
    use crate::contact::{Contact, Found, Origin};

    const CARD: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Anna Müller\r\n\
        ORG:Exempla GmbH\r\nNOTE:of a colleague\r\nEND:VCARD\r\n";

    /// What the lines of employers say, without their parameters.
    fn orgs(card: &str) -> Vec<&str> {
        let lines = card.lines().filter(|line| line.starts_with("ORG"));
        lines.filter_map(|line| line.split_once(':')).map(|(_, value)| value).collect()
    }

    fn values(contact: &Contact) -> (Vec<&str>, Vec<&str>) {
        let organizations = contact.organizations.iter().map(|found| found.value.as_str());
        let departments = contact.departments.iter().map(|found| found.value.as_str());
        (organizations.collect(), departments.collect())
    }

    #[test]
    fn a_department_comes_into_the_employers_line_and_goes_without_the_employer() {
        let before = read(CARD, "DE").unwrap();
        let mut after = before.clone();
        after.departments.push(Found::new("Einkauf".into(), 0.9, Origin::Layout));

        let accepted = change(CARD, &before, &after, "DE").unwrap();
        assert_eq!(orgs(&accepted), ["Exempla GmbH;Einkauf"], "{accepted}");
        let there = read(&accepted, "DE").unwrap();
        assert_eq!(values(&there), (vec!["Exempla GmbH"], vec!["Einkauf"]));
        assert!(holds(&there, &before, &after));
        assert!(!holds(&there, &after, &before));

        let undone = change(&accepted, &after, &before, "DE").unwrap();
        assert_eq!(orgs(&undone), ["Exempla GmbH"], "{undone}");
        assert!(undone.contains("NOTE:of a colleague"), "{undone}");
        let there = read(&undone, "DE").unwrap();
        assert_eq!(there, before);
        assert!(holds(&there, &after, &before));
        assert!(!holds(&there, &before, &after));
    }

    #[test]
    fn a_number_is_of_the_country_of_its_card_also_when_it_goes() {
        let home = "ADR:;;Ring 1;Wien;;1010;Austria\r\nTEL;TYPE=CELL:0664 1234567\r\nNOTE:";
        let card = CARD.replace("NOTE:", home);
        let before = read(&card, "DE").unwrap();
        assert_eq!(before.phones[0].value.number(), "+436641234567");
        let after = Contact { phones: Vec::new(), ..before.clone() };
        let without = change(&card, &before, &after, "DE").unwrap();
        assert!(!without.contains("TEL"), "{without}");
        let again = change(&card, &after, &before, "DE").unwrap();
        assert_eq!(again.matches("TEL").count(), 1, "{again}");
    }

    #[test]
    fn a_number_that_was_typed_before_the_card_had_a_country_stays_when_ours_goes() {
        let card = CARD.replace("NOTE:", "TEL;TYPE=CELL:0664 1234567\r\nNOTE:");
        let before = read(&card, "DE").unwrap();
        let home = "ADR:;;Ring 1;Wien;;1010;Austria\r\nTEL;TYPE=CELL:+43 664 1234567\r\nNOTE:";
        let signed = read(&CARD.replace("NOTE:", home), "DE").unwrap();
        let mut after = before.clone();
        (after.addresses, after.phones) =
            (signed.addresses, [before.phones.clone(), signed.phones].concat());
        let accepted = change(&card, &before, &after, "DE").unwrap();
        assert_eq!(accepted.matches("TEL").count(), 2, "{accepted}");
        let undone = change(&accepted, &after, &before, "DE").unwrap();
        assert!(undone.contains("0664 1234567") && undone.matches("TEL").count() == 1, "{undone}");
        assert!(!undone.contains("ADR"), "{undone}");
    }

    #[test]
    fn an_employer_that_a_colleague_added_meanwhile_stays() {
        let before = read(CARD, "DE").unwrap();
        let mut after = before.clone();
        after.departments.push(Found::new("Einkauf".into(), 0.9, Origin::Layout));
        let accepted = change(CARD, &before, &after, "DE").unwrap();
        let meanwhile = accepted.replace("NOTE:", "ORG:Probe AG\r\nNOTE:");
        let undone = change(&meanwhile, &after, &before, "DE").unwrap();
        let mut left = orgs(&undone);
        left.sort_unstable();
        assert_eq!(left, ["Exempla GmbH", "Probe AG"], "{undone}");
    }
}

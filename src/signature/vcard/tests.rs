//! Stories of cards that come with a message.

use super::super::{Extraction, Hints, extract, plausible};
use crate::contact::{EmailAddress, Origin, PhoneKind};
use crate::mail::{Author, Line, Reading};

/// A message of Anna Müller with these lines and cards.
fn message(lines: &[&str], cards: &[&str]) -> Reading {
    Reading {
        author: Author {
            name: Some("Anna Müller".into()),
            address: EmailAddress::parse("anna@mueller.example"),
        },
        lines: lines.iter().map(|line| Line::of(*line)).collect(),
        vcards: cards.iter().map(|card| card.replace('\n', "\r\n")).collect(),
    }
}

fn read(lines: &[&str], cards: &[&str]) -> Extraction {
    extract(&message(lines, cards), &Hints::default())
}

const OWN: &str = include_str!("../../../fixtures/vcards/own.vcf");
const BLOCK: [&str; 6] = [
    "Viele Grüße",
    "Anna Müller",
    "Prokuristin",
    "Müller Antriebstechnik GmbH",
    "97070 Würzburg",
    "Tel. +49 931 123456",
];

#[test]
fn the_authors_card_gives_what_the_lines_lack() {
    let contact = read(&BLOCK, &[OWN]).contact;
    let name = contact.name.expect("a name").value;
    assert_eq!((name.full.as_str(), name.prefix.as_deref()), ("Anna Müller", Some("Dr.")));
    assert_eq!(contact.titles[0].value, "Prokuristin", "the line is newer than the card");
    assert_eq!(contact.departments[0].value, "Vertrieb Süd");
    assert_eq!(contact.departments[0].origin, Origin::Vcard);
    let phones: Vec<_> = contact.phones.iter().map(|phone| phone.value.number()).collect();
    assert_eq!(phones, ["+49931123456", "+491701234567"], "and none of her home");
    let address = &contact.addresses[0].value;
    assert_eq!(address.street.as_deref(), Some("Industriestraße 12"));
    assert_eq!(address.city.as_deref(), Some("Würzburg"));
}

#[test]
fn what_lines_and_card_say_alike_is_surer() {
    let (alone, both) = (read(&BLOCK, &[]), read(&BLOCK, &[OWN]));
    let pairs = [
        (&alone.contact.organizations[0].confidence, &both.contact.organizations[0].confidence),
        (&alone.contact.phones[0].confidence, &both.contact.phones[0].confidence),
    ];
    for (before, after) in pairs {
        assert!(after.get() > before.get(), "{before:?} {after:?}");
    }
    assert_eq!(alone.contact.titles[0].confidence, both.contact.titles[0].confidence);
    assert_ne!(both.contact.phones[0].origin, Origin::Vcard);
}

#[test]
fn a_card_alone_is_worth_a_suggestion() {
    let reading = message(&["Anbei meine Karte."], &[OWN]);
    let extraction = extract(&reading, &Hints::default());
    assert!(plausible(&reading, &extraction).is_ok());
    assert_eq!(extraction.contact.organizations[0].value, "Müller Antriebstechnik GmbH");
    assert_eq!(extraction.contact.phones[1].value.kind, PhoneKind::Mobile);
}

#[test]
fn cards_of_others_groups_and_companies_give_nothing() {
    let without = read(&BLOCK, &[]).contact;
    let other = OWN.replace("anna@mueller.example", "bo@other.example");
    let other =
        other.replace("Anna", "Bo").replace("Müller;", "Larsen;").replace("Bo Müller", "Bo Larsen");
    let chief = OWN.replace(";Anna;", ";Karl;").replace("Müller;Karl", "Bauer;Karl");
    let chief = chief.replace("FN:Dr. Anna Müller", "FN:Karl Bauer");
    let group = OWN.replace("VERSION:4.0", "VERSION:4.0\nKIND:group");
    let apple = OWN.replace("VERSION:4.0", "VERSION:3.0\nX-ADDRESSBOOKSERVER-KIND:group");
    let company = OWN.replace("VERSION:4.0", "VERSION:4.0\nKIND:org");
    for card in [other, chief, group, apple, company] {
        assert_eq!(read(&BLOCK, &[&card]).contact, without, "{card}");
    }
}

#[test]
fn the_authors_card_is_known_by_name_where_the_address_is_another_of_the_company() {
    let other = OWN.replace("anna@mueller.example", "anna.mueller@mueller.example");
    assert_eq!(read(&BLOCK, &[&other]).contact.departments.len(), 1);
    let private = OWN.replace("anna@mueller.example", "anna@elsewhere.example");
    assert!(read(&BLOCK, &[&private]).contact.departments.is_empty());
    let second = format!("{}{OWN}", OWN.replace("anna@", "bo@").replace("Anna", "Bo"));
    assert_eq!(read(&BLOCK, &[&second]).contact.departments.len(), 1);
}

#[test]
fn old_cards_of_outlook_are_read() {
    let card = include_str!("../../../fixtures/vcards/outlook-2.1.vcf");
    let contact = read(&["Hallo,", "anbei."], &[card]).contact;
    assert_eq!(contact.name.expect("a name").value.family.as_deref(), Some("Müller"));
    assert_eq!(contact.titles[0].value, "Geschäftsführerin");
    assert_eq!(contact.organizations[0].value, "Müller Antriebstechnik GmbH");
    let phones: Vec<_> =
        contact.phones.iter().map(|phone| (phone.value.kind, phone.value.number())).collect();
    assert!(phones.contains(&(PhoneKind::Fax, "+49931123499")), "{phones:?}");
    assert_eq!(contact.addresses[0].value.street.as_deref(), Some("Industriestraße 12"));
    assert_eq!(contact.addresses[0].value.country.as_deref(), Some("DE"));
}

#[test]
fn hostile_cards_are_cut_or_left() {
    let without = read(&BLOCK, &[]).contact;
    let book = OWN.replace("END:VCARD", &format!("{}END:VCARD", "TEL:+49931123\n".repeat(600)));
    assert_eq!(read(&BLOCK, &[&book]).contact, without);
    let many: Vec<String> = (0..90).map(|at| format!("TEL:+4993112345{at:02}\n")).collect();
    let many = OWN.replace("END:VCARD", &format!("{}END:VCARD", many.concat()));
    assert!(read(&BLOCK, &[&many]).contact.phones.len() <= 7);
    let lure = OWN.replace("Vertrieb Süd", "Win now https://evil.example/x");
    assert!(read(&BLOCK, &[&lure]).contact.departments.is_empty());
    let long = OWN.replace("Vertrieb Süd", &"x".repeat(100_000));
    assert!(read(&BLOCK, &[&long]).contact.departments.is_empty());
    for broken in [
        "",
        "BEGIN:VCARD",
        "BEGIN:VCARD\nEND:VCARD",
        "BEGIN:VCARD\nN:;;;\nTEL\n:::;;;=\"",
        &"BEGIN:VCARD\n".repeat(400),
    ] {
        assert_eq!(read(&BLOCK, &[broken]).contact, without, "{broken}");
    }
}

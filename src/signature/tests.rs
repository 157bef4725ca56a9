//! Invented messages in many languages with the Card that is expected of each.

mod annotated;
mod hostile;

use super::{Extraction, Hints, extract, plausible};
use crate::contact::card::to_card;
use crate::mail::{Author, Limits, Line, Reading, read};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Every `fixtures/signatures/*.eml` gives the Card in the `.json` beside it, `null` where nothing
/// may be suggested. What was given instead is left in `.actual.json`.
#[test]
fn signatures_give_the_expected_cards() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/signatures");
    let mut seen = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder of signatures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "eml") {
            continue;
        }
        seen += 1;
        let raw = fs::read(&path).expect("a message");
        let reading = read(&raw, &Limits::default()).expect("a readable message");
        let extraction = extract(&reading, &Hints::default());
        let card = match plausible(&reading, &extraction) {
            Ok(()) => to_card(&extraction.contact),
            Err(_) => Value::Null,
        };
        let expected: Value = fs::read_to_string(path.with_extension("json"))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_else(|| Value::from("no expectation"));
        if card != expected {
            let actual = format!("{card:#}\n");
            fs::write(path.with_extension("actual.json"), actual).expect("a place for it");
            wrong.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    assert!(seen >= 30, "only {seen} messages were found");
    assert!(wrong.is_empty(), "other Cards than expected, see *.actual.json: {wrong:?}");
}

fn reading(lines: &[String]) -> Reading {
    Reading {
        author: Author { name: Some("Anna Müller".into()), address: None },
        lines: lines.iter().map(Line::of).collect(),
        vcards: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_lines_are_read_without_a_fault(lines in prop::collection::vec("\\PC{0,60}", 0..30)) {
        extract(&reading(&lines), &Hints::default());
    }

    #[test]
    fn what_looks_like_a_signature_is_read_without_a_fault(
        lines in prop::collection::vec("(Tel|Fax|Anna Müller|GmbH|\\+49|0|1|2|/|-| |\\(|\\)|,|@|\\.|www|de){0,30}", 0..20)
    ) {
        extract(&reading(&lines), &Hints::default());
    }
}

#[test]
fn a_long_message_takes_no_longer_than_its_lines() {
    let line = "Tel. +49 931 123456 / 12 - 34, Anna Müller | Leiterin Vertrieb | GmbH".to_owned();
    let long: Vec<String> = vec![line; 3_000];
    let Extraction { contact, .. } = extract(&reading(&long), &Hints::default());
    assert!(contact.phones.len() < 10);
}

#[test]
fn a_state_before_its_zip_code_is_a_region() {
    let place = |street: &str, place: &str| {
        let lines = [
            "Best regards",
            "Anna Müller",
            "Sales Manager",
            "Muster Inc.",
            street,
            place,
            "www.muster.example",
        ];
        let lines = lines.map(str::to_owned);
        let Extraction { contact, .. } = extract(&reading(&lines), &Hints::default());
        let address = contact.addresses.into_iter().next().expect("an address").value;
        (address.region.unwrap_or_default(), address.country.unwrap_or_default())
    };
    let told = |region: &str, country: &str| (region.to_owned(), country.to_owned());
    assert_eq!(place("12 Harbor Street", "Boston, MA 02118"), told("MA", "US"));
    assert_eq!(place("12 Market Street", "Wilmington, DE 19801"), told("DE", "US"));
}

/// What is suggested of a message from this author with these lines.
fn read_from(
    name: &str,
    address: &str,
    lines: &[&str],
) -> Result<Extraction, crate::mail::Skipped> {
    let author = Author {
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        address: crate::contact::EmailAddress::parse(address),
    };
    let lines = lines.iter().map(|line| Line::of(*line)).collect();
    let reading = Reading { author, lines, vcards: Vec::new() };
    let extraction = extract(&reading, &Hints::default());
    plausible(&reading, &extraction).map(|()| extraction)
}

#[test]
fn digits_in_one_run_are_dialled_where_the_author_sits() {
    let found = read_from(
        "Marie Dupont",
        "m.dupont@atelier.fr",
        &["Cordialement", "Marie Dupont", "Atelier SARL", "Tel: 0478123456", "0612345678"],
    );
    let phones = found.expect("a contact").contact.phones;
    let phones: Vec<_> = phones.iter().map(|phone| phone.value.number()).collect();
    assert_eq!(phones, ["+33478123456", "+33612345678"]);
}

#[test]
fn initials_and_nicknames_are_completed_by_what_stands_elsewhere() {
    let name = |name: &str, address: &str, signed: &str| {
        let lines = ["Groet,", signed, "Hollander Precision BV", "Tel. 078 691 0844"];
        let found = read_from(name, address, &lines).expect("a contact");
        found.contact.name.expect("a name").value
    };
    let jeroen = name("", "jeroen.kortenhorst@frigo.nl", "J.P.M. Kortenhorst");
    assert_eq!(jeroen.family.as_deref(), Some("Kortenhorst"));
    let chip = name("Chip Hollander", "chip@precision.nl", "Charles R. Hollander III");
    assert_eq!((chip.full.as_str(), chip.suffix.as_deref()), ("Charles R. Hollander", Some("III")));
    let led = name("Degli Esposti Maria Vittoria", "mv@studio.it", "Maria Vittoria Degli Esposti");
    assert_eq!(led.family.as_deref(), Some("Degli Esposti"));
}

#[test]
fn the_chiefs_signature_below_an_assistants_words_is_not_the_assistants() {
    let lines = [
        "Best wishes",
        "Kemi",
        "",
        "Gareth Pryce",
        "Consultant Orthopaedic Surgeon",
        "Pryce Knee Clinic",
        "Tel +44 29 2018 4460",
        "gareth.pryce@pryceknee.co.uk",
    ];
    let found = read_from("Kemi Oyelaran", "kemi.oyelaran@pryceknee.co.uk", &lines);
    let skipped = found.expect_err("nothing to suggest");
    assert_eq!(skipped.reason, crate::mail::Reason::OtherPerson);
}

#[test]
fn a_card_on_one_line_is_read() {
    let line = "Petra Lang, Bauleiterin, Lang Bau GmbH, Industriestr. 5, 97070 Würzburg, 0931/123456, www.lang-bau.de";
    let found = read_from("Petra Lang", "lang@lang-bau.de", &["Viele Grüße", "", line]);
    let contact = found.expect("a contact").contact;
    assert_eq!(contact.titles[0].value, "Bauleiterin");
    assert_eq!(contact.addresses[0].value.city.as_deref(), Some("Würzburg"));
    assert_eq!(contact.phones[0].value.number(), "+49931123456");
}

#[test]
fn labels_in_disguise_are_read_and_addresses_in_disguise_are_refused() {
    let lines = [
        "Viele Grüße",
        "Petra Lang",
        "Lang Bau GmbH",
        "\u{422}\u{435}l. 0931 123456", // Cyrillic Т and е
        "F\u{430}x 0931 123499",
        "petra.lang@l\u{430}ng-bau.de",
    ];
    let contact = read_from("Petra Lang", "lang@lang-bau.de", &lines).expect("a contact").contact;
    assert_eq!(contact.phones.len(), 2);
    assert_eq!(contact.phones[1].value.kind, crate::contact::PhoneKind::Fax);
    assert_eq!(contact.emails.len(), 1, "only that of `From`");
}

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

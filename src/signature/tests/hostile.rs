//! Readings made to be slow: twice as much takes about twice as long.

use crate::contact::EmailAddress;
use crate::mail::{Author, Limits, Line, Reading};
use crate::signature::{Hints, extract, plausible};
use std::time::{Duration, Instant};

/// What is repeated on one line, or on lines of its own where it ends with one.
const PATTERNS: &[&str] = &[
    "C. ",
    "C/",
    ",",
    "@",
    "a@",
    "(",
    "+",
    "1",
    "1 ",
    "x 123456 ",
    "+49 931 123456 / ",
    "Anna Muster ",
    "www.muster.example ",
    "部長",
    "\n",
    "C. C. C. C.\n",
    "Anna Muster GmbH\n",
    "Tel. +49 931 123456 / 12 - 34, Anna Muster | Leiterin Vertrieb | GmbH\n",
    "Assistant: Bo Other\n",
    "Mit freundlichen Grüßen\n",
];

/// A debug build on a busy machine reads the largest text within this.
const PATIENCE: Duration = Duration::from_secs(8);
/// Shorter times say nothing about growth.
const MEASURABLE: Duration = Duration::from_millis(40);

fn reading(pattern: &str, bytes: usize) -> Reading {
    let text = pattern.repeat(bytes / pattern.len());
    let mut lines = vec![Line::of("Kind regards"), Line::of("Anna Muster")];
    lines.extend(text.split('\n').map(|text| Line { marked: true, ..Line::of(text) }));
    Reading { author: author(), lines, vcards: Vec::new() }
}

fn author() -> Author {
    let address = EmailAddress::parse("anna.muster@muster.example");
    Author { name: Some("Anna Muster".into()), address }
}

fn time(reading: &Reading) -> Duration {
    let start = Instant::now();
    let extraction = extract(reading, &Hints::default());
    drop(plausible(reading, &extraction));
    start.elapsed()
}

/// Both are measured in turns, so that a busy moment falls on both; the quickest run counts.
fn assert_linear(what: &str, half: &Reading, whole: &Reading) {
    let mut quickest = (Duration::MAX, Duration::MAX);
    for _ in 0..4 {
        quickest = (quickest.0.min(time(half)), quickest.1.min(time(whole)));
        if quickest.1 < MEASURABLE || quickest.1 < quickest.0 * 3 {
            break;
        }
    }
    let (half, whole) = quickest;
    assert!(whole < PATIENCE, "{what:?} takes {whole:?}");
    assert!(whole < MEASURABLE.max(half * 3), "{what:?}: {half:?}, twice as much {whole:?}");
}

#[test]
fn hostile_lines_take_time_by_their_length() {
    let most = Limits::default().text_bytes;
    time(&reading("Anna", 100));
    for pattern in PATTERNS {
        assert_linear(pattern, &reading(pattern, most / 2), &reading(pattern, most));
        // As much on lines that are as long as may be looked at.
        let long = format!("{}\n", pattern.trim_end_matches('\n').repeat(390 / pattern.len()));
        assert_linear(&long, &reading(&long, most / 2), &reading(&long, most));
    }
}

#[test]
fn cards_of_a_whole_address_book_take_time_by_their_length() {
    let limits = Limits::default();
    let book = |bytes: usize| {
        let phones: Vec<String> =
            (0..bytes / 21).map(|n| format!("TEL:+49 931 {n:07}\r\n")).collect();
        let phones = phones.concat();
        let card = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Muster\r\nEMAIL:anna.muster@muster.example\r\n{phones}END:VCARD\r\n"
        );
        Reading { author: author(), lines: Vec::new(), vcards: vec![card; limits.vcards] }
    };
    assert_linear("vCards", &book(4_000), &book(8_000));
    assert_linear("vCards", &book(limits.vcard_bytes / 2), &book(limits.vcard_bytes - 200));
}

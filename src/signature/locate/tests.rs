//! Invented messages with the lines that sign each of them.

use super::{MAX_LINES, locate};
use crate::contact::EmailAddress;
use crate::mail::{Author, Limits, Line, read};
use crate::signature::sender::Sender;
use crate::signature::taken::Taken;
use crate::signature::{Hints, extract};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    why: String,
    from: String,
    text: String,
    signature: String,
}

/// The lines of a text on which something stands, white space folded.
fn told(text: &str) -> Vec<String> {
    let folded = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(folded).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_lines_that_sign_are_found_and_no_other() {
    let file = include_str!("../../../fixtures/located/cases.toml");
    let cases: Cases = toml::from_str(file).expect("cases");
    assert!(cases.case.len() >= 25);
    let mut wrong = Vec::new();
    for Case { why, from, text, signature } in cases.case {
        let raw = format!("From: {from}\nContent-Type: text/plain; charset=utf-8\n\n{text}");
        let reading = read(raw.as_bytes(), &Limits::default()).expect("a readable message");
        let block = extract(&reading, &Hints::default()).block.unwrap_or_default();
        if told(&block) != told(&signature) {
            wrong.push(format!("{why}: {:?}", told(&block)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn sender() -> Sender {
    let address = EmailAddress::parse("dana.gruber@muster.example");
    Sender::of(&Author { name: Some("Dana Gruber".into()), address }, &[])
}

#[test]
fn a_message_of_too_many_lines_loses_its_middle_and_not_its_signature() {
    let text = Line::of("and then we went on with what we had to do for the report of the year");
    let signature = ["Kind regards", "Dana Gruber", "Sales Manager", "Tel. +49 931 123456"];
    for (above, below) in [(MAX_LINES * 2, 0), (10, MAX_LINES * 2)] {
        let mut lines = vec![text.clone(); above];
        lines.extend(signature.map(Line::of));
        lines.extend(vec![Line::of(""); below]);
        assert_eq!(
            locate(&Taken::all(&lines), &sender(), "muster.example"),
            Some(above + 1..above + 4)
        );
    }
}

#[test]
fn no_run_goes_over_the_gap_in_a_message_of_too_many_lines() {
    let mut lines = vec![Line::of(""); MAX_LINES * 2];
    let half = MAX_LINES / 2;
    lines[half - 2] = Line::of("Kind regards");
    lines[half - 1] = Line::of("Dana Gruber");
    lines[MAX_LINES * 2 - half] = Line::of("Sales Manager");
    assert_eq!(locate(&Taken::all(&lines), &sender(), "muster.example"), Some(half - 1..half));
}

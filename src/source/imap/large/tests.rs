//! What is fetched of a large message: it reads as the message does, within bounds.

use super::*;
use crate::mail::{self, Limits, Policy, Reason};

fn leaf(kind: &str, subtype: &str, more: &str, bytes: usize) -> String {
    format!("(\"{kind}\" \"{subtype}\" (\"charset\" \"utf-8\" {more}) NIL NIL \"8bit\" {bytes})")
}

const HEAD_OF_MIXED: &str = "From: Nora <nora@customer.example>\r\nContent-Type: multipart/mixed;\r\n \
                             boundary=b\r\nSubject: Hi\r\n\r\n";

#[test]
fn what_was_fetched_reads_as_the_message() {
    let (plain, html) = (leaf("TEXT", "PLAIN", "", 9), leaf("TEXT", "HTML", "", 900_000));
    let pdf = leaf("APPLICATION", "PDF", "\"name\" \"a.pdf\"", 30_000_000);
    let (note, card) =
        (leaf("TEXT", "PLAIN", "\"name\" \"a.txt\"", 9), leaf("TEXT", "VCARD", "", 99));
    let structure = format!("(({plain}{html} \"ALTERNATIVE\"){pdf}{plain}{note}{card} \"MIXED\")");
    let message = Part::parse(structure.as_bytes()).unwrap();
    let wanted: Vec<&str> = wanted(&message).iter().map(|part| part.section.as_str()).collect();
    assert_eq!(wanted, ["1.1", "3", "5"], "no attachment, no HTML beyond the limit");
    let sections = [("1.1", "Gr\u{fc}\u{df}e"), ("3", "Nora Brandt"), ("5", "BEGIN:VCARD")];
    let sections = sections.map(|(place, text)| (place.to_owned(), text.as_bytes().to_vec()));
    let whole = put_together(HEAD_OF_MIXED.as_bytes(), &message, &sections.into());
    let reading = mail::read(&whole, &Limits::default()).unwrap();
    let lines: Vec<String> = reading.lines.iter().map(|line| line.text().into_owned()).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|l| !l.is_empty()).collect();
    assert_eq!(lines, ["Gr\u{fc}\u{df}e", "Nora Brandt"]);
    assert_eq!(reading.vcards.iter().map(|card| card.trim()).collect::<Vec<_>>(), ["BEGIN:VCARD"]);
    assert_eq!(reading.author.name.as_deref(), Some("Nora"));
}

#[test]
fn by_its_head_it_is_known_again_whatever_was_fetched_of_it() {
    let message = Part::parse(leaf("TEXT", "HTML", "", 900_000).as_bytes()).unwrap();
    let head = format!("Received: from mx.example; 1\r\n{HEAD_OF_MIXED}");
    let whole = |text: &str| {
        let sections = BTreeMap::from([("1".to_owned(), text.as_bytes().to_vec())]);
        mail::message_key_parts(&put_together(head.as_bytes(), &message, &sections))
    };
    assert_eq!(whole("<p>Nora</p>"), mail::message_key_parts(head.as_bytes()));
    assert_eq!(whole("<p>Nora</p>"), whole(""));
}

#[test]
fn a_message_of_one_part_and_an_invitation_are_what_they_were() {
    let alone = Part::parse(leaf("TEXT", "HTML", "", 900_000).as_bytes()).unwrap();
    assert_eq!(wanted(&alone).len(), 1);
    let sections = BTreeMap::from([("1".to_owned(), b"<p>Nora</p>".to_vec())]);
    let head = HEAD_OF_MIXED.replace("multipart/mixed;", "text/html;");
    let whole = put_together(head.as_bytes(), &alone, &sections);
    assert_eq!(mail::read(&whole, &Limits::default()).unwrap().lines[0].text(), "Nora");

    let call = leaf("TEXT", "CALENDAR", "\"method\" \"REQUEST\"", 99);
    let structure = format!("({}{call} \"ALTERNATIVE\")", leaf("TEXT", "PLAIN", "", 9));
    let message = Part::parse(structure.as_bytes()).unwrap();
    let whole = put_together(HEAD_OF_MIXED.as_bytes(), &message, &BTreeMap::new());
    let skipped = mail::screen(&whole, &Policy::default()).unwrap_err();
    assert_eq!(skipped.reason, Reason::Automatic);
}

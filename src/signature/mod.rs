//! A reading in, the author's contact out: pure, total and linear; no IO, no clock, no panic.
//!
//! ```text
//! Reading -> locate (which lines sign) -> atom (taken apart) -> people (whose is it)
//!         -> label (what each text holds) -> fields (values) -> Extraction
//! ```
//!
//! What differs between languages stands in data files under `languages/`, one place a language;
//! what differs between countries in `data/`.

mod atom;
mod bounds;
mod calibrate;
mod calling;
mod city;
mod context;
mod country;
mod east;
mod entity;
mod evidence;
mod fields;
mod fold;
mod joint;
mod label;
mod language;
mod locate;
mod naming;
mod narrow;
mod people;
mod phrases;
mod place;
mod plausible;
mod script;
mod sender;
mod separate;
mod taken;
#[cfg(test)]
mod tests;
mod text;
mod vcard;

pub use country::{country_code, country_named};
pub use plausible::plausible;

use crate::contact::{Confidence, Contact, EmailAddress};
use crate::mail::{Line, Reading};
use context::Context;
use fields::Block;
use language::Sense;
use sender::Sender;
use taken::Taken;

/// What was found in a reading.
#[derive(Debug, Clone, Default)]
pub struct Extraction {
    /// The lines in which the author signs, as plain text, or none.
    pub block: Option<String>,
    /// The values read from them, completed from the headers.
    pub contact: Contact,
    /// How sure it is that every value of the contact is right.
    pub confidence: Confidence,
    /// Whether the text says that nobody wrote it.
    automatic: bool,
    /// The author's names, as `From` tells them.
    sender: Sender,
}

/// What is known beside the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// The country of the mailbox's owner as ISO 3166-1 alpha-2: where national numbers are dialled
    /// when nothing in the message tells.
    pub region: Option<String>,
    /// Leave the strength of evidence as it is instead of saying how often such values are right:
    /// for fitting the table that says so.
    pub uncalibrated: bool,
}

/// Reads the author's contact.
pub fn extract(reading: &Reading, hints: &Hints) -> Extraction {
    let own_domain =
        reading.author.address.as_ref().map(EmailAddress::registrable_domain).unwrap_or_default();
    let all = narrow::narrow(&reading.lines);
    let sender = Sender::of(&reading.author, &all);
    let taken = Taken::all(&all);
    let found = locate::locate(&taken, &sender, &own_domain);
    let below = found.as_ref().and_then(|range| all.get(range.end..)).unwrap_or_default();
    let lines = found.clone().and_then(|range| all.get(range)).unwrap_or_default();
    let lines = &bounds::block(lines);
    let atoms = atom::atoms(lines, &own_domain);
    let foreign = people::foreign(&atoms, lines, &sender);
    let context =
        Context::of(&sender, &reading.author, &taken, &atoms, &foreign, hints.region.as_deref());
    let roles = label::roles(&atoms, &foreign, &context);
    let block = Block { lines, atoms: &atoms, roles: &roles, foreign: &foreign, context: &context };
    let mut contact = fields::read(&block);
    if contact.organizations.is_empty() && !lines.is_empty() {
        contact.organizations.extend(fields::employer_below(below, &sender));
    }
    if contact.profiles.is_empty() && !lines.is_empty() {
        contact.profiles = fields::profiles_below(below);
    }
    let card = vcard::own(reading, &sender, &context);
    if let Some(card) = &card {
        vcard::complete(&mut contact, card);
    }
    let confidence = if hints.uncalibrated {
        Confidence::new(calibrate::together(&contact))
    } else {
        calibrate::calibrate(&mut contact);
        if let Some(card) = &card {
            vcard::strengthen(&mut contact, card);
        }
        calibrate::whole(&contact)
    };
    let text: Vec<_> = lines.iter().map(Line::text).collect();
    let automatic = taken.iter().any(says_automatic);
    let block = (!lines.is_empty()).then(|| text.join("\n"));
    Extraction { block, contact, confidence, automatic, sender }
}

/// Whether a line that is no paragraph says that nobody wrote the message.
fn says_automatic(taken: &Taken<'_>) -> bool {
    const LONG_LINE: usize = 400;
    taken.line.cells.iter().map(|cell| cell.text.len() + 1).sum::<usize>() <= LONG_LINE
        && taken.text().senses.has(Sense::Automatic)
}

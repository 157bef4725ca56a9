//! The employer: brand and legal name as written, the legal name first.

use super::{Block, clean};
use crate::contact::{Found, Origin};
use crate::signature::label::Role;
use crate::signature::language::Sense;
use crate::signature::text::Text;

/// Most organizations a block may name.
const MOST: usize = 2;

/// How one signs for a company.
const BEHALF: &[&str] =
    &["For and on behalf of ", "for and on behalf of ", "On behalf of ", "Im Namen der "];

/// The organizations of the block.
pub(super) fn read(block: &Block<'_>) -> Vec<Found<String>> {
    let mut organizations: Vec<Found<String>> = Vec::new();
    for value in block.values(Role::Organization) {
        let text = register_off(&stars_off(&clean(&value.text)));
        let text =
            BEHALF.iter().find_map(|words| text.strip_prefix(words)).unwrap_or(&text).to_owned();
        let read = Text::of(&text);
        let legal = read.senses.has(Sense::LegalForm);
        let owned = block.context.sender.owns(&read.words);
        let confidence = match (legal, owned > 0.5) {
            (true, true) => 0.97,
            (true, false) => 0.9,
            (false, true) => 0.85,
            (false, false) => 0.6,
        };
        if !text.is_empty() && organizations.iter().all(|known| known.value != text) {
            organizations.push(Found::new(text, confidence, Origin::Layout));
        }
    }
    if organizations.is_empty()
        && let Some(employer) = &block.context.employer
    {
        organizations.push(Found::new(clean(employer), 0.7, Origin::Header));
    }
    organizations.sort_by(|a, b| {
        b.confidence.partial_cmp(&a.confidence).unwrap_or(std::cmp::Ordering::Equal)
    });
    organizations.truncate(MOST);
    if let [first, second] = organizations.as_slice()
        && first.confidence.get() > second.confidence.get() + 0.2
    {
        organizations.truncate(1);
    }
    organizations
}

/// What stands behind a legal form about a register is no name: "Muster Ltd. Registered in England".
fn register_off(text: &str) -> String {
    let read = Text::of(text);
    let form = read.hits.iter().filter(|hit| hit.means.sense == Sense::LegalForm);
    let form = form.map(|hit| hit.last).min();
    let register = read.hits.iter().find(|hit| {
        let word = read.words.get(hit.first);
        hit.means.sense == Sense::Register
            && form.is_some_and(|form| hit.first > form)
            && word.is_some_and(|word| word.folded.len() >= 3)
    });
    let end = register.and_then(|hit| read.words.get(hit.first)).map(|word| word.span.start);
    clean(end.and_then(|end| text.get(..end)).unwrap_or(text))
}

/// Hotels write their stars behind their name.
fn stars_off(text: &str) -> String {
    let words: Vec<&str> = text
        .split(' ')
        .filter(|word| !word.chars().any(|c| matches!(c, '★' | '☆' | '*')))
        .collect();
    words.join(" ")
}

//! The employer: brand and legal name as written, the legal name first.

use super::{Block, clean};
use crate::contact::{Found, Origin};
use crate::mail::Line;
use crate::signature::bounds::beginning;
use crate::signature::label::Role;
use crate::signature::language::Sense;
use crate::signature::sender::Sender;
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

/// The employer as the legal text below the block names it, where the mail domain confirms it:
/// "CONSERVAS LA BARQUERA, S.L., como responsable del tratamiento, …".
pub(in crate::signature) fn below(lines: &[Line], sender: &Sender) -> Option<Found<String>> {
    lines.iter().take(FOOTER_LINES).flat_map(|line| &line.cells).find_map(|cell| {
        let text = Text::of(beginning(&cell.text));
        let form = text.hits.iter().find(|hit| hit.means.sense == Sense::LegalForm)?;
        let first = begins(&text, form.first);
        let last = text
            .hits
            .iter()
            .filter(|hit| hit.means.sense == Sense::LegalForm && hit.first <= form.last + 1);
        let last = last.map(|hit| hit.last).max()?;
        let words = text.words.get(first..=last)?;
        let span = words.first()?.span.start..words.last()?.span.end;
        let stop = usize::from(text.raw.get(span.end..)?.starts_with('.'));
        let name = clean(text.raw.get(span.start..span.end + stop)?);
        (first < form.first && sender.owns(words) > 0.5)
            .then(|| Found::new(name, 0.8, Origin::Layout))
    })
}

/// How many lines below a block are looked at for the employer and its profiles.
pub(super) const FOOTER_LINES: usize = 12;

/// The word with which a company's name begins whose legal form is the word at `form`.
fn begins(text: &Text, form: usize) -> usize {
    const MOST_WORDS: usize = 7;
    let capital = |at: usize| {
        let word = text.words.get(at).and_then(|word| text.raw.get(word.span.start..));
        word.is_some_and(|word| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()))
    };
    let joined = |at: usize| {
        let gap = match (text.words.get(at), text.words.get(at + 1)) {
            (Some(word), Some(next)) => text.raw.get(word.span.end..next.span.start),
            _ => None,
        };
        let signs = |c: char| c.is_whitespace() || matches!(c, '&' | '-' | '+' | '\'' | '’');
        gap.is_some_and(|gap| gap.chars().all(signs) || at + 1 == form && gap.trim() == ",")
    };
    let mut begins = form;
    let mut at = form;
    while let Some(before) = at.checked_sub(1).filter(|at| form - at <= MOST_WORDS && joined(*at)) {
        let short = text.words.get(before).is_some_and(|word| word.folded.chars().count() <= 3);
        if capital(before) {
            begins = before;
        } else if !short {
            break;
        }
        at = before;
    }
    begins
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

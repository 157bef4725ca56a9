//! Which atoms are about somebody else: assistants, managing directors, the secretariat.

use super::atom::{Atom, Kind};
use super::language::{Sense, Senses};
use super::sender::Sender;
use super::text::Text;
use crate::mail::Line;

/// A column of values below a heading.
#[derive(Debug, Clone, Copy)]
struct Column {
    cell: usize,
    heading: usize,
    last: usize,
}

/// For every atom, whether it belongs to another person.
pub(super) fn foreign(atoms: &[Atom], lines: &[Line], sender: &Sender) -> Vec<bool> {
    let mut foreign = vec![false; atoms.len()];
    // Where a heading without a value opened a column of somebody else's values.
    let mut column: Option<Column> = None;
    let mut active: Option<(usize, usize)> = None;
    let beside = beside(lines, sender);
    for (at, atom) in atoms.iter().enumerate() {
        let here = (atom.line, atom.cell);
        if active.is_some_and(|active| active != here) {
            active = None;
        }
        if column.is_some_and(|column| atom.line > column.last + 1) {
            column = None;
        }
        if let Kind::Text(text) | Kind::Label(text) = &atom.kind {
            let cell = lines.get(atom.line).and_then(|line| line.cells.get(atom.cell));
            let after = cell.and_then(|cell| cell.text.get(atom.span.end..)).unwrap_or_default();
            if introduces(text, after, sender) {
                active = Some(here);
                let alone = atoms.get(at + 1).is_none_or(|next| (next.line, next.cell) != here);
                if alone && text.words.len() <= 3 && text.raw.trim_end().ends_with(':') {
                    column = Some(Column { cell: atom.cell, heading: atom.line, last: atom.line });
                }
            } else if sender.recognises(&text.words) >= 0.9 {
                active = None;
                column = None;
            }
        }
        let in_column =
            column.is_some_and(|column| atom.cell == column.cell && atom.line > column.heading);
        if in_column && let Some(column) = &mut column {
            column.last = atom.line;
        }
        let of_other = beside.is_some_and(|beside| beside.holds(atom, lines));
        if (active.is_some() || in_column || of_other)
            && let Some(slot) = foreign.get_mut(at)
        {
            *slot = true;
        }
    }
    foreign
}

/// Somebody who signs beside the author: the line of both names and the cell of the author's.
#[derive(Debug, Clone, Copy)]
struct Beside {
    line: usize,
    own: usize,
    last: usize,
}

impl Beside {
    /// Whether an atom stands in the other's column.
    fn holds(&self, atom: &Atom, lines: &[Line]) -> bool {
        let columns = lines.get(atom.line).map_or(0, |line| line.cells.len());
        (self.line..=self.last).contains(&atom.line) && columns == 2 && atom.cell != self.own
    }
}

/// Two names side by side, as where two have to sign: "ppa. Karl Bauer    i. V. Monika Stein".
fn beside(lines: &[Line], sender: &Sender) -> Option<Beside> {
    let (line, own) = lines.iter().enumerate().find_map(|(at, line)| {
        let [left, right] = line.cells.as_slice() else { return None };
        let own = |text: &str| sender.recognises(&Text::of(text).words) >= 0.8;
        match (own(&left.text), own(&right.text)) {
            (true, false) if signs(&right.text) => Some((at, 0)),
            (false, true) if signs(&left.text) => Some((at, 1)),
            _ => None,
        }
    })?;
    let below = lines.get(line..).unwrap_or_default();
    let height = below.iter().take_while(|line| line.cells.len() == 2).count();
    Some(Beside { line, own, last: line + height.saturating_sub(1) })
}

/// Whether a text is a person's name: two to four capitalised words that mean nothing else.
pub(super) fn signs(text: &str) -> bool {
    let name = super::naming::bare(text);
    let text = Text::of(&name);
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    (2..=4).contains(&text.words.len())
        && !name.chars().any(|c| c.is_ascii_digit() || matches!(c, '@' | ':' | '&' | '/'))
        && name.split_whitespace().all(capital)
        && [Sense::Title, Sense::Department, Sense::Organization, Sense::LegalForm, Sense::Street]
            .into_iter()
            .all(|sense| !text.senses.has(sense))
}

/// Letters of a word that can only introduce somebody else.
const LONG: usize = 10;

/// Whether a text introduces somebody else: "Assistant: …", "Sekretariat: …", "in Bürogemeinschaft
/// mit …".
fn introduces(text: &Text, behind: &str, sender: &Sender) -> bool {
    let longest = text
        .hits
        .iter()
        .filter(|hit| hit.first == 0 && hit.means.sense == Sense::OtherPerson)
        .max_by_key(|hit| hit.last);
    let Some(hit) = longest else { return names_other(text, sender) };
    let Some(last) = text.words.get(hit.last) else { return false };
    let after = format!("{}{behind}", text.raw.get(last.span.end..).unwrap_or_default());
    let colon = after.chars().take(26).any(|c| matches!(c, ':' | '：'));
    let also = |sense| text.hits.iter().any(|other| other.first == 0 && other.means.sense == sense);
    let only = hit.last > 0
        && !also(Sense::Title)
        && !also(Sense::Department)
        && !also(Sense::Organization);
    // "secretariaat 051 25 51 10 (Ann Declercq)"
    let dialled = hit.last + 1 == text.words.len()
        && last.folded.len() >= LONG
        && after.trim_start().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '('));
    (colon || only || dialled) && sender.recognises(&text.words) < 0.9
}

/// "Consultant: P. J. Hehir", "Comptabilité clients : Ludivine Pirard": a title or unit, a colon and a name that is not the author's.
fn names_other(text: &Text, sender: &Sender) -> bool {
    let Some((front, back)) = text.raw.split_once(':') else { return false };
    let front = Text::of(front);
    let role = front.senses.has(Sense::Title) || front.senses.has(Sense::Department);
    if !role || front.words.len() > 3 {
        return false;
    }
    let back = Text::of(back);
    let person = (2..=4).contains(&back.words.len())
        && back.senses == Senses::default()
        && back
            .raw
            .split_whitespace()
            .all(|word| word.chars().next().is_some_and(char::is_uppercase));
    person && sender.recognises(&back.words) < 0.4
}

//! Job titles, as written; several on one line are one.

use super::{Block, clean};
use crate::contact::{Found, Origin};
use crate::signature::atom::Kind;
use crate::signature::label::Role;
use crate::signature::language::Sense;

/// The titles of the block.
pub(super) fn read(block: &Block<'_>) -> Vec<Found<String>> {
    let mut titles: Vec<Found<String>> = Vec::new();
    for value in block.values(Role::Title) {
        // "Director - Exports", "Account Executive, Mid-Market": with a comma or dash a unit behind
        // the title belongs to it.
        let mut end = value.atoms.end;
        while block.same_cell(end - 1, end)
            && block.roles.get(end) == Some(&Role::Department)
            && block.atoms.get(end).is_some_and(|atom| !atom.apart)
        {
            end += 1;
        }
        let text = clean(&block.text(value.atoms.start..end));
        let named =
            block.atoms.get(value.atoms.clone()).unwrap_or_default().iter().any(
                |atom| matches!(&atom.kind, Kind::Text(text) if text.senses.has(Sense::Title)),
            );
        if !text.is_empty() && titles.iter().all(|known| known.value != text) {
            titles.push(Found::new(text, if named { 0.9 } else { 0.6 }, Origin::Layout));
        }
    }
    titles
}

//! Units and teams that are written apart from the title.

use super::{Block, clean};
use crate::contact::{Found, Origin};
use crate::signature::atom::Kind;
use crate::signature::label::Role;
use crate::signature::language::Sense;

/// The departments of the block.
pub(super) fn read(block: &Block<'_>) -> Vec<Found<String>> {
    let mut departments: Vec<Found<String>> = Vec::new();
    for value in block.values(Role::Department) {
        let first = value.atoms.start;
        let of_title = first.checked_sub(1).is_some_and(|before| {
            block.roles.get(before) == Some(&Role::Title)
                && block.same_cell(before, first)
                && block.atoms.get(first).is_some_and(|atom| !atom.apart)
        });
        let text = clean(&value.text);
        if of_title || text.is_empty() || departments.iter().any(|known| known.value == text) {
            continue;
        }
        let named = block.atoms.get(value.atoms.clone()).unwrap_or_default().iter().any(
            |atom| matches!(&atom.kind, Kind::Text(text) if text.senses.has(Sense::Department)),
        );
        departments.push(Found::new(text, if named { 0.8 } else { 0.5 }, Origin::Layout));
    }
    departments
}

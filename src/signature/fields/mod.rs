//! The values of a contact, one file a field. Every field reads the block's atoms with their
//! roles and answers with values that carry their confidence and origin.

mod address;
mod department;
mod email;
pub(super) mod link;
mod name;
mod number;
mod organization;
mod phone;
mod title;

pub(super) use link::below as profiles_below;
pub(super) use organization::below as employer_below;

use super::atom::{Atom, Kind};
use super::context::Context;
use super::label::Role;
use super::separate::quoted;
use crate::contact::Contact;
use crate::mail::Line;
use std::ops::Range;

/// A block taken apart: what the fields read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    /// Its lines.
    pub(super) lines: &'a [Line],
    /// Its atoms.
    pub(super) atoms: &'a [Atom],
    /// What each of them holds.
    pub(super) roles: &'a [Role],
    /// Which of them are about somebody else.
    pub(super) foreign: &'a [bool],
    /// What is known around it.
    pub(super) context: &'a Context<'a>,
}

/// Neighbouring atoms of one role on one line: one value as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// The atoms.
    pub(super) atoms: Range<usize>,
    /// The text from the first to the last.
    pub(super) text: String,
}

impl Block<'_> {
    /// Atoms that are the author's own.
    pub(super) fn own(&self) -> impl Iterator<Item = (usize, &Atom)> {
        self.atoms
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.foreign.get(*at).copied().unwrap_or(false))
    }

    /// The values of a role, in reading order.
    pub(super) fn values(&self, role: Role) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::new();
        let mut at = 0;
        while at < self.atoms.len() {
            let start = at;
            while self.holds(at, role) && (at == start || self.same_cell(at - 1, at)) {
                at += 1;
            }
            if at > start {
                values.push(Value { atoms: start..at, text: self.text(start..at) });
            } else {
                at += 1;
            }
        }
        values
    }

    fn holds(&self, at: usize, role: Role) -> bool {
        self.roles.get(at) == Some(&role)
            && self.atoms.get(at).is_some_and(|atom| matches!(atom.kind, Kind::Text(_)))
    }

    /// Whether two atoms stand in one cell.
    pub(super) fn same_cell(&self, a: usize, b: usize) -> bool {
        match (self.atoms.get(a), self.atoms.get(b)) {
            (Some(a), Some(b)) => a.line == b.line && a.cell == b.cell,
            _ => false,
        }
    }

    /// The text of neighbouring atoms of one cell, as written between them.
    pub(super) fn text(&self, range: Range<usize>) -> String {
        let atoms = self.atoms.get(range).unwrap_or_default();
        let (Some(first), Some(last)) = (atoms.first(), atoms.last()) else { return String::new() };
        let cell = self.lines.get(first.line).and_then(|line| line.cells.get(first.cell));
        let Some(text) = cell.map(|cell| cell.text.as_str()) else { return String::new() };
        let mut end = last.span.end;
        let written = text.get(first.span.start..end).unwrap_or_default();
        if written.matches('(').count() > written.matches(')').count()
            && text.get(end..).is_some_and(|rest| rest.starts_with(')'))
        {
            end += 1;
        }
        clean(text.get(first.span.start..end).unwrap_or_default())
    }
}

/// A value without the signs around it.
pub(super) fn clean(text: &str) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = folded.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | ';'
                    | '|'
                    | '-'
                    | '–'
                    | '—'
                    | ':'
                    | '"'
                    | '„'
                    | '“'
                    | '”'
                    | '*'
                    | '•'
                    | '·'
                    | '~'
                    | '_'
            )
    });
    let start = (bare.as_ptr() as usize).saturating_sub(folded.as_ptr() as usize);
    quoted(&folded, start..start + bare.len()).to_owned()
}

/// Reads all fields.
pub(super) fn read(block: &Block<'_>) -> Contact {
    Contact {
        name: name::read(block),
        titles: title::read(block),
        departments: department::read(block),
        organizations: organization::read(block),
        phones: phone::read(block),
        emails: email::read(block),
        links: link::sites(block),
        profiles: link::profiles(block),
        addresses: address::read(block).into_iter().collect(),
    }
}

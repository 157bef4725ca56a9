//! What each text of the block holds: the most plausible sequence of roles.
//!
//! Every text is weighed for every role by its words ([`evidence`]), every pair of neighbours by how
//! signatures are usually ordered ([`transition`]); the best path through both is found in one
//! pass (Viterbi), linear in the number of texts.

use super::atom::{Atom, Kind};
use super::context::Context;
use super::evidence::{Around, Overview, evidence};
use super::language::Sense;
use super::text::Text;
use std::collections::{HashMap, HashSet};

/// What a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The author's name.
    Name,
    /// A job title.
    Title,
    /// A unit or team.
    Department,
    /// The employer.
    Organization,
    /// Street and number, building, PO box.
    Street,
    /// Postcode, city, region, country.
    Place,
    /// Nothing of the contact.
    Other,
}

use Role::{Department, Name, Organization, Other, Place, Street, Title};

const ROLES: [Role; 7] = [Name, Title, Department, Organization, Street, Place, Other];

/// The role of every atom; atoms that are no texts, or are about others, are [`Role::Other`].
pub(super) fn roles(atoms: &[Atom], foreign: &[bool], context: &Context<'_>) -> Vec<Role> {
    let mut roles = vec![Other; atoms.len()];
    let spoken = context.spoken();
    let texts: Vec<(usize, &Atom, Text)> = atoms
        .iter()
        .enumerate()
        .filter(|(at, _)| !foreign.get(*at).copied().unwrap_or(false))
        .filter_map(|(at, atom)| match &atom.kind {
            Kind::Text(text) => Some((at, atom, text.spoken(&spoken))),
            _ => None,
        })
        .collect();
    let registers = register_lines(texts.iter().map(|(_, atom, text)| (*atom, text)));
    let overview = Overview::of(&texts, context);
    let mut paths: Vec<[usize; 7]> = Vec::with_capacity(texts.len());
    let mut scores = [0.0_f64; 7];
    let first_value =
        atoms.iter().position(|atom| matches!(atom.kind, Kind::Number { .. } | Kind::Email(_)));
    for (place, (at, atom, text)) in texts.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|at| texts.get(at)).map(|(_, atom, _)| *atom);
        let follows = before.is_some_and(|before| {
            before.line == atom.line && before.cell == atom.cell && !atom.apart
        });
        let next = texts
            .get(place + 1)
            .filter(|(_, next, _)| next.line == atom.line && next.cell == atom.cell)
            .map(|(_, _, text)| text);
        let opening_text = texts
            .get(..place)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|(_, first, _)| first.line == atom.line && first.cell == atom.cell)
            .last();
        let registered = opening_text.is_some_and(|(_, _, first)| first.begins(Sense::Register))
            || registers.contains(&(atom.line, atom.cell));
        let behind_name = opening_text
            .is_some_and(|(_, _, first)| context.sender.recognises(&first.words) >= 0.8)
            || opening_text.is_some() && !overview.sure_name;
        let behind_title = place
            .checked_sub(1)
            .and_then(|at| texts.get(at))
            .is_some_and(|(_, _, text)| follows && text.senses.has(Sense::Title));
        let late = first_value.is_some_and(|value| value < *at);
        let around = Around {
            place,
            follows,
            bracketed: atom.bracketed,
            late,
            next,
            behind_name,
            behind_title,
            registered,
        };
        let seen = evidence(text, &around, &overview, context);
        let mut next = [f64::MIN; 7];
        let mut from = [0; 7];
        for (to, role) in ROLES.iter().enumerate() {
            for (was, earlier) in ROLES.iter().enumerate() {
                let step = match before {
                    None => opening(*role),
                    Some(before) => transition(*earlier, *role, before, atom),
                };
                let score = scores.get(was).copied().unwrap_or(0.0)
                    + step
                    + seen.get(to).copied().unwrap_or(0.0);
                if next.get(to).is_some_and(|best| score > *best) {
                    if let Some(slot) = next.get_mut(to) {
                        *slot = score;
                    }
                    if let Some(slot) = from.get_mut(to) {
                        *slot = was;
                    }
                }
            }
        }
        scores = next;
        paths.push(from);
    }
    let mut role = (0..7)
        .max_by(|a, b| {
            scores.get(*a).partial_cmp(&scores.get(*b)).unwrap_or(std::cmp::Ordering::Equal)
        })
        .unwrap_or(6);
    for ((at, _, _), from) in texts.iter().zip(&paths).rev() {
        if let (Some(slot), Some(found)) = (roles.get_mut(*at), ROLES.get(role)) {
            *slot = *found;
        }
        role = from.get(role).copied().unwrap_or(6);
    }
    roles
}

/// Lines and cells of running text about registers: a company's legal footer.
pub(super) fn register_lines<'a>(
    texts: impl Iterator<Item = (&'a Atom, &'a Text)>,
) -> HashSet<(usize, usize)> {
    let mut found: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
    for (atom, text) in texts {
        let count = found.entry((atom.line, atom.cell)).or_default();
        count.0 += text.hits.iter().filter(|hit| hit.means.sense == Sense::Register).count();
        count.1 += text.words.len();
    }
    let footer = |(registers, words): &(usize, usize)| *registers >= 2 && *words >= FOOTER_WORDS;
    found.into_iter().filter(|(_, count)| footer(count)).map(|(place, _)| place).collect()
}

/// Words of a line that is a legal footer, if it names registers too.
const FOOTER_WORDS: usize = 10;

/// A text as signatures open.
fn opening(role: Role) -> f64 {
    match role {
        Name => 1.0,
        Other => -0.3,
        Title | Organization | Department => 0.0,
        Street | Place => -0.5,
    }
}

/// How usual it is that one role follows another.
fn transition(from: Role, to: Role, before: &Atom, atom: &Atom) -> f64 {
    let same_line = before.line == atom.line && before.cell == atom.cell;
    let continues = same_line && !atom.apart;
    let usual = match (from, to) {
        (Street, Place) => 1.5,
        (Name, Title) => 1.2,
        (Name, Name) if continues => 1.0,
        (Department, Organization) if continues => 0.0,
        (Title | Department, Organization) | (Organization, Street) | (Place, Place) => 0.8,
        (Name, Organization) | (Title, Department) => 0.5,
        (Organization, Organization) if continues => 0.4,
        (Name, Department) | (Street, Street) => 0.3,
        (_, Other) | (Organization, Department) => -0.2,
        (Organization, Title) | (Place, Street) => -0.5,
        (Title | Organization, Name) | (Organization, Organization) => -1.0,
        (Place | Street, Title | Department) => -1.5,
        (Name, Name) => -2.0,
        (_, Name) => -2.5,
        (_, Place) | (Place | Street, Organization) => -0.8,
        _ => 0.0,
    };
    usual + if continues && from == to && from != Name { 0.8 } else { 0.0 }
}

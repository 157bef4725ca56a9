//! Telephone and fax numbers: split, completed, valid in their country, with what they reach.

use super::Block;
use super::number::{Dialled, split};
use crate::contact::{Found, Origin, Phone, PhoneKind};
use crate::signature::atom::{Atom, Kind};
use crate::signature::context::Context;
use crate::signature::country::atlas;
use crate::signature::label::register_lines;
use crate::signature::language::Sense;
use crate::signature::text::Text;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType};

/// What a label says of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    /// Voice, perhaps mobile.
    Voice,
    /// A mobile phone.
    Mobile,
    /// A fax machine.
    Fax,
    /// No telephone at all: a register, a bank.
    Not,
}

/// Characters of an ending on a line of its own: "Fax: -29", "Fax 34 57".
const ENDING: usize = 6;

/// The numbers of the block.
pub(super) fn read(block: &Block<'_>) -> Vec<Found<Phone>> {
    let mut phones: Vec<Found<Phone>> = Vec::new();
    let mut previous: Option<(usize, Option<Label>, Dialled)> = None;
    let footer = register_lines(block.own().filter_map(|(_, atom)| match &atom.kind {
        Kind::Text(text) | Kind::Label(text) => Some((atom, text)),
        _ => None,
    }));
    for (at, atom) in block.own() {
        let Kind::Number { digits, extension } = &atom.kind else { continue };
        let label = label_of(block, at).or_else(|| {
            let (before, label, _) = previous.as_ref()?;
            (before + 1 == at && block.same_cell(*before, at)).then_some(*label)?
        });
        // Only a label or the same cell tells that digits complete the number before.
        let last = previous
            .as_ref()
            .filter(|(before, _, _)| {
                label.is_some() && digits.len() <= ENDING || block.same_cell(*before, at)
            })
            .map(|(_, _, dialled)| dialled);
        if !phones.is_empty() && footer.contains(&(atom.line, atom.cell)) {
            continue;
        }
        let register = label.is_none() && is_register_line(block, atom);
        if label == Some(Label::Not) || register {
            continue;
        }
        let numbers = split(digits, last, label.is_some(), block.context);
        let Some(dialled) = numbers.last().cloned() else { continue };
        previous = Some((at, label, dialled));
        let count = numbers.len();
        for (place, dialled) in numbers.into_iter().enumerate() {
            let international = dialled.international;
            let kind = kind_of(label, &dialled.number);
            let Some(phone) = Phone::new(kind, &dialled.number) else { continue };
            let phone = match extension {
                Some(extension) if place + 1 == count => phone.with_extension(extension),
                _ => phone,
            };
            if phones.iter().any(|known| known.value.uri_number() == phone.uri_number()) {
                continue;
            }
            let confidence = match (label.is_some(), international) {
                (true, true) => 0.98,
                (false, true) => 0.93,
                (true, false) => 0.9,
                (false, false) => 0.75,
            };
            let origin = if label.is_some() { Origin::Label } else { Origin::Layout };
            phones.push(Found::new(phone, confidence, origin));
        }
    }
    phones
}

/// Whether an atom's line begins as those of registers and banks do.
fn is_register_line(block: &Block<'_>, atom: &Atom) -> bool {
    let first = block.atoms.iter().find(|first| first.line == atom.line && first.cell == atom.cell);
    first.is_some_and(|first| match &first.kind {
        Kind::Text(text) | Kind::Label(text) => text.begins(Sense::Register),
        _ => false,
    })
}

/// The label of a number: before it, or behind it ("713-853-6577 Office").
fn label_of(block: &Block<'_>, at: usize) -> Option<Label> {
    // "Mobile (ZA): +27 …": a remark stands between.
    let remark = |at: &usize| {
        block.atoms.get(*at).is_some_and(|atom| {
            atom.bracketed && matches!(&atom.kind, Kind::Text(text) if text.words.len() <= 2)
        }) && at.checked_sub(1).is_some_and(|before| {
            block.same_cell(before, *at)
                && matches!(&block.atoms.get(before).map(|atom| &atom.kind), Some(Kind::Label(_)))
        })
    };
    let behind_remark = at.checked_sub(1).filter(remark);
    let before = behind_remark.unwrap_or(at).checked_sub(1).and_then(|before| {
        match &block.atoms.get(before)?.kind {
            Kind::Label(_) if trails(block, before) => None,
            Kind::Label(text) => {
                let near = block.same_cell(before, at)
                    || block
                        .atoms
                        .get(at)
                        .zip(block.atoms.get(before))
                        .is_some_and(|(a, b)| a.line <= b.line + 1);
                near.then(|| meaning(text, block.context))
            }
            Kind::Text(text)
                if block.same_cell(before, at)
                    && text.hits.iter().any(|hit| {
                        hit.means.sense == Sense::Register && hit.last + 1 == text.words.len()
                    }) =>
            {
                Some(Some(Label::Not))
            }
            _ => None,
        }
    });
    if let Some(label) = before {
        return label;
    }
    let behind = at + 1;
    let Kind::Label(text) = &block.atoms.get(behind)?.kind else { return None };
    let leads = !trails(block, behind)
        && block.same_cell(behind, behind + 1)
        && matches!(block.atoms.get(behind + 1)?.kind, Kind::Number { .. })
        && block.atoms.get(behind).is_some_and(|atom| atom.apart || !atom.bracketed);
    (block.same_cell(at, behind) && !leads).then(|| meaning(text, block.context))?
}

/// Whether a label stands behind its number: in brackets, or on a line that begins with a number
/// and ends with a label.
fn trails(block: &Block<'_>, label: usize) -> bool {
    let Some(atom) = block.atoms.get(label) else { return false };
    let behind_number = label.checked_sub(1).is_some_and(|at| {
        block.same_cell(at, label)
            && block.atoms.get(at).is_some_and(|atom| matches!(atom.kind, Kind::Number { .. }))
    });
    if !behind_number {
        return false;
    }
    let here = |other: &&Atom| other.line == atom.line && other.cell == atom.cell;
    let first = block
        .atoms
        .iter()
        .find(here)
        .is_some_and(|first| matches!(first.kind, Kind::Number { .. }));
    let last =
        block.atoms.iter().rfind(here).is_some_and(|last| matches!(last.kind, Kind::Label(_)));
    atom.bracketed || (first && last)
}

/// What a label means, in the author's language first.
fn meaning(text: &Text, context: &Context<'_>) -> Option<Label> {
    let of = |only: Option<usize>| {
        let has = |sense| {
            text.hits.iter().any(|hit| {
                hit.means.sense == sense
                    && only.is_none_or(|language| hit.means.language == language)
            })
        };
        let both = text.raw.contains(['/', '&', '+']) && has(Sense::Phone);
        match () {
            () if has(Sense::Fax) && !both => Some(Label::Fax),
            () if has(Sense::Mobile) => Some(Label::Mobile),
            () if has(Sense::Phone) => Some(Label::Voice),
            () => None,
        }
    };
    if text.senses.has(Sense::Register) && of(None).is_none() {
        return Some(Label::Not);
    }
    of(Some(context.language)).or_else(|| of(None))
}

/// What a number reaches: what its label says, else what its country's plan says.
fn kind_of(label: Option<Label>, number: &PhoneNumber) -> PhoneKind {
    match label {
        Some(Label::Fax) => PhoneKind::Fax,
        Some(Label::Mobile) => PhoneKind::Mobile,
        _ if is_mobile(number) => PhoneKind::Mobile,
        _ => PhoneKind::Work,
    }
}

/// Whether a number lies in its country's mobile range. Where libphonenumber cannot tell, because
/// the plan mixes both or nobody was given the number yet, its beginning does.
fn is_mobile(number: &PhoneNumber) -> bool {
    match number.get_type() {
        PhoneNumberType::Mobile => true,
        PhoneNumberType::FixedLineOrMobile | PhoneNumberType::Unknown => {
            let national = number.get_national_significant_number();
            PHONE_NUMBER_UTIL
                .get_region_for_country_code(number.country_code)
                .and_then(|region| atlas().country(region.as_region_str().as_str()))
                .is_some_and(|country| country.is_mobile(&national))
        }
        _ => false,
    }
}

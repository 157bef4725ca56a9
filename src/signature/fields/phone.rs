//! Telephone and fax numbers: split, completed, valid in their country, with what they reach.

use super::Block;
use crate::contact::{Found, Origin, Phone, PhoneKind};
use crate::signature::atom::{Atom, Kind};
use crate::signature::context::Context;
use crate::signature::language::Sense;
use crate::signature::text::Text;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType};

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

/// The numbers of the block.
pub(super) fn read(block: &Block<'_>) -> Vec<Found<Phone>> {
    let mut phones: Vec<Found<Phone>> = Vec::new();
    let mut previous: Option<(usize, Option<Label>, String)> = None;
    for (at, atom) in block.own() {
        let Kind::Number { digits, extension } = &atom.kind else { continue };
        let label = label_of(block, at).or_else(|| {
            let (before, label, _) = previous.as_ref()?;
            (before + 1 == at && block.same_cell(*before, at)).then_some(*label)?
        });
        let last = previous.as_ref().map(|(_, _, number)| number.as_str());
        let register = label.is_none() && is_register_line(block, atom);
        if label == Some(Label::Not) || register {
            continue;
        }
        let numbers = split(digits, last, label.is_some(), block.context);
        let Some((number, _)) = numbers.last() else { continue };
        previous = Some((at, label, digits_of(number)));
        let count = numbers.len();
        for (place, (number, international)) in numbers.into_iter().enumerate() {
            let kind = kind_of(label, &number);
            let Some(phone) = Phone::new(kind, &number) else { continue };
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
    let before = at.checked_sub(1).and_then(|before| match &block.atoms.get(before)?.kind {
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
        _ if number.get_type() == PhoneNumberType::Mobile => PhoneKind::Mobile,
        _ => PhoneKind::Work,
    }
}

/// The numbers in a run of digits, each with whether it was written internationally.
fn split(
    run: &str,
    last: Option<&str>,
    labelled: bool,
    context: &Context<'_>,
) -> Vec<(PhoneNumber, bool)> {
    let run = run.replace("(0)", " ").replace(['–', '−', '‐', '‑'], "-");
    for separator in [" / ", "/", " - ", "  ", " "] {
        // Two numbers side by side: the second begins as a whole number does.
        let parts: Vec<&str> = run.split(separator).collect();
        for cut in 1..parts.len() {
            let (left, right) = (
                parts.get(..cut).unwrap_or_default().join(separator),
                parts.get(cut..).unwrap_or_default().join(separator),
            );
            let whole =
                right.trim_start().starts_with(['+', '0', '(']) || !begins_with_prefix(&left);
            if !whole
                || digits_count(&right) < 6
                || digits_count(&left) < 6
                || (separator != " / " && parse(&run, labelled, context).is_some())
            {
                continue;
            }
            if let (Some(first), Some(second)) =
                (parse(&left, labelled, context), parse(&right, labelled, context))
            {
                return vec![first, second];
            }
        }
    }
    if let Some(number) = parse(&run, labelled, context) {
        return vec![number];
    }
    // "2555 0146 / 2555 0147", "… 12-34 / -29": the second replaces the last digits of the first.
    if let Some((left, right)) = run.split_once('/')
        && let Some(first) = parse(left, labelled, context)
    {
        let second = completed(&digits_of(&first.0), right);
        return std::iter::once(first).chain(second.map(|number| (number, true))).collect();
    }
    last.and_then(|last| completed(last, &run)).map(|number| (number, true)).into_iter().collect()
}

fn begins_with_prefix(number: &str) -> bool {
    number.trim_start().starts_with(['+', '0', '('])
}

fn digits_count(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

fn digits_of(number: &PhoneNumber) -> String {
    format!("+{}{}", number.country_code, number.get_national_significant_number())
}

/// A number whose last digits are replaced.
fn completed(number: &str, ending: &str) -> Option<PhoneNumber> {
    let ending: String = ending.chars().filter(char::is_ascii_digit).collect();
    let keep = number.len().checked_sub(ending.len()).filter(|keep| *keep >= 4)?;
    if ending.is_empty() || ending.starts_with('0') && ending.len() > 4 {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(format!("{}{ending}", number.get(..keep)?), None).ok()?;
    number.is_valid().then_some(number)
}

/// In how many of the likely countries a national number is tried.
const GUESSES: usize = 8;

/// One number, valid in the first of the likely countries where it is.
fn parse(text: &str, labelled: bool, context: &Context<'_>) -> Option<(PhoneNumber, bool)> {
    let text = text.trim().trim_start_matches(['-', '/', '.', ' ']);
    if text.starts_with("(+") || text.starts_with('+') {
        let number = PHONE_NUMBER_UTIL.parse(text.replace(['(', ')'], " "), None).ok()?;
        return number.is_valid().then_some((number, true));
    }
    if text.starts_with("00") {
        let number =
            PHONE_NUMBER_UTIL.parse(format!("+{}", text.trim_start_matches('0')), None).ok()?;
        return number.is_valid().then_some((number, true));
    }
    context.regions().take(GUESSES).find_map(|region| {
        let number = PHONE_NUMBER_UTIL.parse(text, Some(region)).ok()?;
        let complete = labelled || has_trunk(text, &number);
        (number.is_valid() && number.is_valid_for_region(region) && complete)
            .then_some((number, false))
    })
}

/// Whether a national number is written with the trunk prefix with which its country writes it.
fn has_trunk(text: &str, number: &PhoneNumber) -> bool {
    let usual = number.format_as(PhoneNumberFormat::National);
    let zero = |text: &str| text.trim_start_matches(['(', ' ']).starts_with('0');
    zero(text) || !zero(&usual)
}

//! What a suggestion says that a known contact does not: row by row, and as a whole.

use super::value::{Field, Placed, Value, values};
use crate::contact::{Contact, Origin};

/// One value of a suggestion beside what is known; or a known value of which the suggestion says
/// nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The value's place in the suggestion as in the Card (`name`, `phones/1`); a value that is
    /// only known has the place in the known contact after `known/`.
    pub key: String,
    /// What kind of value it is.
    pub field: Field,
    /// The same for people: "Mobile".
    pub label: &'static str,
    /// What the signature says.
    pub suggested: Option<String>,
    /// What it would take the place of, or the same value as it is known.
    pub known: Option<String>,
    /// Whether the signature says something that is not known.
    pub differs: bool,
    /// How sure the suggested value is, 0 to 1.
    pub confidence: Option<f64>,
    /// Where the suggested value came from.
    pub origin: Option<Origin>,
}

/// Every value of the suggestion and of the known contact, side by side.
pub fn compare(suggested: &Contact, known: Option<&Contact>) -> Vec<Row> {
    let known_values = known.map(values).unwrap_or_default();
    let mut shown = vec![false; known_values.len()];
    let mut rows = Vec::new();
    for new in values(suggested) {
        let same = position(&known_values, |old| new.value.says_nothing_beyond(&old.value));
        let beside = same.or_else(|| counterpart(&new, &known_values, &shown));
        if let Some(shown) = beside.and_then(|place| shown.get_mut(place)) {
            *shown = true;
        }
        let beside = beside.and_then(|place| known_values.get(place));
        rows.push(Row {
            field: new.field,
            label: new.value.label(),
            suggested: Some(new.value.display()),
            known: beside.map(|old| old.value.display()),
            differs: same.is_none(),
            confidence: Some(new.confidence.get()),
            origin: Some(new.origin),
            key: new.key,
        });
    }
    for (old, _) in known_values.iter().zip(shown).filter(|(_, shown)| !shown) {
        rows.push(Row {
            key: format!("known/{}", old.key),
            field: old.field,
            label: old.value.label(),
            suggested: None,
            known: Some(old.value.display()),
            differs: false,
            confidence: None,
            origin: None,
        });
    }
    rows.sort_by_key(|row| row.field);
    rows
}

fn position<'a>(known: &[Placed<'a>], fits: impl Fn(&Placed<'a>) -> bool) -> Option<usize> {
    known.iter().position(fits)
}

/// The known value whose place a new one takes: of fields that a contact has once the first that
/// stands free, of the others the same value in a poorer form.
fn counterpart(new: &Placed<'_>, known: &[Placed<'_>], shown: &[bool]) -> Option<usize> {
    let free = |place: usize| shown.get(place).is_some_and(|shown| !shown);
    (0..known.len()).filter(|place| free(*place)).find(|place| {
        known.get(*place).is_some_and(|old| {
            old.field == new.field
                && (new.field.replaces() || old.value.says_nothing_beyond(&new.value))
        })
    })
}

/// The places of those values of the suggestion that a known contact does not have.
pub fn news(suggested: &Contact, known: &Contact) -> Vec<String> {
    let known = values(known);
    let is_news =
        |new: &Placed<'_>| !known.iter().any(|old| new.value.says_nothing_beyond(&old.value));
    values(suggested).into_iter().filter(is_news).map(|new| new.key).collect()
}

/// What the values of a contact are after normalisation, in order; what a fingerprint is made of.
/// The confidence of a value is no part of it.
pub fn normal_form(contact: &Contact) -> Vec<String> {
    let mut parts: Vec<String> = values(contact)
        .iter()
        .map(|placed| match placed.value {
            Value::Phone(phone) => format!("phone:{:?}:{}", phone.kind, placed.value.folded()),
            _ => format!("{}:{}", placed.field.as_str(), placed.value.folded()),
        })
        .collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

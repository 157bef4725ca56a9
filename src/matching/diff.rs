//! What a suggestion says that a known contact does not: row by row, and as a whole.

use super::value::{Field, Placed, Value, values};
use crate::contact::{Contact, Origin};
use std::collections::BTreeMap;

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
    /// The known values whose place it may take if somebody says so; else it is added to them.
    pub instead_of: Vec<String>,
}

/// Every value of the suggestion and of the known contact, side by side.
pub fn compare(suggested: &Contact, known: Option<&Contact>) -> Vec<Row> {
    let known_values = known.map(values).unwrap_or_default();
    let pairs = pairs(suggested, &known_values);
    let is_shown = |place| pairs.iter().any(|pair| pair.known == Some(place));
    let alone = (0..).zip(&known_values).filter(|(place, _)| !is_shown(*place));
    let mut rows: Vec<Row> = alone.map(|(_, old)| known_only(old)).collect();
    rows.extend(pairs.iter().map(|pair| Row {
        key: pair.new.key.clone(),
        field: pair.new.field,
        label: pair.new.value.label(),
        suggested: Some(pair.new.value.display()),
        known: pair.known.and_then(|place| known_values.get(place)).map(|old| old.value.display()),
        differs: pair.differs,
        confidence: Some(pair.new.confidence.get()),
        origin: Some(pair.new.origin),
        instead_of:
            pair.may_replace(&known_values, &pairs).map(|old| old.value.display()).collect(),
    }));
    rows.sort_by_key(|row| (row.field, row.suggested.is_none()));
    rows
}

fn known_only(old: &Placed<'_>) -> Row {
    Row {
        key: format!("known/{}", old.key),
        field: old.field,
        label: old.value.label(),
        suggested: None,
        known: Some(old.value.display()),
        differs: false,
        confidence: None,
        origin: None,
        instead_of: Vec::new(),
    }
}

/// A value of a suggestion, and which of the known values stands beside it.
struct Pair<'a> {
    new: Placed<'a>,
    /// The same value, or the one whose place it takes.
    known: Option<usize>,
    differs: bool,
}

impl Pair<'_> {
    /// The known values whose place it may take if somebody says so: of fields that a contact may have several
    /// of, those that stand beside nothing.
    fn may_replace<'k>(
        &self,
        known: &'k [Placed<'k>],
        all: &[Pair<'_>],
    ) -> impl Iterator<Item = &'k Placed<'k>> {
        let is_added = self.differs && self.known.is_none() && !self.new.field.replaces();
        let alone = (0..).zip(known).filter(move |(place, old)| {
            is_added
                && old.field == self.new.field
                && self.new.value.may_stand_for(&old.value)
                && all.iter().all(|pair| pair.known != Some(*place))
        });
        alone.map(|(_, old)| old)
    }
}

fn pairs<'a>(suggested: &'a Contact, known: &[Placed<'_>]) -> Vec<Pair<'a>> {
    let same =
        |new: &Placed<'_>| known.iter().position(|old| new.value.says_nothing_beyond(&old.value));
    let pair = |new| {
        let known = same(&new);
        Pair { new, known, differs: known.is_none() }
    };
    let mut pairs: Vec<Pair<'_>> = values(suggested).into_iter().map(pair).collect();
    // What is the same is beside itself, before anything else takes a place.
    let mut taken: Vec<usize> = pairs.iter().filter_map(|pair| pair.known).collect();
    for pair in pairs.iter_mut().filter(|pair| pair.differs) {
        pair.known = counterpart(&pair.new, known, &taken);
        taken.extend(pair.known);
    }
    pairs
}

/// The known value whose place a new one takes: of fields that a contact has once the first that
/// stands free, of the others the same value in a poorer form.
fn counterpart(new: &Placed<'_>, known: &[Placed<'_>], taken: &[usize]) -> Option<usize> {
    let fits = |old: &Placed<'_>| {
        old.field == new.field
            && (new.field.replaces() || old.value.says_nothing_beyond(&new.value))
    };
    let mut free = (0..).zip(known).filter(|(place, _)| !taken.contains(place));
    free.find(|(_, old)| fits(old)).map(|(place, _)| place)
}

/// By the places of values that a known contact does not have: the place of the known value that each
/// stands in for.
pub(super) fn replacements(suggested: &Contact, known: &Contact) -> BTreeMap<String, String> {
    let known = values(known);
    let pairs = pairs(suggested, &known).into_iter().filter(|pair| pair.differs);
    let replaced = |pair: Pair<'_>| Some((pair.new.key, known.get(pair.known?)?.key.clone()));
    pairs.filter_map(replaced).collect()
}

/// By the places of new values, which somebody puts in place of known ones: the places of these. `Err`: the
/// place of a value that cannot be put there.
pub(super) fn put_instead(
    suggested: &Contact,
    known: &Contact,
    instead_of: &BTreeMap<&str, &str>,
) -> Result<BTreeMap<String, String>, String> {
    let known = values(known);
    let pairs = pairs(suggested, &known);
    let mut places = BTreeMap::new();
    for (key, text) in instead_of {
        let pair = pairs.iter().find(|pair| pair.new.key == *key);
        let mut olds = pair.into_iter().flat_map(|pair| pair.may_replace(&known, &pairs));
        let old = olds.find(|old| old.value.display() == text.trim());
        let old = old.filter(|old| places.values().all(|place| *place != old.key));
        let old = old.ok_or_else(|| (*key).to_owned())?;
        places.insert((*key).to_owned(), old.key.clone());
    }
    Ok(places)
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

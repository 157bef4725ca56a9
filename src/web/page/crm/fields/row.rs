//! The rows of the table of fields: from a mapping and from a form, and back to a mapping.

use crate::crm::mapping::{Field, MAX_FIELDS, Mapping, MappingError, Part, Slot};
use std::collections::BTreeMap;

/// A field as it stands on the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// Its number in the form.
    pub(super) number: usize,
    pub(super) property: String,
    /// As [`Slot::as_str`]; empty: nothing.
    pub(super) holds: String,
    pub(super) is_hidden: bool,
    pub(super) is_required: bool,
    pub(super) is_locked: bool,
    /// Why the CRM locks it; empty: it does not.
    pub(super) locked_because: String,
    pub(super) max_length: String,
    pub(super) default: String,
    /// What is usual of it, where it is not so.
    pub(super) usual: Option<String>,
    /// The nearest field before it that holds the same.
    pub(super) follows: Option<String>,
    /// What of it cannot be right, and why.
    pub(super) wrong: Vec<(Part, String)>,
}

impl Row {
    pub(super) fn of(field: &Field) -> Self {
        Self {
            property: field.property.clone(),
            holds: field.holds.map(Slot::as_str).unwrap_or_default().to_owned(),
            is_hidden: field.hidden,
            is_required: field.required,
            is_locked: field.locked,
            locked_because: field.locked_because.clone().unwrap_or_default(),
            max_length: field.max_length.map(|most| most.to_string()).unwrap_or_default(),
            default: field.default.clone().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The field, but for a length that is no number.
    fn field(&self) -> Field {
        Field {
            property: self.property.clone(),
            holds: Slot::parse(&self.holds),
            hidden: self.is_hidden,
            required: self.is_required,
            locked: self.is_locked,
            locked_because: Some(self.locked_because.clone()).filter(|text| !text.is_empty()),
            max_length: self.max_length.parse().ok(),
            default: Some(self.default.clone()).filter(|text| !text.is_empty()),
        }
    }

    /// Whether nothing is typed in it.
    pub(super) fn is_blank(&self) -> bool {
        let typed = [&self.property, &self.holds, &self.max_length, &self.default];
        typed.iter().all(|text| text.is_empty())
            && !(self.is_hidden || self.is_required || self.is_locked)
    }

    /// What it is called in the names of its inputs.
    pub(super) fn called(&self) -> String {
        if self.property.is_empty() {
            return format!("Field {}", self.number + 1);
        }
        self.property.clone()
    }

    /// Whether its default is of several lines.
    pub(super) fn has_lines(&self) -> bool {
        self.default.contains('\n')
    }

    /// What an input says of itself when it is what cannot be right.
    pub(super) fn told(&self, part: &str) -> String {
        let is_it = self.wrong.iter().any(|(wrong, _)| wrong.as_str() == part);
        let told =
            format!(" aria-invalid=\"true\" aria-describedby=\"why-{}-{part}\"", self.number);
        if is_it { told } else { String::new() }
    }
}

/// The rows of a mapping.
pub(super) fn rows_of(mapping: &Mapping) -> Vec<Row> {
    let mut rows: Vec<Row> = mapping.fields.iter().map(Row::of).collect();
    number(&mut rows);
    rows
}

fn number(rows: &mut [Row]) {
    for (number, row) in rows.iter_mut().enumerate() {
        row.number = number;
    }
}

/// The rows of a form, whose inputs are called `property:3`; no more than a mapping may have, and one.
pub(super) fn rows_sent(fields: &[(String, String)]) -> Vec<Row> {
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for (name, value) in fields {
        let Some((name, number)) = name.split_once(':') else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        if number > MAX_FIELDS {
            continue;
        }
        let row = rows.entry(number).or_default();
        match name {
            "property" => value.trim().clone_into(&mut row.property),
            "holds" => row.holds.clone_from(value),
            "hidden" => row.is_hidden = true,
            "required" => row.is_required = true,
            "locked" => row.is_locked = true,
            "locked_because" => row.locked_because.clone_from(value),
            "max_length" => value.trim().clone_into(&mut row.max_length),
            // Browsers send the ends of lines so.
            "default" => row.default = value.replace("\r\n", "\n"),
            _ => {}
        }
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    number(&mut rows);
    rows
}

/// Adds a row at the end.
pub(super) fn add(rows: &mut Vec<Row>, row: Row) {
    rows.push(row);
    number(rows);
}

/// Takes the row of a number away.
pub(super) fn remove(rows: &mut Vec<Row>, number_of_it: &str) {
    rows.retain(|row| row.number.to_string() != number_of_it);
    number(rows);
}

/// Puts a row before the nearest one that holds the same.
pub(super) fn bring_forward(rows: &mut [Row], number_of_it: &str) {
    let at = rows.iter().position(|row| row.number.to_string() == number_of_it);
    let before = at.and_then(|at| {
        let (earlier, rest) = rows.split_at(at);
        let holds = &rest.first()?.holds;
        Some((earlier.iter().rposition(|row| row.holds == *holds)?, at))
    });
    if let Some((before, at)) = before {
        rows.swap(before, at);
        number(rows);
    }
}

/// The mapping that the rows make, without those in which nothing is typed; `None` if a length is no
/// number, which is then noted.
pub(super) fn mapping(rows: &mut Vec<Row>) -> Option<Mapping> {
    rows.retain(|row| !row.is_blank());
    number(rows);
    for row in rows.iter_mut() {
        if !row.max_length.is_empty() && row.max_length.parse::<usize>().is_err() {
            row.wrong.push((Part::MaxLength, "the most characters are a whole number".to_owned()));
        }
    }
    let is_right = rows.iter().all(|row| row.wrong.is_empty());
    is_right.then(|| rows.iter().map(Row::field).collect::<Vec<_>>().into())
}

/// Notes what cannot be right where it stands; what is about all of it is returned.
pub(super) fn blame(rows: &mut [Row], MappingError(wrong): MappingError) -> Vec<String> {
    let mut of_all = Vec::new();
    for one in wrong {
        let at = one.place.and_then(|(place, part)| Some((rows.get_mut(place)?, part)));
        match at {
            Some((row, part)) => row.wrong.push((part, one.why)),
            None => of_all.push(one.why),
        }
    }
    of_all
}

/// Notes of each row what is usual, and which one before it holds the same.
pub(super) fn compare(rows: &mut [Row], usual: &Mapping) {
    let mut seen = BTreeMap::new();
    for row in rows {
        let field = row.field();
        let known = usual.fields.iter().find(|known| known.property == field.property);
        row.usual = match known {
            Some(known) if *known == field => None,
            Some(known) => Some(words(known)),
            None if row.is_blank() => None,
            None => Some("not among the usual fields".to_owned()),
        };
        row.follows = seen.get(&row.holds).cloned().filter(|_| !row.holds.is_empty());
        seen.insert(row.holds.clone(), row.called());
    }
}

/// The usual fields that no row is about, with what they hold.
pub(super) fn left_out(rows: &[Row], usual: &Mapping) -> Vec<(String, String)> {
    let is_there = |field: &&Field| rows.iter().any(|row| row.property == field.property);
    let left_out = usual.fields.iter().filter(|field| !is_there(field));
    left_out.map(|field| (field.property.clone(), words(field))).collect()
}

/// A field as one says it: `usually job title, at most 128 characters`.
fn words(field: &Field) -> String {
    let holds = field.holds.map_or("nothing", Slot::words);
    let mut words = vec![format!("usually {holds}")];
    let marks = [(field.hidden, "hidden"), (field.required, "required"), (field.locked, "locked")];
    words.extend(marks.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()));
    words.extend(field.max_length.map(|most| format!("at most {most} characters")));
    words.extend(field.default.as_ref().map(|text| format!("default “{text}”")));
    words.join(", ")
}

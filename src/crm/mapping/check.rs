//! Whether a mapping that an admin entered can be used.

use super::{Field, Mapping, Slot};
use std::collections::BTreeSet;
use std::fmt;

/// The most fields that a mapping has.
pub const MAX_FIELDS: usize = 200;
/// The longest name of a field.
const MAX_NAME: usize = 100;
/// The longest text of a field.
const MAX_TEXT: usize = 65_536;

/// What of a field cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its name.
    Property,
    /// What it holds.
    Holds,
    /// That it is required.
    Required,
    /// The most characters that it takes.
    MaxLength,
    /// What it has in a new record.
    Default,
}

impl Part {
    /// Its name in a mapping: `max_length`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Property => "property",
            Self::Holds => "holds",
            Self::Required => "required",
            Self::MaxLength => "max_length",
            Self::Default => "default",
        }
    }
}

/// Something that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The place of the field in the mapping and what of it is meant; `None`: the mapping as a whole.
    pub place: Option<(usize, Part)>,
    /// One sentence for the admin.
    pub why: String,
}

/// Why a mapping cannot be used: all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError(pub Vec<Wrong>);

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = self.0.iter().map(|wrong| wrong.why.as_str()).collect();
        f.write_str(&all.join("; "))
    }
}

impl std::error::Error for MappingError {}

impl MappingError {
    /// About the mapping as a whole.
    pub fn of_all(why: impl Into<String>) -> Self {
        Self(vec![Wrong { place: None, why: why.into() }])
    }

    /// The fields of these names, which the CRM has not.
    pub fn unknown(mapping: &Mapping, names: &[String]) -> Self {
        let wrong = |name: &String| {
            let place = mapping.fields.iter().position(|field| field.property == *name);
            let why = format!("the CRM has no field `{name}`; make it there first");
            Wrong { place: place.map(|place| (place, Part::Property)), why }
        };
        Self(names.iter().map(wrong).collect())
    }
}

impl Mapping {
    /// Looks whether the mapping can be used.
    pub fn check(&self) -> Result<(), MappingError> {
        if self.fields.len() > MAX_FIELDS {
            return Err(MappingError::of_all(format!("a mapping has at most {MAX_FIELDS} fields")));
        }
        let mut wrong = Vec::new();
        let mut seen = BTreeSet::new();
        for (place, field) in self.fields.iter().enumerate() {
            let mut refuse = |part, why| wrong.push(Wrong { place: Some((place, part)), why });
            if let Err((part, why)) = field.check() {
                refuse(part, why);
            } else if !seen.insert(&field.property) {
                refuse(
                    Part::Property,
                    format!("the field `{}` stands there twice", field.property),
                );
            }
        }
        self.check_parts(&mut wrong);
        let mut lacks = |slots: &[Slot], why: &str| {
            if slots.iter().all(|slot| self.places(*slot).next().is_none()) {
                wrong.push(Wrong { place: None, why: why.to_owned() });
            }
        };
        lacks(&[Slot::Name, Slot::Family], "a field has to hold the name or the family name");
        lacks(&[Slot::Email], "a field has to hold the e-mail address: people are found by it");
        if wrong.is_empty() { Ok(()) } else { Err(MappingError(wrong)) }
    }

    /// Names and postal addresses change as a whole: each part of them stands in one field.
    fn check_parts(&self, wrong: &mut Vec<Wrong>) {
        let mut seen = BTreeSet::new();
        for (place, field) in self.fields.iter().enumerate().filter(|(_, field)| !field.hidden) {
            let whole = |slot: &Slot| Slot::NAME.contains(slot) || Slot::ADDRESS.contains(slot);
            if let Some(slot) = field.holds.filter(whole)
                && !seen.insert(slot)
            {
                let label = slot.label();
                let why = format!("of the {label} each part has one field, not several");
                wrong.push(Wrong { place: Some((place, Part::Holds)), why });
            }
        }
    }
}

impl Field {
    /// The first thing that cannot be right, and why.
    fn check(&self) -> Result<(), (Part, String)> {
        let name = &self.property;
        let refuse = |part: Part, why: &str| Err((part, format!("the field `{name}` {why}")));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_plain) {
            let why = "the name of a field has up to 100 letters, digits, `_`, `.` and `-`: enter the \
                       CRM's internal name, not its label";
            return Err((Part::Property, why.to_owned()));
        }
        if self.hidden && self.required {
            return refuse(Part::Required, "cannot be hidden and required");
        }
        if self.max_length.is_some_and(|most| most == 0 || most > MAX_TEXT) {
            return refuse(Part::MaxLength, "has a max_length outside of 1 to 65536");
        }
        if self.holds.is_none() && self.default.as_ref().is_none_or(String::is_empty) {
            let why = "holds nothing and has no default: give it one of them";
            return refuse(Part::Holds, why);
        }
        if self.is_only_read() && (self.required || self.default.is_some()) {
            let part = if self.required { Part::Required } else { Part::Default };
            return refuse(part, "is only read: it has no default and cannot be required");
        }
        if self.locked_because.is_some()
            && (self.required || self.default.is_some() || self.holds.is_none())
        {
            let part = match (self.required, self.holds) {
                (true, _) => Part::Required,
                (false, None) => Part::Holds,
                (false, Some(_)) => Part::Default,
            };
            return refuse(
                part,
                "is only read in the CRM: it has no default and cannot be required",
            );
        }
        let length = self.default.as_ref().map_or(0, |text| text.chars().count());
        if length > self.max_length.unwrap_or(MAX_TEXT) {
            return refuse(Part::Default, "has a default that is longer than its max_length");
        }
        Ok(())
    }
}

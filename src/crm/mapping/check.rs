//! Whether a mapping that an admin entered can be used.

use super::{Field, Mapping, Slot};
use std::collections::BTreeSet;

/// The most fields that a mapping has.
const MAX_FIELDS: usize = 200;
/// The longest name of a field.
const MAX_NAME: usize = 100;
/// The longest text of a field.
const MAX_TEXT: usize = 65_536;

/// Why a mapping cannot be used, as one sentence for the admin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MappingError(pub String);

impl Mapping {
    /// Looks whether the mapping can be used.
    pub fn check(&self) -> Result<(), MappingError> {
        let refuse = |why: String| Err(MappingError(why));
        if self.fields.len() > MAX_FIELDS {
            return refuse(format!("a mapping has at most {MAX_FIELDS} fields"));
        }
        let mut seen = BTreeSet::new();
        for field in &self.fields {
            field.check()?;
            if !seen.insert(&field.property) {
                return refuse(format!("the field `{}` stands there twice", field.property));
            }
        }
        let mut names = [Slot::Name, Slot::Family].into_iter();
        if !names.any(|slot| self.places(slot).next().is_some()) {
            return refuse("a field has to hold the name or the family name".into());
        }
        if self.places(Slot::Email).next().is_none() {
            return refuse("a field has to hold the e-mail address: people are found by it".into());
        }
        for slot in Slot::NAME.into_iter().chain(Slot::ADDRESS) {
            if self.places(slot).count() > 1 {
                let label = slot.label();
                return refuse(format!("of the {label} each part has one field, not several"));
            }
        }
        Ok(())
    }
}

impl Field {
    fn check(&self) -> Result<(), MappingError> {
        let name = &self.property;
        let refuse = |why: &str| Err(MappingError(format!("the field `{name}` {why}")));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_plain) {
            return Err(MappingError(
                "the name of a field has up to 100 letters, digits, `_`, `.` and `-`: enter the \
                 CRM's internal name, not its label"
                    .into(),
            ));
        }
        if self.hidden && self.required {
            return refuse("cannot be hidden and required");
        }
        if self.max_length.is_some_and(|most| most == 0 || most > MAX_TEXT) {
            return refuse("has a max_length outside of 1 to 65536");
        }
        if self.holds.is_none() && self.default.as_ref().is_none_or(String::is_empty) {
            return refuse("holds nothing and has no default: give it one of them");
        }
        if self.holds == Some(Slot::MoreEmails) && (self.required || self.default.is_some()) {
            return refuse("is only read: it has no default and cannot be required");
        }
        if self.locked_because.is_some()
            && (self.required || self.default.is_some() || self.holds.is_none())
        {
            return refuse("is only read in the CRM: it has no default and cannot be required");
        }
        let length = self.default.as_ref().map_or(0, |text| text.chars().count());
        if length > self.max_length.unwrap_or(MAX_TEXT) {
            return refuse("has a default that is longer than its max_length");
        }
        Ok(())
    }
}

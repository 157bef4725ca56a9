//! Which fields of a record have room for one more value.

use super::{Field, Mapping, Slot};

impl Mapping {
    /// The fields that can have a value, those of its own before those that take it where these are full.
    pub(super) fn room(&self, slot: Slot) -> impl Iterator<Item = &Field> {
        let fits = |field: &&Field| field.holds.is_some_and(|held| slot.fits_in(held));
        let mut fields: Vec<&Field> = self.shown().filter(fits).collect();
        fields.sort_by_key(|field| field.holds != Some(slot));
        fields.into_iter()
    }

    /// That there is no room for one more, as a sentence.
    pub(super) fn no_room(&self, slot: Slot) -> String {
        let label = slot.label();
        match self.room(slot).next() {
            Some(_) => format!("the CRM has no free field for another {label}"),
            None => format!("the CRM has no field for a {label}"),
        }
    }
}

/// The room that is left in a record.
#[derive(Debug)]
pub(in crate::crm) struct Room<'a> {
    mapping: &'a Mapping,
    filled: Vec<String>,
}

impl<'a> Room<'a> {
    /// Beside the fields that are filled.
    pub(in crate::crm) const fn beside(mapping: &'a Mapping, filled: Vec<String>) -> Self {
        Self { mapping, filled }
    }

    /// Takes room for one more value; a list has room for any number. `Err`: there is none, as a sentence.
    pub(in crate::crm) fn take(
        &mut self,
        slot: Slot,
        is_list: impl Fn(&str) -> bool,
    ) -> Result<(), String> {
        let is_free = |field: &&Field| {
            field.locked_because.is_none() && !self.filled.contains(&field.property)
        };
        let mut fields = self.mapping.room(slot);
        let field = fields.find(|field| is_list(&field.property) || is_free(field));
        self.filled.push(field.ok_or_else(|| self.mapping.no_room(slot))?.property.clone());
        Ok(())
    }
}

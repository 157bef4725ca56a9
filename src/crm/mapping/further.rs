//! Parts of a postal address that are looked at and never written.
//!
//! An address changes as a whole, and a CRM has parts of it that no field of a mapping holds: a second line, a
//! district, a state that an admin has hidden. Where one is filled the address cannot become another: it
//! would keep something of the old one, and what we took out we could not bring back.

use super::{Field, Fields, Mapping, Slot};
use crate::contact::Countries;
use serde::Deserialize;

/// A mapping as it stands in a file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    field: Vec<Field>,
    #[serde(default)]
    further: Vec<Field>,
}

impl Mapping {
    /// The mapping of a file of ours.
    pub(in crate::crm) fn of_file(text: &str) -> Self {
        // A test reads each of them.
        let File { field, further } = toml::from_str(text).unwrap_or_default();
        Self { fields: field, further }
    }

    /// The same, which knows what the usual address has that no field in use holds. Nothing of it is known where
    /// the fields are those of another address.
    #[must_use]
    pub(in crate::crm) fn beside(mut self, usual: &Self) -> Self {
        let is_of_address = |field: &&Field| field.holds.is_some_and(Slot::is_of_address);
        let is_shown = |field: &Field| self.shown().any(|it| it.property == field.property);
        let parts = || usual.fields.iter().filter(is_of_address);
        let is_usual = self
            .shown()
            .filter(is_of_address)
            .any(|field| parts().any(|part| part.property == field.property));
        let is_held =
            |field: &&Field| field.holds.is_some_and(|slot| self.places(slot).next().is_some());
        let further = usual.further.iter().chain(parts().filter(|part| !is_held(part)));
        let further = further.filter(|field| is_usual && !is_shown(field));
        self.further = further.cloned().collect();
        self
    }

    /// The part of a record's address that would be left in it if it became another one.
    pub(super) fn left_behind(
        &self,
        now: &Fields,
        new: &[(Slot, String)],
        countries: Countries<'_>,
    ) -> Option<&Field> {
        if self.only_gains(now, new, countries) {
            return None;
        }
        self.further.iter().find(|part| {
            let text = text_of(now, part).trim();
            let comes = part.holds.and_then(|slot| text_in(new, slot).map(|to| (slot, to)));
            let is_same = comes.is_some_and(|(slot, to)| slot.same(text, to, countries));
            !text.is_empty() && !is_same
        })
    }

    /// Whether the address that comes is a record's own, of which one may say more than the other.
    fn only_gains(&self, now: &Fields, new: &[(Slot, String)], countries: Countries<'_>) -> bool {
        let parts = new.iter().filter_map(|(slot, comes)| {
            let there = text_of(now, self.places(*slot).next()?).trim();
            let says_more = there.is_empty() || comes.is_empty();
            Some((*slot, says_more, slot.same(there, comes, countries)))
        });
        let parts: Vec<(Slot, bool, bool)> = parts.collect();
        let is_place = |slot| matches!(slot, Slot::Street | Slot::Postcode | Slot::City);
        let is_known =
            parts.iter().any(|&(slot, says_more, is_same)| is_place(slot) && !says_more && is_same);
        let may_gain = |slot| is_known && slot != Slot::Street;
        parts.iter().all(|&(slot, says_more, is_same)| is_same || (says_more && may_gain(slot)))
    }
}

fn text_of<'a>(now: &'a Fields, field: &Field) -> &'a str {
    now.get(&field.property).map_or("", String::as_str)
}

fn text_in(address: &[(Slot, String)], slot: Slot) -> Option<&str> {
    address.iter().find(|(of, _)| *of == slot).map(|(_, text)| text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::crm_connections::Kind;

    fn further(change: impl Fn(&mut Field)) -> Vec<String> {
        let usual = Mapping::usual(Kind::Salesforce).expect("Salesforce has fields");
        let mut own = Mapping { fields: usual.fields.clone(), ..Mapping::default() };
        own.fields.iter_mut().for_each(change);
        own.beside(&usual).further.into_iter().map(|field| field.property).collect()
    }

    #[test]
    fn what_an_admin_hides_of_an_address_is_a_part_that_no_field_holds() {
        assert_eq!(further(|_| {}), [""; 0]);
        let is_state = |field: &Field| field.property == "MailingState";
        assert_eq!(further(|field| field.hidden = is_state(field)), ["MailingState"]);
        let as_code = |field: &mut Field| {
            if is_state(field) {
                field.property.push_str("Code");
            }
        };
        assert_eq!(further(as_code), [""; 0], "another field holds it");
        let elsewhere = |field: &mut Field| {
            field.hidden = is_state(field);
            field.property = field.property.replace("Mailing", "Other");
        };
        assert_eq!(further(elsewhere), [""; 0], "of another address");
        let nowhere = |field: &mut Field| field.hidden = field.property.starts_with("Mailing");
        assert_eq!(further(nowhere), [""; 0]);
    }

    #[test]
    fn a_part_that_comes_as_it_is_already_is_in_nobodys_way() {
        let usual = Mapping::usual(Kind::Salesforce).expect("Salesforce has fields");
        let mut own = usual.clone();
        own.fields.retain(|field| field.property != "MailingCountry");
        let own = own.beside(&usual);
        let now = [("MailingStreet", "Domstraße 7"), ("MailingCountry", "Germany")];
        let now = now.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let left = |country: &str| {
            let new = [(Slot::Street, "Weg 1".into()), (Slot::Country, country.to_owned())];
            own.left_behind(&now, &new, Countries::usual("DE")).is_some()
        };
        assert!(!left("DE") && left("AT") && left(""));
    }
}

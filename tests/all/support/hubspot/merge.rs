//! Contacts and companies that are merged: they become one that is new, and both ids lead to it from then on
//! (<https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies>).

use super::world::{Object, World};
use std::collections::BTreeMap;

impl World {
    /// A colleague merges another contact into a first one, whose values are kept; answers the id of what they
    /// have become.
    pub(crate) fn merge(&mut self, primary: u64, other: u64) -> u64 {
        let first = self.contacts.remove(&primary).unwrap();
        let second = self.contacts.remove(&other).unwrap();
        let mut properties = BTreeMap::new();
        for object in [&second, &first] {
            let filled = object.properties.iter().filter(|(_, text)| !text.is_empty());
            properties.extend(filled.map(|(name, text)| (name.clone(), text.clone())));
        }
        let further = second.texts("email").chain(second.texts("hs_additional_emails"));
        let further = first.texts("hs_additional_emails").chain(further);
        properties.insert("hs_additional_emails".into(), further.collect::<Vec<_>>().join(";"));
        // Of those that had been merged before, too.
        let ids = [(primary, &first), (other, &second)].into_iter().flat_map(|(id, object)| {
            let before = object.texts("hs_merged_object_ids").map(str::to_owned);
            before.chain([id.to_string()])
        });
        properties.insert("hs_merged_object_ids".into(), ids.collect::<Vec<_>>().join(";"));
        let id = self.insert("contacts", properties);
        self.contacts.get_mut(&id).unwrap().companies = first.companies;
        for place in self.merged.values_mut().filter(|place| [primary, other].contains(place)) {
            *place = id;
        }
        self.merged.extend([(primary, id), (other, id)]);
        id
    }

    /// A colleague merges another company into a first one, whose values are kept, and with whom the contacts of
    /// both are then; answers the id of what they have become.
    pub(crate) fn merge_companies(&mut self, primary: u64, other: u64) -> u64 {
        let first = self.companies.remove(&primary).unwrap();
        self.companies.remove(&other).unwrap();
        let id = self.insert("companies", first.properties);
        for contact in self.contacts.values_mut() {
            for company in [primary, other] {
                if let Some(link) = contact.companies.remove(&company) {
                    contact.companies.insert(id, link);
                }
            }
        }
        for place in self.merged.values_mut().filter(|place| [primary, other].contains(place)) {
            *place = id;
        }
        self.merged.extend([(primary, id), (other, id)]);
        id
    }

    /// The id of the contact or company that an id leads to.
    pub(super) fn led_to(&self, id: u64) -> u64 {
        self.merged.get(&id).copied().unwrap_or(id)
    }
}

impl Object {
    /// The texts of a property that holds several.
    fn texts(&self, property: &str) -> impl Iterator<Item = &str> {
        let all = self.properties.get(property).map_or("", String::as_str);
        all.split(';').filter(|text| !text.is_empty())
    }
}

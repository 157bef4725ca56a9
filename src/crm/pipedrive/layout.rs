//! A person laid out for the mapping: a field with one text for each entry of its lists.
//!
//! A mapping knows fields with one text each; a person at Pipedrive has lists of e-mail addresses and
//! phone numbers, each entry with a label, one of them primary. Here every entry becomes a field of its
//! own, `phones.mobile`, `phones.mobile.2`, and where something may be added there are empty ones.

use super::answer::Person;
use crate::contact::Contact;
use crate::crm::mapping::{Field, Fields, Mapping, Slot};
use serde_json::Value;
use std::collections::BTreeMap;

/// The lists of a person, and what their entries hold.
pub(super) const LISTS: [(&str, Slot); 2] = [("emails", Slot::Email), ("phones", Slot::Phone)];
/// Entries of a list that are looked at; what is beyond stays as it is.
const MAX_ENTRIES: usize = 50;

/// A person as the mapping sees it.
pub(super) struct Layout {
    /// The mapping with a field for each entry.
    pub(super) mapping: Mapping,
    /// What is in the fields.
    pub(super) fields: Fields,
    /// Which entry of which list a field is: its place there, or the label of one to be added.
    pub(super) entries: BTreeMap<String, Entry>,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `emails` or `phones`.
    pub(super) list: &'static str,
    /// Its place; `None`: it is to be added.
    pub(super) at: Option<usize>,
    pub(super) label: String,
}

/// Lays a person out; `None`: one that is to be made. `organization` is the name of theirs, and there
/// is room for all that `room` has.
pub(super) fn lay_out(
    mapping: &Mapping,
    person: Option<&Person>,
    organization: Option<&str>,
    room: &Contact,
) -> Layout {
    let mut layout =
        Layout { mapping: mapping.clone(), fields: Fields::new(), entries: BTreeMap::new() };
    layout.mapping.fields.clear();
    for (list, _) in LISTS {
        layout.entries_of(list, mapping, person);
    }
    for field in &mapping.fields {
        match list_of(&field.property) {
            Some((list, label)) => layout.empty_ones(list, label, field, room),
            None => layout.mapping.fields.push(field.clone()),
        }
    }
    for property in mapping.properties().filter(|name| list_of(name).is_none()) {
        let text = match property {
            "org_id" => organization.map(str::to_owned),
            property => person.and_then(|person| text_at(person, property)),
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            layout.fields.insert(property.to_owned(), text);
        }
    }
    layout
}

impl Layout {
    fn entries_of(&mut self, list: &'static str, mapping: &Mapping, person: Option<&Person>) {
        let labelled = |label: &str| {
            let all = mapping.fields.iter();
            all.filter(|field| list_of(&field.property).is_some_and(|(of, _)| of == list))
                .find(|field| list_of(&field.property).is_some_and(|(_, its)| its == label))
        };
        let usual = LISTS.iter().find(|(name, _)| *name == list).map(|(_, slot)| *slot);
        let first = mapping.fields.iter().find(|field| {
            list_of(&field.property).is_some_and(|(of, _)| of == list)
                && !field.hidden
                && field.holds == usual
        });
        let all = person.and_then(|person| person.rest.get(list)).and_then(Value::as_array);
        let mut all: Vec<(usize, &Value)> = all.into_iter().flatten().enumerate().collect();
        all.truncate(MAX_ENTRIES);
        all.sort_by_key(|(_, entry)| !is_primary(entry));
        for (at, entry) in all {
            let label = label_of(entry);
            let Some(template) = labelled(&label).or(first) else { continue };
            let entry_text = entry.get("value").and_then(Value::as_str).unwrap_or_default();
            let entry = Entry { list, at: Some(at), label };
            self.push(template, entry, Some(entry_text.to_owned()));
        }
    }

    /// As many empty fields as there could be entries of this label.
    fn empty_ones(&mut self, list: &'static str, label: &str, field: &Field, room: &Contact) {
        let count = field.holds.map_or(0, |slot| slot.texts(room).len());
        for nth in 0..count.clamp(1, MAX_ENTRIES) {
            let mut template = field.clone();
            if nth > 0 {
                (template.required, template.default) = (false, None);
            }
            self.push(&template, Entry { list, at: None, label: label.to_owned() }, None);
        }
    }

    fn push(&mut self, template: &Field, entry: Entry, text: Option<String>) {
        let name = format!("{}.{}", entry.list, entry.label);
        let nth =
            self.entries.values().filter(|it| it.list == entry.list && it.label == entry.label);
        let property = match nth.count() {
            0 => name,
            before => format!("{name}.{}", before.saturating_add(1)),
        };
        self.fields.extend(text.map(|text| (property.clone(), text)));
        self.mapping.fields.push(Field { property: property.clone(), ..template.clone() });
        self.entries.insert(property, entry);
    }
}

/// The list and the label that a field of the mapping names.
pub(super) fn list_of(property: &str) -> Option<(&'static str, &str)> {
    let (list, label) = property.split_once('.').unwrap_or((property, "work"));
    LISTS.iter().find(|(name, _)| *name == list).map(|(name, _)| (*name, label))
}

fn is_primary(entry: &Value) -> bool {
    entry.get("primary").and_then(Value::as_bool).unwrap_or(false)
}

/// An entry's label as a name of the mapping can hold it.
fn label_of(entry: &Value) -> String {
    let label = entry.get("label").and_then(Value::as_str).unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let label: String = label.to_ascii_lowercase().chars().filter(plain).take(20).collect();
    if label.is_empty() { "work".into() } else { label }
}

/// What a field of a person says, as text. A street with its number is one text; an address whose
/// parts nobody knows is its street.
fn text_at(person: &Person, property: &str) -> Option<String> {
    let address = person.rest.get("postal_address");
    let part = |name: &str| address.and_then(|it| it.get(name)).and_then(plain);
    match property {
        "postal_address.route" => {
            let street: Vec<String> =
                ["route", "street_number"].into_iter().filter_map(part).collect();
            let known = ["postal_code", "locality", "admin_area_level_1", "country"];
            let is_whole = street.is_empty() && known.into_iter().all(|name| part(name).is_none());
            if is_whole { part("value") } else { Some(street.join(" ")) }
        }
        "owner_id" | "name" | "job_title" => person.rest.get(property).and_then(plain),
        property => {
            if let Some(name) = property.strip_prefix("postal_address.") {
                return part(name);
            }
            let custom = person.rest.get("custom_fields").and_then(|all| all.get(property));
            custom.or_else(|| person.rest.get(property)).and_then(plain)
        }
    }
}

/// A value as text: of an address or an amount what it is, of several options all.
fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().filter_map(plain).collect();
            all.join(",")
        }
        Value::Object(object) => return object.get("value").or(object.get("id")).and_then(plain),
        Value::Null => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::crm_connections::Kind;
    use serde_json::json;

    fn person(value: Value) -> Person {
        serde_json::from_value(value).expect("it is one")
    }

    fn usual() -> Mapping {
        Mapping::usual(Kind::Pipedrive).expect("Pipedrive has fields")
    }

    #[test]
    fn every_entry_is_a_field_and_there_is_room_for_more() {
        let anna = person(json!({
            "id": 7, "name": "Anna Müller",
            "phones": [
                {"value": "0931 1", "label": "Home", "primary": false},
                {"value": "0170 1", "label": "mobile", "primary": true},
                {"value": "0170 2", "label": "mobile"}, {"value": "0931 2", "label": null},
            ],
            "postal_address": {"value": "x", "route": "Hauptstraße", "street_number": "5"},
        }));
        let layout = lay_out(&usual(), Some(&anna), Some("Exempla"), &Contact::default());
        let text = |name: &str| layout.fields.get(name).map(String::as_str);
        assert_eq!(text("phones.mobile"), Some("0170 1"));
        assert_eq!(text("phones.mobile.2"), Some("0170 2"));
        assert_eq!((text("phones.home"), text("phones.work")), (Some("0931 1"), Some("0931 2")));
        assert_eq!(text("postal_address.route"), Some("Hauptstraße 5"));
        assert_eq!(text("org_id"), Some("Exempla"));
        assert_eq!(layout.entries["phones.mobile"].at, Some(1));
        assert_eq!(layout.entries["phones.mobile.3"].at, None);
        let read = layout.mapping.read(&layout.fields, "DE");
        assert_eq!(read.name.expect("it has one").value.full, "Anna Müller");
    }

    #[test]
    fn whatever_a_person_is_something_is_laid_out() {
        for odd in [json!({}), json!([]), json!("x"), json!([1, {"value": 1}, {"label": "."}])] {
            let anna = person(json!({"id": 1, "phones": odd, "emails": odd, "name": odd,
                                     "postal_address": odd, "custom_fields": odd}));
            let layout = lay_out(&usual(), Some(&anna), None, &Contact::default());
            assert!(layout.mapping.fields.len() >= usual().fields.len());
        }
    }

    #[test]
    fn a_whole_address_is_its_street_when_its_parts_are_not_known() {
        let anna = person(json!({"id": 1, "postal_address": {"value": "Hof 5, 97070 Würzburg"}}));
        assert_eq!(
            text_at(&anna, "postal_address.route").as_deref(),
            Some("Hof 5, 97070 Würzburg")
        );
        assert_eq!(text_at(&anna, "postal_address.locality"), None);
    }
}

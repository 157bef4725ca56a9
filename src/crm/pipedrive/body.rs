//! A change as Pipedrive takes it: lists as a whole, addresses in parts, each field in its type.

use super::answer::Person;
use super::layout::{Entry, LISTS, Layout};
use crate::contact::PostalAddress;
use crate::crm::mapping::Edit;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const ADDRESS: &str = "postal_address";

/// The body of a request that makes these edits, but for the organization; or why they cannot be made,
/// as one sentence. `types` are those of the account's fields.
pub(super) fn body(
    layout: &Layout,
    person: Option<&Person>,
    edits: &[Edit],
    types: &BTreeMap<String, String>,
) -> Result<Map<String, Value>, String> {
    let (mut body, mut custom) = (Map::new(), Map::new());
    for (list, _) in LISTS {
        let ours =
            edits.iter().filter_map(|edit| Some((layout.entries.get(&edit.property)?, edit)));
        let ours: Vec<(&Entry, &Edit)> = ours.filter(|(entry, _)| entry.list == list).collect();
        if !ours.is_empty() {
            body.insert(list.into(), entries(list, person, &ours));
        }
    }
    let parts = edits.iter().filter_map(|edit| {
        let (address, part) = edit.property.split_once('.')?;
        (address == ADDRESS).then_some((part, edit.to.as_str()))
    });
    let parts: Vec<(&str, &str)> = parts.collect();
    if !parts.is_empty() {
        body.insert(ADDRESS.into(), address(person, &parts));
    }
    for Edit { property, to, .. } in edits {
        match property.as_str() {
            "org_id" => {}
            "name" | "job_title" => {
                body.insert(property.clone(), json!(to));
            }
            property if layout.entries.contains_key(property) || property.contains('.') => {}
            property => {
                let kind = if property == "owner_id" {
                    "user"
                } else {
                    types.get(property).map_or("varchar", String::as_str)
                };
                let value = typed(kind, to).ok_or_else(|| {
                    format!("the field `{property}` takes no such value; look at its default")
                })?;
                let is_custom =
                    property.len() == 40 && property.chars().all(|c| c.is_ascii_hexdigit());
                let place = if is_custom { &mut custom } else { &mut body };
                place.insert(property.into(), value);
            }
        }
    }
    if !custom.is_empty() {
        body.insert("custom_fields".into(), Value::Object(custom));
    }
    Ok(body)
}

/// A list after the edits: what is not touched stays with its label, and one entry is primary.
fn entries(list: &str, person: Option<&Person>, edits: &[(&Entry, &Edit)]) -> Value {
    let all = person.and_then(|person| person.rest.get(list)).and_then(Value::as_array);
    let mut all: Vec<Value> = all.cloned().unwrap_or_default();
    let mut added = Vec::new();
    for (entry, edit) in edits {
        match (entry.at.and_then(|at| all.get_mut(at)), edit.to.is_empty()) {
            (Some(there), true) => *there = Value::Null,
            (Some(there), false) => there["value"] = json!(edit.to),
            (None, true) => {}
            (None, false) => {
                added.push(json!({"value": edit.to, "label": entry.label, "primary": false}));
            }
        }
    }
    let mut all: Vec<Value> = all.into_iter().chain(added).filter(Value::is_object).collect();
    let primary = all.iter().position(|entry| entry["primary"] == json!(true)).unwrap_or(0);
    for (at, entry) in all.iter_mut().enumerate() {
        entry["primary"] = json!(at == primary);
    }
    Value::Array(all)
}

/// Parts of an address that Pipedrive finds on a map, and nobody types.
const FOUND: [&str; 2] = ["sublocality", "admin_area_level_2"];

/// The address with these parts changed, and the whole of it, which is what people see. In another place what the
/// map said of the old one goes.
fn address(person: Option<&Person>, parts: &[(&str, &str)]) -> Value {
    let there = person.and_then(|person| person.rest.get(ADDRESS)).and_then(Value::as_object);
    let texts = there.into_iter().flatten().filter(|(_, value)| value.is_string());
    let mut all: Map<String, Value> =
        texts.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (part, to) in parts {
        if *part == "route" {
            all.insert("street_number".into(), json!(""));
        }
        if matches!(*part, "route" | "locality") {
            let found = all.iter_mut().filter(|(name, _)| FOUND.contains(&name.as_str()));
            found.for_each(|(_, text)| *text = json!(""));
        }
        all.insert((*part).to_owned(), json!(to));
    }
    let part = |name: &str| {
        let text = all.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let joined = |parts: Vec<String>, by: &str| (!parts.is_empty()).then(|| parts.join(by));
    let street = joined(["route", "street_number"].into_iter().filter_map(part).collect(), " ");
    let whole = PostalAddress {
        street: joined(street.into_iter().chain(part("subpremise")).collect(), ", "),
        postcode: part("postal_code"),
        city: part("locality"),
        region: part("admin_area_level_1"),
        country: part("country"),
    };
    all.insert("value".into(), json!(whole.display()));
    Value::Object(all)
}

/// A text in a field's type; `None` if it cannot be one.
fn typed(kind: &str, text: &str) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    let number = |text: &str| text.trim().parse::<i64>().ok().map(Value::from);
    match kind {
        "int" | "user" | "enum" | "org" | "people" | "visible_to" => number(text),
        "double" => text.trim().parse::<f64>().ok().map(Value::from),
        "set" => text.split(',').map(number).collect::<Option<Vec<_>>>().map(Value::Array),
        "boolean" => text.trim().parse::<bool>().ok().map(Value::from),
        "address" => Some(json!({"value": text})),
        "monetary" | "daterange" | "timerange" | "json" => None,
        _ => Some(json!(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_gains_a_country_is_shown_with_all_of_it() {
        let parts = json!({
            "value": "Hauptstraße 5, Gebäude C, 97070 Würzburg", "route": "Hauptstraße",
            "street_number": "5", "subpremise": "Gebäude C", "postal_code": "97070",
            "locality": "Würzburg", "sublocality": null,
        });
        let anna = serde_json::from_value(json!({"id": 7, "postal_address": parts}));
        let gained = address(Some(&anna.expect("a person")), &[("country", "DE")]);
        let value = gained["value"].as_str().expect("it is shown");
        assert!(value.starts_with("Hauptstraße 5, Gebäude C, 97070 Würzburg"), "{value}");
        assert_eq!(
            (&gained["subpremise"], &gained["country"]),
            (&json!("Gebäude C"), &json!("DE"))
        );
    }

    #[test]
    fn a_text_is_what_its_field_takes_or_nothing() {
        assert_eq!(typed("enum", "12"), Some(json!(12)));
        assert_eq!(typed("set", "1,2"), Some(json!([1, 2])));
        assert_eq!(typed("user", "Rita"), None);
        assert_eq!(typed("double", "nan"), Some(Value::Null));
        assert_eq!(typed("address", "Hof 5"), Some(json!({"value": "Hof 5"})));
        assert_eq!(typed("varchar", ""), Some(Value::Null));
    }
}

//! A party as named fields, and a change of them as Tryton takes it.

use super::answer::{Address, Party};
use super::place::{PARTS, Place};
use super::request::Timestamps;
use crate::clock::Millis;
use crate::crm::mapping::{Change, Fields, Mapping};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// The rows that a change refers to, found before it is made.
#[derive(Debug, Default)]
pub(super) struct Referred {
    /// The country of the address; none: the database does not know it.
    pub(super) country: Option<i64>,
    /// The party that is the employer; none: there is none of that name.
    pub(super) employer: Option<i64>,
}

impl Party {
    /// The fields of the mapping.
    pub(super) fn fields(&self, mapping: &Mapping) -> Fields {
        let all = mapping.properties().map(|name| (name, self.text(&Place::of(name), name)));
        let some = all.filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())));
        some.filter(|(_, text)| !text.is_empty()).collect()
    }

    fn text(&self, place: &Place<'_>, name: &str) -> Option<&str> {
        match *place {
            Place::Own => self.own.get(name)?.as_str(),
            Place::Mechanism { kind, at } => {
                let mut of_kind = self.mechanisms.iter().filter(|it| it.kind == kind);
                of_kind.nth(at)?.value.as_deref()
            }
            Place::Address(part) | Place::Further(part) => self.addresses.first()?.part(part),
            Place::Employer(kind) => {
                let employer = self.employers.iter().find(|relation| relation.kind == kind)?;
                employer.target.name.as_deref()
            }
        }
    }

    /// Tells one state of the party from another: what is `mapped` of it, and when each of its rows
    /// was changed.
    pub(super) fn version(&self, mapped: &str) -> String {
        let mut hash = Sha256::new();
        let rows = self.timestamps();
        let rows = rows.iter().flat_map(|(row, changed)| [row.as_str(), changed]);
        let employers = self.employers.iter().map(|it| format!("{},{}", it.id, it.to));
        let all = rows.map(str::to_owned).chain(employers).chain([mapped.to_owned()]);
        for part in all {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }

    /// When one of its rows was changed last, to the second.
    pub(super) fn changed_at(&self) -> Option<Millis> {
        let times = self.timestamps().into_values();
        let seconds = times.filter_map(|time| time.split('.').next()?.parse::<i64>().ok());
        seconds.max().map(|seconds| Millis(seconds.saturating_mul(1_000)))
    }

    /// When each of its rows was changed.
    pub(super) fn timestamps(&self) -> Timestamps {
        let party = (format!("party.party,{}", self.id), self.changed.clone());
        let mechanisms = self.mechanisms.iter();
        let mechanisms =
            mechanisms.map(|it| (format!("party.contact_mechanism,{}", it.id), it.changed.clone()));
        let addresses = self.addresses.iter();
        let addresses =
            addresses.map(|it| (format!("party.address,{}", it.id), it.changed.clone()));
        [party].into_iter().chain(mechanisms).chain(addresses).collect()
    }
}

impl Address {
    fn part(&self, name: &str) -> Option<&str> {
        match name {
            "street" => self.street.as_deref(),
            "postal_code" => self.postal_code.as_deref(),
            "city" => self.city.as_deref(),
            "country" => self.country.as_ref()?.code.as_deref(),
            "subdivision" => self.subdivision.as_ref()?.code.as_deref(),
            part => self.further.get(part)?.as_str(),
        }
    }
}

/// What `create` or `write` takes so that the change comes to be. `now`: the party as it is; none: a
/// new one.
pub(super) fn values(now: Option<&Party>, change: &Change, referred: &Referred) -> Value {
    let mut values = Map::new();
    let (mut mechanisms, mut relations, mut address) = (Vec::new(), Vec::new(), Map::new());
    for edit in &change.edits {
        let to = &edit.to;
        match Place::of(&edit.property) {
            Place::Own => {
                values.insert(edit.property.clone(), text(to));
            }
            Place::Mechanism { kind, at } => {
                let mut of_kind =
                    now.into_iter().flat_map(|it| &it.mechanisms).filter(|it| it.kind == kind);
                mechanisms.push(match of_kind.nth(at) {
                    Some(there) if to.is_empty() => json!(["delete", [there.id]]),
                    Some(there) => json!(["write", [there.id], {"value": to}]),
                    None => json!(["create", [{"type": kind, "value": to}]]),
                });
            }
            Place::Address("country") => {
                address.insert("country".into(), json!(referred.country));
            }
            Place::Address(part) => {
                address.insert(part.to_owned(), text(to));
            }
            Place::Further(_) => {}
            Place::Employer(kind) => {
                let mut employers = now.into_iter().flat_map(|it| &it.employers);
                let there = employers.find(|relation| relation.kind == kind);
                relations.extend(match (there, referred.employer) {
                    (Some(there), _) if to.is_empty() => Some(json!(["delete", [there.id]])),
                    (Some(there), Some(id)) => Some(json!(["write", [there.id], {"to": id}])),
                    (None, Some(id)) => Some(json!(["create", [{"to": id, "type": kind}]])),
                    (_, None) => None,
                });
            }
        }
    }
    let there = now.and_then(|now| now.addresses.first());
    let left = |part: &&str| match address.get(*part) {
        Some(new) => !new.is_null(),
        None => there.is_some_and(|it| it.part(part).is_some_and(|text| !text.is_empty())),
    };
    let addresses = match there {
        _ if address.is_empty() => None,
        Some(there) if !PARTS.iter().any(left) => Some(json!([["delete", [there.id]]])),
        Some(there) => Some(json!([["write", [there.id], address]])),
        None => Some(json!([["create", [address]]])),
    };
    let some = |list: Vec<Value>| (!list.is_empty()).then(|| json!(list));
    let lists = [
        ("contact_mechanisms", some(mechanisms)),
        ("addresses", addresses),
        ("relations", some(relations)),
    ];
    values.extend(lists.into_iter().filter_map(|(name, list)| Some((name.to_owned(), list?))));
    Value::Object(values)
}

fn text(to: &str) -> Value {
    if to.is_empty() { Value::Null } else { json!(to) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::mapping::Edit;

    fn party() -> Party {
        let party = json!({
            "id": 7, "active": 1, "_timestamp": "1.5", "create_uid": 2, "create_date": null,
            "name": "Anna",
            "contact_mechanisms.": [
                {"id": 1, "type": "phone", "value": "+49 931 1", "active": 1, "_timestamp": "2.5"},
                {"id": 2, "type": "email", "value": "a@b.example", "active": 1, "_timestamp": "3.5"},
                {"id": 3, "type": "phone", "value": "+49 931 2", "active": 1, "_timestamp": "4.5"},
            ],
            "addresses.": [{
                "id": 4, "street": "Weg 1", "postal_code": null, "city": "Gotha", "country.": null,
                "active": true, "_timestamp": "5.5",
            }],
        });
        serde_json::from_value(party).expect("as Tryton answers")
    }

    fn change(edits: &[(&str, &str)]) -> Change {
        let edits = edits.iter().map(|(property, to)| Edit {
            property: (*property).into(),
            from: String::new(),
            to: (*to).into(),
        });
        Change { edits: edits.collect(), ..Change::default() }
    }

    #[test]
    fn a_change_touches_the_rows_it_is_about() {
        let edits = [("phone_2", "+49 931 3"), ("email", ""), ("mobile", "+49 170 1")];
        let wanted = values(Some(&party()), &change(&edits), &Referred::default());
        let mechanisms = json!([
            ["write", [3], {"value": "+49 931 3"}],
            ["delete", [2]],
            ["create", [{"type": "mobile", "value": "+49 170 1"}]],
        ]);
        assert_eq!(wanted, json!({"contact_mechanisms": mechanisms}));
        assert_eq!(party().timestamps().len(), 5);
    }

    #[test]
    fn an_address_of_which_nothing_is_left_goes() {
        let address = |edits: &[(&str, &str)], country| {
            let referred = Referred { country, employer: None };
            values(Some(&party()), &change(edits), &referred)["addresses"].clone()
        };
        let gone = address(&[("address.street", ""), ("address.city", "")], None);
        assert_eq!(gone, json!([["delete", [4]]]));
        let moved = address(&[("address.city", ""), ("address.country", "DE")], Some(9));
        assert_eq!(moved, json!([["write", [4], {"city": null, "country": 9}]]));
        let street = address(&[("address.street", "")], None);
        assert_eq!(street, json!([["write", [4], {"street": null}]]));
    }

    #[test]
    fn an_employer_is_related_exchanged_or_let_go() {
        let mut anna = party();
        let related = |party: &Party, to: &str, employer| {
            let referred = Referred { country: None, employer };
            values(Some(party), &change(&[("relation.5", to)]), &referred)["relations"].clone()
        };
        let new = json!([["create", [{"to": 11, "type": 5}]]]);
        assert_eq!(related(&anna, "Exempla GmbH", Some(11)), new);
        assert_eq!(related(&anna, "Nobody knows it", None), Value::Null);
        let relation = json!({
            "id": 20, "from_": 7, "to": 10, "type": 5, "to.": {"name": "Probe AG"},
        });
        anna.employers = vec![serde_json::from_value(relation).expect("as Tryton answers")];
        let other = json!([["write", [20], {"to": 11}]]);
        assert_eq!(related(&anna, "Exempla GmbH", Some(11)), other);
        assert_eq!(related(&anna, "", None), json!([["delete", [20]]]));
        assert_ne!(anna.version(""), party().version(""));
    }
}

//! What a person may be: the fields that there are, and what each takes.

use super::world::World;
use serde_json::{Map, Value, json};

/// A field of the account's own, for numbers of one option.
pub(crate) const SOURCE: &str = "0123456789abcdef0123456789abcdef01234567";

const ADDRESS: [&str; 10] = [
    "value",
    "country",
    "admin_area_level_1",
    "admin_area_level_2",
    "locality",
    "sublocality",
    "route",
    "street_number",
    "subpremise",
    "postal_code",
];

/// Why an organization is not to be taken.
pub(super) fn wrong_organization(body: &Map<String, Value>) -> Option<&'static str> {
    let is_text =
        |key: &str| body.get(key).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
    if !is_text("name") {
        return Some("Validation failed: name: Required field is missing");
    }
    let good = body.iter().all(|(key, value)| match key.as_str() {
        "name" | "website" => is_text(key),
        "address" => is_address(value),
        _ => false,
    });
    (!good).then_some("Validation failed: organization")
}

impl World {
    /// Why a body is not to be taken.
    pub(super) fn wrong(&self, body: &Map<String, Value>) -> Option<String> {
        body.iter().find_map(|(key, value)| {
            let good = match key.as_str() {
                "name" => value.as_str().is_some_and(|name| !name.is_empty()),
                "org_id" => {
                    value.is_null()
                        || value.as_u64().is_some_and(|id| self.organizations.contains_key(&id))
                }
                "owner_id" => [77, 79].iter().any(|id| value == id),
                "emails" | "phones" => are_entries(value),
                "job_title" => self.contact_sync && value.is_string(),
                "postal_address" => self.contact_sync && is_address(value),
                "custom_fields" => value.as_object().is_some_and(|all| {
                    all.iter()
                        .all(|(key, value)| key == SOURCE && (value.is_null() || value.is_u64()))
                }),
                _ => false,
            };
            (!good).then(|| format!("Validation failed: {key}: secretword {value}"))
        })
    }

    /// The fields that persons have.
    pub(super) fn fields(&self) -> Value {
        let mut fields = vec![
            ("name", "varchar"),
            ("emails", "varchar"),
            ("phones", "phone"),
            ("org_id", "org"),
            ("owner_id", "user"),
            (SOURCE, "enum"),
        ];
        if self.contact_sync {
            fields.extend([("job_title", "varchar"), ("postal_address", "address")]);
        }
        let shown = fields.into_iter().map(|(code, kind)| {
            json!({
                "field_name": code, "field_code": code, "field_type": kind,
                "is_custom_field": code == SOURCE, "is_optional_response_field": false,
                "options": null, "subfields": null,
            })
        });
        json!({"success": true, "data": shown.collect::<Vec<_>>(), "additional_data": {}})
    }
}

/// Entries with a value, a label and at most one that is primary.
fn are_entries(value: &Value) -> bool {
    let Some(all) = value.as_array() else { return false };
    let is_entry = |entry: &Value| {
        let keys = ["value", "label", "primary"];
        entry.as_object().is_some_and(|it| it.keys().all(|key| keys.contains(&key.as_str())))
            && entry["value"].as_str().is_some_and(|text| !text.is_empty())
            && (entry["label"].is_string() && entry["primary"].is_boolean())
    };
    all.iter().all(is_entry) && all.iter().filter(|it| it["primary"] == true).count() <= 1
}

fn is_address(value: &Value) -> bool {
    let Some(parts) = value.as_object() else { return false };
    parts.iter().all(|(key, value)| ADDRESS.contains(&key.as_str()) && value.is_string())
}

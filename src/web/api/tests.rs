//! The description is whole: every operation says what it is, what it needs and what it answers.

use super::operations;
use crate::store::tokens::Scope;
use serde_json::Value;
use std::collections::BTreeSet;

fn description() -> Value {
    let (_, description) = operations().split_for_parts();
    serde_json::to_value(description).expect("JSON")
}

fn each_operation(description: &Value, mut look: impl FnMut(&str, &Value)) {
    let paths = description["paths"].as_object().expect("paths");
    assert!(paths.len() > 15, "operations were found");
    for (path, item) in paths {
        assert!(path.starts_with("/api/v1/"), "{path}");
        for (method, operation) in item.as_object().expect("operations") {
            look(&format!("{method} {path}"), operation);
        }
    }
}

#[test]
fn every_operation_says_what_it_does_and_needs_one_known_scope() {
    let description = description();
    let mut used = BTreeSet::new();
    each_operation(&description, |name, operation| {
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}");
        let scopes = operation["security"][0]["token"].as_array().expect(name);
        assert_eq!(scopes.len(), 1, "{name}");
        let scope = scopes[0].as_str().and_then(Scope::parse).expect(name);
        let reads = name.starts_with("get ");
        assert_eq!(scope.as_str().ends_with(":read"), reads, "{name} needs {}", scope.as_str());
        used.insert(scope);
        assert!(operation["responses"]["401"].is_object(), "{name}");
    });
    assert_eq!(used, BTreeSet::from(Scope::ALL), "every scope opens something");
}

#[test]
fn every_schema_and_every_property_is_described_and_every_reference_leads_somewhere() {
    let description = description();
    let schemas = description["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas {
        assert!(schema["description"].is_string() || schema["allOf"].is_array(), "{name}");
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].is_string(), "{name}.{property}");
        }
    }
    let text = description.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[test]
fn no_schema_that_is_answered_has_a_password() {
    let description = description();
    let schemas = description["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas {
        let secret = |all: &serde_json::Map<_, _>| {
            all.contains_key("password") || all.contains_key("client_secret")
        };
        let has = schema["properties"].as_object().is_some_and(secret);
        let asked = [
            "CrmSettings",
            "GraphAppSettings",
            "MailboxServer",
            "NewMailbox",
            "NewPassword",
            "OauthAppSettings",
            "TechnicalUserSettings",
        ]
        .contains(&name.as_str());
        assert_eq!(has, asked, "{name}");
    }
}

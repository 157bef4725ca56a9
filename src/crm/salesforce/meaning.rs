//! What the codes of refusals mean, and what to do
//! (<https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm>).

/// Whom a refusal is about.
#[derive(Clone, Copy)]
pub(super) enum About {
    /// This one record and its values.
    Value,
    /// What the app's user may do.
    Right,
    /// A kind of records.
    Kind,
    /// A field of the mapping.
    Field,
    /// The mapping, or the org as a whole.
    All,
}

/// What a code means, as a sentence in which `{}` stands for the names of the fields.
pub(super) fn meaning_of(code: &str) -> Option<(About, &'static str)> {
    use About::{All, Field, Kind, Right, Value};
    Some(match code {
        "STRING_TOO_LONG" => {
            (Value, "Salesforce takes no text so long in {}; set its max_length in the mapping")
        }
        "REQUIRED_FIELD_MISSING" => (
            Value,
            "Salesforce wants a value in {}; add it, or give the field a default in the \
             mapping",
        ),
        "FIELD_CUSTOM_VALIDATION_EXCEPTION" => (
            Value,
            "a validation rule of Salesforce does not allow {}; change the value, or look \
             at the rule",
        ),
        "FIELD_INTEGRITY_EXCEPTION" => (
            Value,
            "Salesforce does not take the value of {}; countries and states may have to be \
             of its lists, see the documentation",
        ),
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" => (
            Value,
            "Salesforce takes in {} only what is in its list; hide the field, or widen the \
             list",
        ),
        "INVALID_EMAIL_ADDRESS" => (Value, "Salesforce takes no such address in {}"),
        "INVALID_FIELD_FOR_INSERT_UPDATE" => (
            Value,
            "Salesforce does not let {} be written: give the app's user the right to edit \
             it, or hide it in the mapping; of a person account the name is the account's",
        ),
        "INVALID_TYPE_ON_FIELD_IN_RECORD" => {
            (Value, "Salesforce takes no text in {}; hide the field in the mapping")
        }
        "DUPLICATE_VALUE" => {
            (Value, "another record has the value of {}, which Salesforce allows once")
        }
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" => {
            (Value, "a trigger in Salesforce does not allow it; ask who made it")
        }
        "CANNOT_EXECUTE_FLOW_TRIGGER" => {
            (Value, "a flow in Salesforce does not allow it; ask who made it")
        }
        "INVALID_CROSS_REFERENCE_KEY" => {
            (Value, "{} names a record that is not there; look at the defaults in the mapping")
        }
        "MALFORMED_ID" => (Value, "{} names no record; look at the defaults in the mapping"),
        "INACTIVE_OWNER_OR_USER" => (
            Value,
            "the owner of the record is not active; choose another in Salesforce or in the \
             mapping",
        ),
        "DELETE_FAILED" => (Value, "other records in Salesforce hang on it; delete it there"),
        "ENTITY_IS_LOCKED" => (Value, "the record is locked in Salesforce, as for an approval"),
        "INSUFFICIENT_ACCESS" => (
            Right,
            "the user that the app runs as may not do that; give it a permission set that \
             lets it read, create, edit and delete contacts",
        ),
        "INSUFFICIENT_ACCESS_OR_READONLY" => (
            Right,
            "the user that the app runs as may not do that; give it a permission set that \
             lets it read, create, edit and delete contacts, and share the record with it",
        ),
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" => (
            Right,
            "the user that the app runs as may not use a record that this one belongs to, \
             as its account or owner; share it, or give the user more rights",
        ),
        "INVALID_FIELD" => (
            Field,
            "{} is not there, or the user that the app runs as may not see it; hide it in \
             the mapping, or give the user the right",
        ),
        "INVALID_TYPE" => (
            Kind,
            "the user that the app runs as may not see contacts, leads, accounts or users; give \
             it a permission set that lets it",
        ),
        "API_DISABLED_FOR_ORG" => (
            All,
            "the org's edition has no API, or the app's user may not use it; give the user \
             the permission API Enabled",
        ),
        "API_CURRENTLY_DISABLED" => (All, "the org's API is switched off"),
        "STORAGE_LIMIT_EXCEEDED" => (All, "the org's storage is full"),
        _ => return None,
    })
}

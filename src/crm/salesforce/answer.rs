//! What Salesforce answers when all is well.

use super::object::Object;
use crate::clock::Millis;
use crate::crm::CrmError;
use crate::crm::mapping::Fields;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// A time as Salesforce writes it: `2026-11-20T08:00:00.000+0000`.
const STAMP: &[BorrowedFormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond][offset_hour sign:mandatory][offset_minute]"
);
/// A time as HTTP writes it (RFC 9110 §5.6.7).
const HTTP: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// One row of what a query found: the texts of its fields, those of its account as `Account.Name`,
/// without what only fills a field.
#[derive(Debug, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub(super) struct Row(Fields);

impl From<Map<String, Value>> for Row {
    fn from(row: Map<String, Value>) -> Self {
        let mut fields = Fields::new();
        for (name, value) in row {
            match value {
                Value::Object(_) if name == "attributes" => {}
                Value::Object(other) => {
                    let texts = other
                        .into_iter()
                        .filter_map(|(key, value)| Some((format!("{name}.{key}"), text(&value)?)));
                    fields.extend(texts);
                }
                value => fields.extend(text(&value).map(|text| (name, text))),
            }
        }
        let object = Object::of(fields.get("Id").map_or("", String::as_str));
        Self(object.told(fields))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

impl Row {
    /// Its fields that have a value.
    pub(super) const fn fields(&self) -> &Fields {
        &self.0
    }

    pub(super) fn into_fields(self) -> Fields {
        self.0
    }

    /// One field; empty if it has no value.
    pub(super) fn field(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn id(&self) -> &str {
        self.field("Id")
    }

    /// Whether it is in the recycle bin.
    pub(super) fn is_deleted(&self) -> bool {
        self.field("IsDeleted") == "true"
    }

    /// Whether it is a lead that was converted.
    pub(super) fn is_converted(&self) -> bool {
        self.field("IsConverted") == "true"
    }

    /// Its id, and that of the record that it has become: of a lead that was converted the contact, of a record
    /// that was merged the one that was kept. None if it is itself, or nobody.
    pub(super) fn has_become(&self) -> Option<(String, String)> {
        let other = match (self.is_deleted(), self.is_converted()) {
            (true, _) => self.field("MasterRecordId"),
            (_, true) => self.field("ConvertedContactId"),
            _ => "",
        };
        (!other.is_empty()).then(|| (self.id().to_owned(), other.to_owned()))
    }

    /// A field that holds a time.
    pub(super) fn time(&self, name: &str) -> Option<Millis> {
        let at = OffsetDateTime::parse(self.field(name), STAMP).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Millis)
    }

    /// When it was last changed, as `If-Unmodified-Since` takes it.
    pub(super) fn last_modified(&self) -> Option<String> {
        let at = self.time("LastModifiedDate")?.0.div_euclid(1000);
        OffsetDateTime::from_unix_timestamp(at).ok()?.format(HTTP).ok()
    }
}

/// Some of what a query found.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) records: Vec<Row>,
    #[serde(default)]
    next_records_url: Option<String>,
    /// Nobody of the kind is shown to the app's user.
    #[serde(skip)]
    pub(super) is_unseen: bool,
}

impl Page {
    /// What there is to be seen of a kind of which nobody is shown.
    pub(super) fn unseen() -> Self {
        Self { is_unseen: true, ..Self::default() }
    }

    /// What to ask for the next of it with: the last part of the address, which always is ours.
    pub(super) fn next(&self) -> Result<Option<String>, CrmError> {
        let Some(url) = &self.next_records_url else { return Ok(None) };
        let locator = url.rsplit('/').next().unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if locator.is_empty() || locator.len() > 100 || !locator.chars().all(is_plain) {
            return Err(CrmError::not_understood());
        }
        Ok(Some(locator.to_owned()))
    }
}

/// What came of making a record.
#[derive(Debug, Deserialize)]
pub(super) struct Saved {
    pub(super) id: String,
}

/// What can be done with a kind of records.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Description {
    pub(super) createable: bool,
    pub(super) updateable: bool,
    fields: Vec<FieldDescription>,
}

#[derive(Debug, Deserialize)]
struct FieldDescription {
    name: String,
    createable: bool,
    updateable: bool,
}

impl Description {
    /// Whether there is such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Whether a field can be written, in new records only or in all.
    pub(super) fn can_write(&self, name: &str, only_new: bool) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|it| it.name == name && it.createable && (it.updateable || only_new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_texts_with_the_account_in_place() {
        let row: Row = serde_json::from_str(
            r#"{"attributes": {"type": "Contact", "url": "/x"}, "Id": "003", "Email": null,
                "IsDeleted": true, "n": 4, "LastModifiedDate": "2026-11-20T08:00:07.000+0000",
                "Account": {"attributes": {"type": "Account"}, "Name": "Exempla GmbH"},
                "Owner": null, "odd": [1, {"a": "b"}]}"#,
        )
        .unwrap();
        assert_eq!(
            (row.id(), row.field("Account.Name"), row.field("n")),
            ("003", "Exempla GmbH", "4")
        );
        assert!(row.is_deleted() && row.field("Email").is_empty());
        assert_eq!(row.fields().len(), 5);
        assert_eq!(row.last_modified().as_deref(), Some("Fri, 20 Nov 2026 08:00:07 GMT"));
        assert_eq!((row.time("n"), row.has_become()), (None, None));
    }

    #[test]
    fn a_row_names_the_record_that_it_has_become() {
        let other = |deleted: bool, converted: bool| {
            let row = serde_json::json!({
                "Id": "a", "IsDeleted": deleted, "IsConverted": converted,
                "MasterRecordId": "kept", "ConvertedContactId": "contact",
            });
            let row: Row = serde_json::from_value(row).unwrap();
            row.has_become().map(|(_, other)| other)
        };
        assert_eq!(other(true, true).as_deref(), Some("kept"));
        assert_eq!(other(false, true).as_deref(), Some("contact"));
        assert_eq!(other(false, false), None);
    }

    #[test]
    fn the_next_page_is_a_locator_and_never_an_address() {
        let next = |url: &str| {
            let page = serde_json::json!({"records": [], "nextRecordsUrl": url});
            serde_json::from_value::<Page>(page).unwrap().next()
        };
        let told = next("/services/data/v59.0/query/01gRO0000016PIAYA2-500").unwrap();
        assert_eq!(told.as_deref(), Some("01gRO0000016PIAYA2-500"));
        for odd in ["", "https://evil.example/", "/query/..%2f", "/query/a?b"] {
            assert!(next(odd).is_err(), "{odd}");
        }
    }
}

//! What the Web API answers. Its words are never passed on: they repeat what was sent.

use super::query::{is_guid, read_as};
use crate::clock::Millis;
use crate::crm::CrmError;
use crate::crm::http::Answer;
use crate::crm::mapping::{Fields, Mapping};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The name of what a lookup leads to, and of which table it is.
const SHOWN: &str = "@OData.Community.Display.V1.FormattedValue";
const TABLE: &str = "@Microsoft.Dynamics.CRM.lookuplogicalname";

/// The column that names the row which another was merged into.
pub(super) const MASTER: &str = "masterid";

/// A row of a table.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Row(Map<String, Value>);

impl Row {
    /// A column's text, if it has one.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.as_str()
    }

    /// The id in a column, in lower case.
    pub(super) fn id(&self, column: &str) -> Option<String> {
        self.text(column).filter(|id| is_guid(id)).map(str::to_ascii_lowercase)
    }

    /// Tells one state of it from another; opaque.
    pub(super) fn etag(&self) -> &str {
        self.text("@odata.etag").unwrap_or_default()
    }

    /// The id of a row that is gone, if the row says that.
    pub(super) fn gone(&self) -> Option<String> {
        self.text("@odata.context").filter(|context| context.ends_with("/$deletedEntity"))?;
        self.id("id")
    }

    /// Whether it is in use; what was merged into another one, or taken out of use, is not.
    pub(super) fn is_active(&self) -> bool {
        self.0.get("statecode").is_none_or(|state| state.as_i64() == Some(0))
    }

    /// The id of the row that it was merged into, which took it out of use
    /// (<https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/contact>).
    pub(super) fn became(&self) -> Option<String> {
        self.id(&read_as(MASTER)).filter(|_| !self.is_active())
    }

    /// The id of the company or of whom it belongs to.
    pub(super) fn parent(&self) -> Option<String> {
        self.id(&read_as("parentcustomerid"))
    }

    /// When it was changed last.
    pub(super) fn modified(&self) -> Option<Millis> {
        let at = OffsetDateTime::parse(self.text("modifiedon")?, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Millis)
    }

    /// What the columns of a mapping have; of the company its name.
    pub(super) fn fields(&self, mapping: &Mapping) -> Fields {
        let columns = mapping.properties();
        columns.filter_map(|column| Some((column.to_owned(), self.shown(column)?))).collect()
    }

    fn shown(&self, column: &str) -> Option<String> {
        let key = read_as(column);
        if column == "parentcustomerid" {
            let table = self.text(&format!("{key}{TABLE}"));
            return match table {
                // A contact can belong to a contact: that one is no company.
                Some(table) if table != "account" => None,
                _ => self.text(&format!("{key}{SHOWN}")).map(str::to_owned),
            };
        }
        match self.0.get(&key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// What tells one state of the mapped columns from another: of the company its id.
    pub(super) fn version(&self, mapping: &Mapping) -> String {
        let mut fields = self.fields(mapping);
        let company = self.parent().unwrap_or_default();
        fields.insert("parentcustomerid".into(), company);
        mapping.version(&fields)
    }
}

/// Rows, with a way to more of them.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    #[serde(default = "Vec::new")]
    pub(super) value: Vec<T>,
    /// Where the next page is.
    #[serde(rename = "@odata.nextLink")]
    pub(super) next: Option<String>,
    /// Where to ask what changed meanwhile.
    #[serde(rename = "@odata.deltaLink")]
    pub(super) delta: Option<String>,
}

/// What an environment knows of a column.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ColumnDetails {
    pub(super) logical_name: String,
    pub(super) attribute_type: Option<String>,
    pub(super) is_valid_for_read: Option<bool>,
    pub(super) is_valid_for_create: Option<bool>,
    pub(super) is_valid_for_update: Option<bool>,
}

/// What an environment knows of a table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TableDetails {
    pub(super) change_tracking_enabled: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    error: Trouble,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Trouble {
    code: String,
    message: String,
}

impl Trouble {
    fn of(answer: &Answer) -> Self {
        serde_json::from_str(&answer.body).map(|told: Told| told.error).unwrap_or_default()
    }
}

/// The code of a refusal, `0x…`; empty where it has none
/// (<https://learn.microsoft.com/power-apps/developer/data-platform/reference/web-service-error-codes>).
pub(super) fn code(answer: &Answer) -> String {
    let code = Trouble::of(answer).code.to_ascii_lowercase();
    let digits = code.strip_prefix("0x").unwrap_or_default();
    let is_code = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_code { code } else { String::new() }
}

/// Whether a refusal is that a row is there and may not be read, whereas others may.
pub(super) fn is_hidden(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN
        && code(answer) == "0x80040220"
        && privilege(&Trouble::of(answer).message).is_none()
}

/// The right that the application user lacks for what it asked, where a refusal names one.
pub(super) fn lacks(answer: &Answer) -> Option<String> {
    let message = Trouble::of(answer).message;
    let right = privilege(&message).filter(|_| answer.status == StatusCode::FORBIDDEN);
    right.map(str::to_owned)
}

/// Which values are not taken, if it is that; `columns` are those that were sent.
pub(super) fn invalid<'a>(
    answer: &Answer,
    columns: impl Iterator<Item = &'a str>,
) -> Option<String> {
    if answer.status != StatusCode::BAD_REQUEST {
        return None;
    }
    let (code, message) = (code(answer), Trouble::of(answer).message);
    if code == "0x80040265" {
        return Some(
            "a plug-in or business rule of the environment does not allow it; ask its administrator"
                .into(),
        );
    }
    let named = columns.filter(|column| message.contains(&format!("'{column}'")));
    let named: Vec<&str> = named.take(10).collect();
    Some(if named.is_empty() {
        format!("Dynamics does not take these values ({code}); look at the mapping")
    } else {
        let named = named.join("`, `");
        format!("Dynamics does not take the value of `{named}` ({code}); look at the mapping")
    })
}

/// Why something was refused, and what to do.
pub(super) fn refusal(answer: &Answer) -> CrmError {
    let (code, message) = (code(answer), Trouble::of(answer).message);
    let refused = |why: &str| CrmError::Refused(why.to_owned());
    match (answer.status, code.as_str()) {
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _) => {
            answer.asks_to_wait()
        }
        (_, "0x80072560" | "0x80040225") => refused(
            "the app is no active user of this environment; add it as an application user in the \
             Power Platform admin center",
        ),
        (StatusCode::UNAUTHORIZED, _) => CrmError::SignIn(
            "the environment does not accept the app; check the address of the environment, and \
             that the app is an application user there"
                .into(),
        ),
        (StatusCode::FORBIDDEN, _) => CrmError::Refused(match privilege(&message) {
            Some(privilege) => return lacking(privilege),
            None => format!(
                "the application user lacks rights ({code}); give it a security role that may read \
                 and write contacts of the whole organization"
            ),
        }),
        (StatusCode::NOT_FOUND, _) => refused(
            "nothing is at its address; enter that of the environment, like \
             https://your-company.crm4.dynamics.com",
        ),
        (status, _) if status.is_server_error() => {
            CrmError::Unreachable(format!("it answers {} {code}", status.as_u16()))
        }
        (status, _) => {
            CrmError::Refused(format!("it answers {} {code}; look at the mapping", status.as_u16()))
        }
    }
}

/// What it means that the application user has not these privileges.
pub(super) fn lacking(privileges: &str) -> CrmError {
    CrmError::Refused(format!(
        "the application user lacks the right `{privileges}`; give it a security role that has it \
         for the whole organization"
    ))
}

/// The privilege that a refusal names, `prvReadContact`.
fn privilege(message: &str) -> Option<&str> {
    let mut words = message.split(|c: char| !c.is_ascii_alphanumeric());
    words.find(|word| word.starts_with("prv") && (4..=60).contains(&word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn answer(status: u16, code: &str, message: &str) -> Answer {
        let body = serde_json::json!({"error": {"code": code, "message": message}}).to_string();
        let status = StatusCode::from_u16(status).expect("a status");
        Answer { status, headers: HeaderMap::new(), body }
    }

    #[test]
    fn a_refusal_says_what_to_do_and_repeats_no_value() {
        let cases = [
            (403, "0x80072560", "The user Anna is not a member", "application user in the Power"),
            (
                403,
                "0x80040220",
                "Principal user (Anna) is missing prvCreateContact privilege",
                "`prvCreateContact`",
            ),
            (403, "", "Anna", "lacks rights"),
            (401, "", "Anna", "check the address"),
            (404, "0x80060888", "Resource not found for the segment 'Anna'", "crm4.dynamics.com"),
            (500, "0x80040216", "Anna", "it answers 500 0x80040216"),
            (405, "Anna", "Anna", "it answers 405"),
        ];
        for (status, code, message, told) in cases {
            let refusal = refusal(&answer(status, code, message)).to_string();
            assert!(refusal.contains(told) && !refusal.contains("Anna"), "{refusal}");
        }
        let long = "The length of the 'jobtitle' attribute, with the value 'Anna', is too long";
        let told =
            |code, message| invalid(&answer(400, code, message), ["fax", "jobtitle"].into_iter());
        assert!(told("0x80044331", long).is_some_and(|told| told.contains("`jobtitle`")));
        assert!(told("0x80048d19", "Anna").is_some_and(|told| told.contains("0x80048d19")));
        assert!(told("0x80040265", "Anna").is_some_and(|told| told.contains("plug-in")));
        assert_eq!(invalid(&answer(412, "", ""), std::iter::empty()), None);
    }
}

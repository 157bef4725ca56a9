//! What Pipedrive answers. Its words are never passed on: they repeat what was sent.

use crate::clock::Millis;
use crate::crm::CrmError;
use crate::crm::http::Answer;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A person as the API tells it, whatever fields the account has.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Person {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) org_id: Option<u64>,
    #[serde(default)]
    pub(super) is_deleted: bool,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

impl Person {
    /// When it was made.
    pub(super) fn added_at(&self) -> Option<Millis> {
        self.time("add_time")
    }

    /// When it was changed last.
    pub(super) fn updated_at(&self) -> Option<Millis> {
        self.time("update_time")
    }

    /// A field as text, if it is one.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        let text = self.rest.get(field)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A field that counts something; zero if it is not told.
    pub(super) fn count(&self, field: &str) -> u64 {
        self.rest.get(field).and_then(Value::as_u64).unwrap_or_default()
    }

    fn time(&self, field: &str) -> Option<Millis> {
        let at = OffsetDateTime::parse(self.rest.get(field)?.as_str()?, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Millis)
    }
}

/// A time as Pipedrive reads it.
pub(super) fn stamp(at: Millis) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1000)).ok()?.format(&Rfc3339).ok()
}

/// An organization.
#[derive(Debug, Deserialize)]
pub(super) struct Organization {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
    /// Its address, where a search tells it.
    #[serde(default)]
    pub(super) address: Value,
    #[serde(default)]
    pub(super) is_deleted: bool,
}

/// A user, who can own persons.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) email: String,
    /// Absent where it is not told.
    #[serde(default)]
    pub(super) active_flag: Option<bool>,
}

/// Who the token is of.
#[derive(Debug, Deserialize)]
pub(super) struct Me {
    pub(super) id: u64,
    pub(super) company_id: u64,
    #[serde(default)]
    pub(super) company_name: String,
}

/// What a user may do, by all permission sets that they have.
#[derive(Debug, Deserialize)]
pub(super) struct Permissions {
    /// Absent where the plan has no such permission: anybody may.
    #[serde(default)]
    pub(super) can_add_people: Option<bool>,
}

/// A field that persons have.
#[derive(Debug, Deserialize)]
pub(super) struct FieldDetails {
    pub(super) field_code: String,
    pub(super) field_type: String,
}

/// What a search found.
#[derive(Debug, Deserialize)]
pub(super) struct Items<T> {
    pub(super) items: Vec<Item<T>>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct Item<T> {
    pub(super) item: T,
}

/// A person that a search found.
#[derive(Debug, Deserialize)]
pub(super) struct Hit {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) emails: Vec<String>,
    #[serde(default)]
    pub(super) organization: Option<Organization>,
}

/// What was asked for, with a way to more of it.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    /// Absent: nothing.
    pub(super) data: Option<T>,
    #[serde(default)]
    additional_data: Option<Additional>,
}

#[derive(Debug, Deserialize)]
struct Additional {
    #[serde(default)]
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Where the next page begins, if there is one.
    pub(super) fn next(&self) -> Option<String> {
        let cursor = self.additional_data.as_ref()?.next_cursor.as_ref()?;
        (!cursor.is_empty() && !cursor.contains(' ')).then(|| cursor.clone())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Trouble {
    error: Value,
    code: Value,
}

/// That Pipedrive does not take the values, if it is that, as one sentence.
pub(super) fn invalid(answer: &Answer) -> Option<String> {
    if !matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) {
        return None;
    }
    let trouble: Trouble = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = code(&trouble);
    Some(format!("Pipedrive does not take these values ({code}); look at the mapping"))
}

/// Why something was refused, and what to do.
pub(super) fn refusal(answer: &Answer) -> CrmError {
    let trouble: Trouble = serde_json::from_str(&answer.body).unwrap_or_default();
    match answer.status {
        StatusCode::UNAUTHORIZED => CrmError::WrongPassword,
        StatusCode::PAYMENT_REQUIRED => {
            CrmError::Refused("the account is not open; look at its subscription".into())
        }
        StatusCode::TOO_MANY_REQUESTS => CrmError::Throttled(Some(wait(answer))),
        StatusCode::SERVICE_UNAVAILABLE => answer.asks_to_wait(),
        StatusCode::FORBIDDEN => {
            let scope = trouble.error.as_str().is_some_and(|text| text.contains("Scope"));
            CrmError::Refused(if scope {
                "the app lacks rights; give it the scopes `contacts:full`, `users:read` and \
                 `search:read` and connect again"
                    .into()
            } else {
                format!(
                    "the token's user may not do this ({}); give them the permission in Pipedrive",
                    code(&trouble)
                )
            })
        }
        StatusCode::NOT_FOUND => CrmError::Refused("nothing is at its address; check it".into()),
        status if status.is_server_error() => {
            CrmError::Unreachable(format!("it answers {}", status.as_u16()))
        }
        status => CrmError::Refused(format!(
            "it answers {} {}; look at the mapping",
            status.as_u16(),
            code(&trouble)
        )),
    }
}

/// How long to wait: an hour where the day's budget is spent, else as told, or as long as the window
/// of the limit (<https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting>).
fn wait(answer: &Answer) -> Duration {
    if answer.header("x-daily-ratelimit-token-remaining").is_some_and(|left| left.trim() == "0") {
        return Duration::from_hours(1);
    }
    let reset = answer.header("x-ratelimit-reset").and_then(|text| text.trim().parse().ok());
    let reset = reset.map(|seconds: u64| Duration::from_secs(seconds.clamp(1, 3600)));
    answer.retry_after().or(reset).unwrap_or(Duration::from_secs(2))
}

/// A code without anything that could be a value.
fn code(trouble: &Trouble) -> String {
    let text = trouble.code.as_str().unwrap_or("no code");
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '-');
    text.chars().filter(is_plain).take(60).collect()
}

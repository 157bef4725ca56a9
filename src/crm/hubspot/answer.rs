//! What HubSpot answers. Its words are never passed on: they repeat what was sent.

use super::request::Taken;
use crate::clock::Millis;
use crate::crm::CrmError;
use crate::crm::http::Answer;
use crate::crm::mapping::Fields;
use reqwest::StatusCode;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The property of a record that names those which were merged into it, and those which had been merged into
/// these before (<https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies>).
pub(super) const MERGED: &str = "hs_merged_object_ids";

/// A contact or company.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    pub(super) id: String,
    #[serde(default)]
    properties: BTreeMap<String, Option<String>>,
    created_at: String,
    #[serde(default)]
    updated_at: String,
    #[serde(default)]
    pub(super) archived: bool,
}

impl Object {
    /// Its properties that have a value.
    pub(super) fn fields(&self) -> Fields {
        let all = self.properties.iter();
        all.filter_map(|(name, text)| Some((name.clone(), text.clone()?))).collect()
    }

    pub(super) fn into_fields(self) -> Fields {
        self.fields()
    }

    /// One property.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_deref()
    }

    /// The ids of the records that have become this one.
    pub(super) fn merged(&self) -> impl Iterator<Item = &str> {
        let ids = self.property(MERGED).unwrap_or_default().split(';').map(str::trim);
        ids.filter(|id| !id.is_empty() && *id != self.id)
    }

    /// Whether others have become one with it.
    pub(super) fn is_merged(&self) -> bool {
        self.merged().next().is_some()
    }

    /// When it was changed last.
    pub(super) fn updated_at(&self) -> Option<Millis> {
        millis(&self.updated_at)
    }

    /// When it was made.
    pub(super) fn created_at(&self) -> Option<Millis> {
        millis(&self.created_at)
    }
}

/// A time as HubSpot writes it.
pub(super) fn millis(text: &str) -> Option<Millis> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Millis)
}

/// Objects, with a way to more of them.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) results: Vec<T>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Debug, Deserialize)]
struct Paging {
    #[serde(default)]
    next: Option<Next>,
}

#[derive(Debug, Deserialize)]
struct Next {
    after: String,
}

impl<T> Page<T> {
    /// Where the next page begins, if there is one.
    pub(super) fn next(&self) -> Option<String> {
        Some(self.paging.as_ref()?.next.as_ref()?.after.clone())
    }
}

/// The account that a token opens.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountDetails {
    pub(super) portal_id: u64,
}

/// What HubSpot tells of an app's token.
#[derive(Debug, Deserialize)]
pub(super) struct TokenDetails {
    pub(super) scopes: Vec<String>,
}

/// Somebody who can own contacts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnerDetails {
    pub(super) id: String,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) first_name: Option<String>,
    #[serde(default)]
    pub(super) last_name: Option<String>,
}

/// A property that contacts have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PropertyDetails {
    pub(super) name: String,
    #[serde(default)]
    pub(super) modification_metadata: Modification,
    /// HubSpot lets no two records have the same value.
    #[serde(default)]
    pub(super) has_unique_value: bool,
}

/// What can be changed of a property
/// (<https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide>).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Modification {
    /// Its value is HubSpot's own.
    pub(super) read_only_value: bool,
}

/// What came of several inputs at once.
#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    /// What is there now.
    pub(super) results: Vec<Object>,
    /// Why others are not.
    #[serde(default)]
    pub(super) errors: Vec<Trouble>,
}

/// Why something was not done.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Trouble {
    message: String,
    category: String,
    policy_name: String,
    context: BTreeMap<String, Vec<String>>,
    errors: Vec<Detail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    code: String,
    context: BTreeMap<String, Vec<String>>,
}

impl Trouble {
    /// What an answer says of it.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        serde_json::from_str(&answer.body).ok()
    }

    /// The id of the record that has the e-mail address already, as a refusal (409) tells it:
    /// `Contact already exists. Existing ID: 12345`.
    pub(super) fn existing(&self) -> Option<String> {
        let (_, id) = self.message.split_once("Existing ID:")?;
        let id: String = id.trim().chars().take_while(char::is_ascii_digit).take(20).collect();
        (!id.is_empty()).then_some(id)
    }

    /// Which values HubSpot does not take: the codes and the names of the properties.
    pub(super) fn invalid(&self) -> String {
        let named = self.errors.iter().take(10).map(|detail| {
            let names = detail.context.get("propertyName").into_iter().flatten();
            let names: Vec<String> = names.map(|name| plain(name)).collect();
            format!("`{}` ({})", names.join("`, `"), plain(&detail.code))
        });
        let named: Vec<String> = named.collect();
        let category = plain(&self.category);
        if named.is_empty() {
            format!("HubSpot does not take these values ({category}); look at the mapping")
        } else {
            format!("HubSpot does not take the value of {}; look at the mapping", named.join(", "))
        }
    }

    /// What it means for one input of several, which has no status of its own.
    pub(super) fn into_taken(self) -> Taken {
        if self.category == "CONFLICT" {
            Taken::Exists(self.existing())
        } else {
            Taken::Invalid(self.invalid())
        }
    }
}

/// What it means that the token has not these scopes.
pub(super) fn lacking(scopes: impl Display) -> CrmError {
    CrmError::Refused(format!(
        "the token lacks rights ({scopes}); give the app these scopes and connect again"
    ))
}

/// Why something was refused, and what to do.
pub(super) fn refusal(answer: &Answer) -> CrmError {
    let trouble: Trouble = serde_json::from_str(&answer.body).unwrap_or_default();
    match answer.status {
        StatusCode::UNAUTHORIZED => CrmError::WrongPassword,
        StatusCode::TOO_MANY_REQUESTS => CrmError::Throttled(Some(wait(answer, &trouble))),
        // While an account moves between data centres.
        status if status.as_u16() == 477 || status == StatusCode::LOCKED => {
            CrmError::Throttled(answer.retry_after().or(Some(Duration::from_mins(1))))
        }
        StatusCode::SERVICE_UNAVAILABLE => answer.asks_to_wait(),
        StatusCode::FORBIDDEN => {
            let details = trouble.errors.iter().map(|detail| &detail.context);
            let contexts = details.chain([&trouble.context]);
            let needed = contexts.flat_map(|context| {
                let keys = ["requiredGranularScopes", "missingScopes", "requiredScopes"];
                keys.into_iter().filter_map(|key| context.get(key)).flatten()
            });
            let needed: Vec<String> = needed.take(10).map(|scope| plain(scope)).collect();
            lacking(if needed.is_empty() { "scopes".to_owned() } else { needed.join(", ") })
        }
        StatusCode::NOT_FOUND => CrmError::Refused("nothing is at its address; check it".into()),
        status if status.is_server_error() => {
            CrmError::Unreachable(format!("it answers {}", status.as_u16()))
        }
        status => CrmError::Refused(format!(
            "it answers {} {}; look at the mapping",
            status.as_u16(),
            plain(&trouble.category)
        )),
    }
}

/// How long to wait: as told, or as long as the limit that was met lasts.
fn wait(answer: &Answer, trouble: &Trouble) -> Duration {
    answer.retry_after().unwrap_or(match trouble.policy_name.as_str() {
        "SECONDLY" => Duration::from_secs(1),
        "DAILY" => Duration::from_hours(1),
        _ => Duration::from_secs(10),
    })
}

/// A name or code without anything that could be a value.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.chars().filter(is_plain).take(60).collect()
}

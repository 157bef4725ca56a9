//! What Salesforce answers when it does not do what it is asked for
//! (<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm>). Its
//! words are never passed on: they repeat what was sent. Its codes and the names of fields are.

use super::meaning::{About, meaning_of};
use super::sign_in::plain;
use crate::crm::CrmError;
use crate::crm::http::Answer;
use reqwest::StatusCode;
use serde::Deserialize;
use std::time::Duration;

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Whatever can happen with any CRM.
    Crm(CrmError),
    /// It says that it does nothing more for us so long.
    Limited(Duration),
    /// The session has ended, or never was one.
    Session,
    /// The record was modified since.
    Changed,
    /// There is no such record.
    Gone,
    /// The page that was asked for is not kept any more.
    PageGone,
    /// The org's duplicate rules find these there already.
    Duplicates(Vec<Likeness>),
    /// It does not take these values, as one sentence.
    Invalid(String),
    /// The app's user lacks a right, as one sentence.
    Denied(String),
    /// The app's user may not see this kind of records, or the org has none, as one sentence.
    Unseen(String),
    /// A field that was named is not there, or the app's user may not see it, as one sentence.
    NoField(String),
    /// It does not do what it was asked for, and a human has to look, as one sentence.
    Refused(String),
}

/// A record that a duplicate rule finds like the one to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Likeness {
    /// `Contact`, `Lead`, …
    pub(super) kind: String,
    pub(super) id: String,
}

impl From<CrmError> for Trouble {
    fn from(error: CrmError) -> Self {
        Self::Crm(error)
    }
}

impl From<Trouble> for CrmError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Crm(error) => error,
            Trouble::Limited(wait) => Self::Throttled(Some(wait)),
            Trouble::Session => Self::Refused(
                "it does not accept the session that it gave; give the app the scope `api`, and its \
                 user the permission API Enabled"
                    .into(),
            ),
            Trouble::Changed | Trouble::PageGone => Self::Throttled(Some(Duration::from_secs(10))),
            Trouble::Gone => Self::Refused("nothing is at its address; check it".into()),
            Trouble::Duplicates(_) => {
                Self::Refused("its duplicate rules do not allow the request".into())
            }
            Trouble::Invalid(why)
            | Trouble::Denied(why)
            | Trouble::Unseen(why)
            | Trouble::NoField(why)
            | Trouble::Refused(why) => Self::Refused(why),
        }
    }
}

impl Trouble {
    /// Whether Salesforce itself has said that it did not do what it was asked for, or nobody was let in to ask. Of
    /// anything else it may have done it.
    pub(super) const fn has_made_nothing(&self) -> bool {
        match self {
            // Who answers so need not be Salesforce, but one before it that has passed the request on.
            Self::Crm(CrmError::Throttled(_)) => false,
            Self::Crm(error) => error.has_made_nothing(),
            _ => true,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    error_code: String,
    message: String,
    fields: Option<Vec<String>>,
    /// Written so in many versions.
    #[serde(alias = "duplicateResut")]
    duplicate_result: DuplicateResult,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DuplicateResult {
    match_results: Vec<MatchResult>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MatchResult {
    entity_type: String,
    match_records: Vec<MatchRecord>,
}

#[derive(Debug, Deserialize)]
struct MatchRecord {
    record: MatchedRecord,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MatchedRecord {
    id: String,
}

/// What is the matter with an answer; none if all is well.
pub(super) fn trouble(answer: &Answer) -> Option<Trouble> {
    if answer.status.is_success() {
        return None;
    }
    let details: Vec<Detail> = serde_json::from_str(&answer.body).unwrap_or_default();
    let detail = details.into_iter().next().unwrap_or_default();
    let wait = |usual: Duration| answer.retry_after().unwrap_or(usual);
    Some(match (answer.status, detail.error_code.as_str()) {
        (StatusCode::UNAUTHORIZED, _) | (_, "INVALID_SESSION_ID") => Trouble::Session,
        // Of requests in a day, or at once; https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/
        (_, "REQUEST_LIMIT_EXCEEDED") if !detail.message.starts_with("Concurrent") => {
            Trouble::Limited(wait(Duration::from_hours(1)))
        }
        (_, "REQUEST_LIMIT_EXCEEDED" | "UNABLE_TO_LOCK_ROW") => {
            Trouble::Limited(wait(Duration::from_secs(10)))
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => Trouble::Limited(wait(Duration::from_secs(10))),
        (StatusCode::SERVICE_UNAVAILABLE, _) | (_, "SERVER_UNAVAILABLE") => {
            Trouble::Crm(CrmError::Throttled(Some(wait(Duration::from_secs(10)))))
        }
        (_, "QUERY_TIMEOUT") => {
            Trouble::Crm(CrmError::Unreachable("a query takes it too long".into()))
        }
        (StatusCode::PRECONDITION_FAILED, _) | (_, "CANNOT_UPDATE_CONVERTED_LEAD") => {
            Trouble::Changed
        }
        (_, "INVALID_QUERY_LOCATOR") => Trouble::PageGone,
        (_, "DUPLICATES_DETECTED") => Trouble::Duplicates(likenesses(detail.duplicate_result)),
        (StatusCode::NOT_FOUND, _) | (_, "ENTITY_IS_DELETED") => Trouble::Gone,
        (status, _) if status.is_server_error() => {
            Trouble::Crm(CrmError::Unreachable(format!("it answers {}", status.as_u16())))
        }
        (status, _) if status.is_redirection() => Trouble::Crm(CrmError::Refused(
            "it has moved; enter the present address of My Domain".into(),
        )),
        (status, code) => meaning(status, code, &detail),
    })
}

fn meaning(status: StatusCode, code: &str, detail: &Detail) -> Trouble {
    let Some((about, sentence)) = meaning_of(code) else {
        let why = format!("it answers {} {}; look at the mapping", status.as_u16(), plain(code));
        return if code.is_empty() {
            Trouble::Crm(CrmError::Refused(why))
        } else {
            Trouble::Refused(why)
        };
    };
    let sentence = sentence.replace("{}", &named(detail));
    match about {
        About::Value => Trouble::Invalid(sentence),
        About::Right => Trouble::Denied(sentence),
        About::Kind => Trouble::Unseen(sentence),
        About::Field => Trouble::NoField(sentence),
        About::All => Trouble::Refused(sentence),
    }
}

/// The names of the fields that a refusal is about.
fn named(detail: &Detail) -> String {
    // `No such column 'Fax' on entity 'Contact'`
    let column = detail.message.split_once("No such column '");
    let column = column.and_then(|(_, rest)| rest.split('\'').next());
    let names = detail.fields.iter().flatten().map(String::as_str).chain(column);
    let names: Vec<String> = names.take(10).map(|name| format!("`{}`", plain(name))).collect();
    if names.is_empty() { "a field".to_owned() } else { names.join(", ") }
}

fn likenesses(result: DuplicateResult) -> Vec<Likeness> {
    let all = result.match_results.into_iter().flat_map(|found| {
        let kind = plain(&found.entity_type);
        let records = found.match_records.into_iter();
        records.map(move |it| Likeness { kind: kind.clone(), id: plain(&it.record.id) })
    });
    all.take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn told(status: u16, body: &str) -> Trouble {
        let status = StatusCode::from_u16(status).unwrap();
        trouble(&Answer { status, headers: HeaderMap::new(), body: body.to_owned() }).unwrap()
    }

    #[test]
    fn a_sentence_names_the_field_and_never_the_value() {
        for (status, body, words) in [
            (
                400,
                r#"[{"errorCode":"STRING_TOO_LONG","message":"Title: secretword","fields":["Title"]}]"#,
                "so long in `Title`",
            ),
            (
                400,
                r#"[{"errorCode":"INVALID_FIELD","message":"secretword: No such column 'Fax2' on entity 'Contact'. secretword"}]"#,
                "`Fax2` is not there",
            ),
            (
                400,
                r#"[{"errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","message":"secretword","fields":[]}]"#,
                "does not allow a field",
            ),
            (
                400,
                r#"[{"errorCode":"ODD secretword!","message":"secretword"}]"#,
                "400 ODDsecretword",
            ),
            (
                403,
                r#"[{"errorCode":"INSUFFICIENT_ACCESS","message":"secretword"}]"#,
                "permission set",
            ),
            (404, "<html>secretword", "address"),
        ] {
            let said = CrmError::from(told(status, body)).to_string();
            assert!(said.contains(words) && !said.contains(": secretword"), "{said}");
        }
    }

    #[test]
    fn limits_tell_how_long_to_wait() {
        let limit = |message: &str| {
            told(
                403,
                &format!(r#"[{{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"{message}"}}]"#),
            )
        };
        let wait = |trouble| match CrmError::from(trouble) {
            CrmError::Throttled(Some(wait)) => wait.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(limit("TotalRequests Limit exceeded.")), 3600);
        assert_eq!(wait(limit("ConcurrentRequests (Concurrent API Requests) Limit exceeded.")), 10);
        assert_eq!(wait(told(503, "maintenance")), 10);
    }

    #[test]
    fn only_what_salesforce_itself_has_refused_is_surely_not_made() {
        let code = |code: &str| format!(r#"[{{"errorCode":"{code}","message":"secretword"}}]"#);
        for (status, body, is_sure) in [
            (403, code("REQUEST_LIMIT_EXCEEDED"), true),
            (503, code("REQUEST_LIMIT_EXCEEDED"), true),
            (429, String::new(), true),
            (400, code("UNABLE_TO_LOCK_ROW"), true),
            (401, code("INVALID_SESSION_ID"), true),
            (400, code("STRING_TOO_LONG"), true),
            (403, code("API_DISABLED_FOR_ORG"), true),
            (400, code("A_CODE_OF_TOMORROW"), true),
            (503, code("SERVER_UNAVAILABLE"), false),
            (500, code("UNKNOWN_EXCEPTION"), false),
            (503, "maintenance".to_owned(), false),
            (502, "<html>".to_owned(), false),
            (400, "<html>".to_owned(), false),
            (302, String::new(), false),
        ] {
            assert_eq!(told(status, &body).has_made_nothing(), is_sure, "{status} {body}");
        }
        let not_let_in = Trouble::from(CrmError::SignIn(String::new()));
        let broken_off = Trouble::from(CrmError::Unreachable(String::new()));
        assert!(not_let_in.has_made_nothing() && !broken_off.has_made_nothing());
    }

    #[test]
    fn duplicates_are_read_however_the_vendor_spells_them() {
        for name in ["duplicateResut", "duplicateResult"] {
            let body = format!(
                r#"[{{"{name}":{{"allowSave":true,"matchResults":[{{"entityType":"Contact","matchRecords":
                [{{"matchConfidence":100.0,"record":{{"attributes":{{"type":"Contact"}},"Id":"0031i000013x2TEAAY"}}}}]}}]}},
                "errorCode":"DUPLICATES_DETECTED","message":"Use one of these records?"}}]"#
            );
            let Trouble::Duplicates(found) = told(400, &body) else { panic!("{name}") };
            assert_eq!(found[0].id, "0031i000013x2TEAAY");
            assert_eq!(found[0].kind, "Contact");
        }
    }
}

//! What the operations share at their edge: reading requests, paging, and how refusals are
//! described.

use crate::clock::Millis;
use crate::store::Id;
use crate::web::problem::{Document, Kind, Problem};
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query};
use serde::Serialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// A JSON body; what it does not know is refused by name.
#[derive(FromRequest)]
#[from_request(via(Json), rejection(Problem))]
pub(super) struct Body<T>(pub(super) T);

/// The query of a request; what it does not know is refused by name.
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub(super) struct Params<T>(pub(super) T);

/// One page of a list that is paged by key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The entries, newest first.
    pub(super) items: Vec<T>,
    /// What to pass as `before` to get the following page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// How many entries a page has.
pub(super) fn limit(asked: Option<i64>) -> Result<i64, Problem> {
    match asked.unwrap_or(50) {
        limit @ 1..=200 => Ok(limit),
        _ => Err(Problem::invalid("limit", "limit must be 1 to 200")),
    }
}

/// A page of `items`, of which one more than `limit` was asked for.
pub(super) fn page<T>(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(key);
    Page { items, next }
}

/// The id of a thing in a path. What is no id names nothing.
pub(super) fn id<K>(text: &str, thing: &'static str) -> Result<Id<K>, Problem> {
    Id::parse(text).ok_or_else(|| Problem::not_found(thing))
}

/// The id of a thing in a body or query.
pub(super) fn id_in<K>(field: &'static str, text: Option<&str>) -> Result<Option<Id<K>>, Problem> {
    text.map(|text| {
        Id::parse(text).ok_or_else(|| Problem::invalid(field, format!("{field} is not an id")))
    })
    .transpose()
}

/// One line of text that people wrote: trimmed, not empty, of bounded length, without control
/// characters.
pub(super) fn line(field: &'static str, text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > max || text.chars().any(char::is_control) {
        let detail = format!("{field} must be one line of 1 to {max} characters");
        return Err(Problem::invalid(field, detail));
    }
    Ok(text.to_owned())
}

/// How many days back to read at first: 30 unless another number is sent, ten years at most.
pub(super) fn backfill_days(sent: Option<u32>) -> Result<u32, Problem> {
    const MAX: u32 = 3653;
    let days = sent.unwrap_or(30);
    if days > MAX {
        let detail = format!("backfill_days must be at most {MAX}");
        return Err(Problem::invalid("backfill_days", detail));
    }
    Ok(days)
}

/// A time in a body, RFC 3339.
pub(super) fn moment(field: &'static str, text: Option<&str>) -> Result<Option<Millis>, Problem> {
    let read = |text| {
        let wrong = || Problem::invalid(field, format!("{field} is no time"));
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
        Ok(Millis(at.unix_timestamp() * 1000))
    };
    text.map(read).transpose()
}

/// A time as the API writes it.
pub(super) fn time(at: Millis) -> String {
    at.to_rfc3339()
}

/// The ways in which any operation can be refused, for the description.
pub(super) struct Refused;

impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let kinds = [
            Kind::Malformed,
            Kind::Unauthenticated,
            Kind::Forbidden,
            Kind::NotFound,
            Kind::Conflict,
            Kind::Invalid,
            Kind::Internal,
        ];
        let describe = |kind: Kind| {
            let schema = Ref::from_schema_name(Document::name());
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let response = ResponseBuilder::new()
                .description(kind.title())
                .content("application/problem+json", content)
                .build();
            (kind.status().as_str().to_owned(), RefOr::T(response))
        };
        kinds.into_iter().map(describe).collect()
    }
}

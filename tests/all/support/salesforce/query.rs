//! Queries, and the pages of what they find.

use super::soql::{Malformed, Query, Row};
use super::world::{APP_USER, AtLeads, COLLEAGUE, Object, World, stamp};
use super::{Shared, refusal, schema};
use axum::extract::{Path, Query as Parameters, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Fields that hold times.
const TIMES: [&str; 3] = ["CreatedDate", "LastModifiedDate", "SystemModstamp"];

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/query", get(present))
        .route("/queryAll", get(all))
        .route("/query/{locator}", get(more))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    q: String,
}

async fn present(
    State(shared): State<Shared>,
    Parameters(asked): Parameters<Asked>,
    headers: HeaderMap,
) -> Response {
    shared.lock().unwrap().answer(&asked.q, &headers, false)
}

async fn all(
    State(shared): State<Shared>,
    Parameters(asked): Parameters<Asked>,
    headers: HeaderMap,
) -> Response {
    shared.lock().unwrap().answer(&asked.q, &headers, true)
}

async fn more(State(shared): State<Shared>, Path(locator): Path<String>) -> Response {
    let mut world = shared.lock().unwrap();
    let from =
        locator.split_once('-').and_then(|(cursor, from)| Some((cursor, from.parse().ok()?)));
    let found = from.and_then(|(cursor, from)| Some((cursor, from, world.cursors.remove(cursor)?)));
    match found {
        Some((cursor, from, rows)) => world.page(cursor, rows, from),
        None => bad("INVALID_QUERY_LOCATOR", "invalid query locator"),
    }
}

fn bad(code: &str, message: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, code, message, &[])
}

impl World {
    fn answer(&mut self, soql: &str, headers: &HeaderMap, deleted: bool) -> Response {
        self.queries.push(soql.to_owned());
        let batch = headers.get("sforce-query-options").and_then(|it| it.to_str().ok());
        let batch = batch.and_then(|it| it.strip_prefix("batchSize=")?.parse::<usize>().ok());
        if !batch.is_some_and(|rows| (200..=2000).contains(&rows)) {
            return bad("INVALID_QUERY_OPTIONS", "a batch size of 200 to 2000 is asked for");
        }
        let query = match Query::parse(soql) {
            Ok(query) => query,
            Err(Malformed(why)) => return bad("MALFORMED_QUERY", &why),
        };
        let kind = query.from.as_str();
        if kind == "Lead" {
            match self.at_leads.take() {
                Some(AtLeads::Converted(lead)) => drop(self.convert(&lead)),
                Some(AtLeads::Down) => {
                    let (code, told) = ("SERVER_UNAVAILABLE", "try again");
                    return refusal(StatusCode::SERVICE_UNAVAILABLE, code, told, &[]);
                }
                None => {}
            }
        }
        if schema::of(kind).is_none() || !self.has(kind) {
            return bad("INVALID_TYPE", &format!("sObject type '{kind}' is not supported."));
        }
        let knows = |name: &str| schema::knows(kind, name) && self.shows_field(kind, name);
        if let Some(name) = query.fields().into_iter().find(|name| !knows(name)) {
            let told = format!("secretword No such column '{name}' on entity '{kind}'.");
            return bad("INVALID_FIELD", &told);
        }
        if let Some(refused) = query.children.iter().find_map(|it| self.no_children(it, kind)) {
            return refused;
        }
        let found = self.found(&query, deleted);
        let rows = match &query.group_by {
            Some(by) => counted(&query, by, &found),
            None => found.iter().map(|row| self.shown_with_children(&query, row)).collect(),
        };
        let cursor = self.new_id("01g");
        self.page(&cursor, rows, 0)
    }

    /// Why a query within a query is not answered.
    fn no_children(&self, query: &Query, parent: &str) -> Option<Response> {
        let name = &query.from;
        let Some((kind, _)) = schema::child(parent, name).filter(|(kind, _)| self.has(kind)) else {
            let told =
                format!("Didn't understand relationship '{name}' in FROM part of query call.");
            return Some(bad("INVALID_TYPE", &told));
        };
        let wrong = query.fields().into_iter().find(|field| !schema::knows(kind, field));
        let told = wrong.map(|field| format!("No such column '{field}' on entity '{kind}'."));
        let is_odd = query.group_by.is_some()
            || query.count.is_some()
            || !(query.children.is_empty() && query.order_by.is_empty());
        told.map(|told| bad("INVALID_FIELD", &told))
            .or_else(|| is_odd.then(|| bad("MALFORMED_QUERY", "not in a query within a query")))
    }

    fn shown_with_children(&self, query: &Query, row: &Row) -> Value {
        let mut value = shown(query, &query.from, row);
        for child in &query.children {
            let id = row["Id"].as_str().unwrap();
            value[&child.from] = self.children(child, &query.from, id);
        }
        value
    }

    fn found(&self, query: &Query, deleted: bool) -> Vec<Row> {
        let mut rows = match query.from.as_str() {
            "Contact" => self.contact_rows(),
            "Lead" => self.leads.iter().map(|(id, it)| self.active(id, lead_row(id, it))).collect(),
            "Account" => self.accounts.iter().map(|(id, it)| row(id, it)).collect(),
            "User" => users(),
            kind => self.activity_rows(kind),
        };
        rows.retain(|row| {
            (deleted || row.get("IsDeleted") != Some(&json!(true)))
                && query.condition.as_ref().is_none_or(|condition| condition.holds(row))
        });
        let key = |row: &Row| -> Vec<(i64, String)> {
            let values = query.order_by.iter().map(|name| row.get(name).unwrap_or(&Value::Null));
            let keys =
                values.map(|it| (it.as_i64().unwrap_or(0), it.as_str().unwrap_or("").into()));
            keys.collect()
        };
        rows.sort_by_key(key);
        rows.truncate(query.limit.unwrap_or(usize::MAX));
        rows
    }

    /// A row with the day of the last activity.
    fn active(&self, id: &str, mut row: Row) -> Row {
        row.insert("LastActivityDate".into(), json!(self.last_activity(id)));
        row
    }

    fn contact_rows(&self) -> Vec<Row> {
        let seen = self.contacts.iter().filter(|(_, contact)| self.shows(contact));
        let rows = seen.map(|(id, contact)| {
            let mut row = self.active(id, row(id, contact));
            let account = contact.fields.get("AccountId").and_then(|id| self.accounts.get(id));
            for (name, text) in account.iter().flat_map(|account| &account.fields) {
                row.insert(format!("Account.{name}"), json!(text));
            }
            row
        });
        rows.collect()
    }

    fn page(&mut self, cursor: &str, rows: Vec<Value>, from: usize) -> Response {
        let (total, end) = (rows.len(), (from + self.page).min(rows.len()));
        let mut body =
            json!({"totalSize": total, "done": end == total, "records": rows[from..end]});
        if end < total {
            // Also of `queryAll` the next page is at `query`.
            body["nextRecordsUrl"] = json!(format!("/services/data/v59.0/query/{cursor}-{end}"));
            self.cursors.insert(cursor.to_owned(), rows);
        }
        Json(body).into_response()
    }
}

fn row(id: &str, object: &Object) -> Row {
    let fields = object.fields.iter().filter(|(_, text)| !text.is_empty());
    let mut row: Row = fields.map(|(name, text)| (name.clone(), json!(text))).collect();
    for (name, value) in [
        ("Id", json!(id)),
        ("MasterRecordId", json!(object.merged_into)),
        ("IsDeleted", json!(object.deleted)),
        ("CreatedById", json!(object.created_by)),
        ("CreatedDate", json!(object.created)),
        ("LastModifiedDate", json!(object.modified)),
        ("LastModifiedById", json!(object.modified_by)),
        ("SystemModstamp", json!(object.modified)),
    ] {
        row.insert(name.into(), value);
    }
    row
}

fn lead_row(id: &str, lead: &Object) -> Row {
    let mut row = row(id, lead);
    row.insert("IsConverted".into(), json!(lead.converted_to.is_some()));
    row.extend(lead.converted_to.iter().map(|id| ("ConvertedContactId".into(), json!(id))));
    row
}

fn users() -> Vec<Row> {
    let user = |id: &str, name: &str, is_active: bool, kind: &str| {
        Row::from([
            ("Id".to_owned(), json!(id)),
            ("Name".to_owned(), json!(name)),
            ("Email".to_owned(), json!("rep@kugellager.test")),
            ("IsActive".to_owned(), json!(is_active)),
            ("UserType".to_owned(), json!(kind)),
        ])
    };
    vec![
        user(COLLEAGUE, "Rita Rep", true, "Standard"),
        user(APP_USER, "undersigned", true, "CloudIntegrationUser"),
        user("0057Q000000oldUQAQ", "Otto Old", false, "Standard"),
    ]
}

/// How many rows have each value of a field.
fn counted(query: &Query, by: &str, rows: &[Row]) -> Vec<Value> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in rows.iter().filter_map(|row| row.get(by)?.as_str()) {
        *counts.entry(value.to_owned()).or_default() += 1;
    }
    let name = query.count.as_deref().unwrap();
    let counts = counts.into_iter();
    counts
        .map(|(value, count)| {
            json!({"attributes": {"type": "AggregateResult"}, by: value, name: count})
        })
        .collect()
}

/// A row as a query answers it: what it asked for, and no more.
pub(super) fn shown(query: &Query, kind: &str, row: &Row) -> Value {
    let id = row["Id"].as_str().unwrap();
    let url = format!("/services/data/v59.0/sobjects/{kind}/{id}");
    let mut all = Map::from_iter([("attributes".to_owned(), json!({"type": kind, "url": url}))]);
    for name in &query.select {
        let value = match row.get(name) {
            Some(Value::Number(at)) if TIMES.contains(&name.as_str()) => {
                json!(stamp(at.as_i64().unwrap()))
            }
            Some(value) => value.clone(),
            None => Value::Null,
        };
        match name.split_once('.') {
            Some((_, _)) if value.is_null() => drop(all.insert("Account".into(), Value::Null)),
            Some((other, name)) => {
                all.insert(other.into(), json!({"attributes": {"type": other}, name: value}));
            }
            None => drop(all.insert(name.clone(), value)),
        }
    }
    Value::Object(all)
}

//! What is read: one row, tables page by page, what changed since, and what the columns are.

use super::columns::{CONTACTS, Column, Type};
use super::query::{Filter, known, options};
use super::world::{APP_USER, Row, Rows, World};
use super::{Asked, Refusal, bad, refusal};
use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn who_am_i() -> Response {
    let id = APP_USER;
    Json(json!({"UserId": id, "BusinessUnitId": id, "OrganizationId": id})).into_response()
}

/// What the environment says of the table of contacts.
pub(super) fn definition(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    let options = options(&asked.query);
    let selected = options.get("$select").map(String::as_str).unwrap_or_default();
    let shown = |all: Value| -> Result<Value, Refusal> {
        let mut row = Map::from_iter([("MetadataId".to_owned(), json!("1"))]);
        for name in selected.split(',') {
            let value = all.get(name).ok_or_else(|| bad(&format!("no property named '{name}'")))?;
            row.insert(name.to_owned(), value.clone());
        }
        Ok(Value::Object(row))
    };
    let path = asked.path.strip_prefix("EntityDefinitions(LogicalName='contact')");
    let body = match path {
        Some("") => shown(json!({"ChangeTrackingEnabled": world.tracks}))?,
        Some("/Attributes") => {
            let rows = CONTACTS.iter().map(|(name, kind, written)| {
                let kind = match kind {
                    Type::Text(_) => "String",
                    Type::Number if *name == "statecode" => "State",
                    Type::Number => "Picklist",
                    Type::Flag => "Boolean",
                    Type::Time => "DateTime",
                    Type::Id => "Uniqueidentifier",
                    Type::Lookup(kind) => kind,
                };
                shown(json!({
                    "LogicalName": name, "AttributeType": kind, "IsValidForRead": true,
                    "IsValidForCreate": written, "IsValidForUpdate": written,
                }))
            });
            json!({"value": rows.collect::<Result<Vec<Value>, Refusal>>()?})
        }
        _ => return Err(refusal(StatusCode::NOT_FOUND, "0x80060888", "Resource not found")),
    };
    Ok(Json(body).into_response())
}

/// The rows of a path's table, its columns, and what a row is called.
fn table<'a>(world: &'a World, path: &str) -> (&'a Rows, &'static [Column], &'static str) {
    let set = path.split('(').next().unwrap_or_default();
    world.table(set).expect("only a table that is there is asked")
}

/// The id in `contacts(id)`.
pub(super) fn key(path: &str) -> Option<&str> {
    path.split_once('(')?.1.strip_suffix(')')
}

/// A row as it is shown, with these columns (all, if none is said).
pub(super) fn shown(
    world: &World,
    asked: &Asked,
    id: &str,
    row: &Row,
    selected: Option<&String>,
) -> Result<Value, Refusal> {
    let (_, columns, name) = table(world, &asked.path);
    let selected: Vec<String> = match selected {
        Some(selected) => selected.split(',').map(str::to_owned).collect(),
        None => columns.iter().map(|(name, kind, _)| read_as(name, *kind)).collect(),
    };
    let annotations = asked.preference("odata.include-annotations").unwrap_or_default();
    let mut values = Map::from_iter([
        ("@odata.etag".to_owned(), json!(format!("W/\"{}\"", row.version))),
        (columns[0].0.to_owned(), json!(id)),
    ]);
    for column in selected {
        let (_, kind, _) = known(columns, name, &column)?;
        let value = row.values.get(&column).cloned().unwrap_or(Value::Null);
        if let (Type::Lookup(_), Some(target)) = (kind, value.as_str()) {
            let (of, name) = match world.accounts.get(target) {
                Some(account) => ("account", account.values["name"].clone()),
                None if world.contacts.contains_key(target) => ("contact", json!("Somebody")),
                None => ("systemuser", json!("Rita Rep")),
            };
            let notes = [
                ("OData.Community.Display.V1.FormattedValue", name),
                ("Microsoft.Dynamics.CRM.lookuplogicalname", json!(of)),
            ];
            for (note, value) in notes {
                if annotations.split(',').any(|wanted| wanted == note) {
                    values.insert(format!("{column}@{note}"), value);
                }
            }
        }
        if column != columns[0].0 {
            values.insert(column, value);
        }
    }
    Ok(Value::Object(values))
}

fn read_as(name: &str, kind: Type) -> String {
    match kind {
        Type::Lookup(_) => format!("_{name}_value"),
        _ => name.to_owned(),
    }
}

/// One row, or a page of them.
pub(super) fn read(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    let options = options(&asked.query);
    let known = ["$select", "$filter", "$orderby", "$top", "$skiptoken", "$deltatoken"];
    if let Some(odd) = options.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(bad(&format!("The query parameter {odd} is not supported")));
    }
    let (rows, columns, name) = table(world, &asked.path);
    let selected = options.get("$select");
    if let Some(id) = key(&asked.path) {
        let row = rows.get(&id.to_lowercase()).ok_or_else(|| gone(name, id))?;
        if world.hidden.contains(&id.to_lowercase()) {
            let told = "Principal user (Anna, type=8) is missing ReadAccess rights";
            return Err(refusal(StatusCode::FORBIDDEN, "0x80040220", told));
        }
        return Ok(Json(shown(world, asked, id, row, selected)?).into_response());
    }
    if options.contains_key("$deltatoken") || asked.preference("odata.track-changes").is_some() {
        return tracked(world, asked, &options);
    }
    let filter = options.get("$filter").map_or("", String::as_str);
    let filter = if filter.is_empty() { None } else { Some(Filter::read(filter, columns, name)?) };
    let shown_rows = rows.iter().filter(|(id, _)| !world.hidden.contains(*id));
    let mut hits: Vec<(&String, &Row)> =
        shown_rows.filter(|(_, row)| filter.as_ref().is_none_or(|it| it.holds(row))).collect();
    if let Some(order) = options.get("$orderby") {
        let column = order.strip_suffix(" asc").ok_or_else(|| bad("an odd order"))?;
        super::query::known(columns, name, column)?;
        hits.sort_by_key(|(_, row)| row.values.get(column).map(Value::to_string));
    }
    let from: usize = options.get("$skiptoken").map_or(0, |at| at.parse().unwrap());
    let top = options.get("$top").map(|top| top.parse().unwrap());
    let size = page_size(world, asked).min(top.unwrap_or(usize::MAX));
    let page = hits.iter().skip(from).take(size);
    let page = page.map(|(id, row)| shown(world, asked, id, row, selected));
    let value = page.collect::<Result<Vec<Value>, Refusal>>()?;
    let mut body = json!({"value": value});
    if top.is_none() && from + size < hits.len() {
        body["@odata.nextLink"] =
            json!(link(world, asked, &options, "$skiptoken", &(from + size).to_string()));
    }
    Ok(Json(body).into_response())
}

fn page_size(world: &World, asked: &Asked) -> usize {
    let most = asked.preference("odata.maxpagesize").map_or(5_000, |size| size.parse().unwrap());
    most.clamp(1, 5_000).min(world.page)
}

/// The same again, from elsewhere.
fn link(
    world: &World,
    asked: &Asked,
    options: &BTreeMap<String, String>,
    name: &str,
    at: &str,
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let others = options.iter().filter(|(key, _)| !key.ends_with("token") || name == "$skiptoken");
    query.extend_pairs(others.filter(|(key, _)| *key != name)).append_pair(name, at);
    let query = query.finish().replace('+', "%20");
    format!("{}/api/data/v9.2/{}?{query}", world.links, asked.path)
}

/// Contacts with a way to what changes in them: all, or what changed since a token, the new and
/// changed ones first, then those that are gone.
fn tracked(
    world: &World,
    asked: &Asked,
    options: &BTreeMap<String, String>,
) -> Result<Response, Refusal> {
    if let Some(odd) = ["$filter", "$orderby", "$top"].iter().find(|it| options.contains_key(**it))
    {
        return Err(bad(&format!(
            "The \"{odd}\" query parameter isn't supported when Change Tracking is enabled."
        )));
    }
    if asked.path != "contacts" || !world.tracks {
        return Err(bad("Change tracking is not enabled for this entity"));
    }
    let since = options.get("$deltatoken").map(|token| {
        let (version, _) = token.split_once('!').unwrap();
        version.parse::<u64>().unwrap()
    });
    if since.is_some_and(|since| since < world.forgotten) {
        let told =
            "Version stamp associated with the client has expired. Please perform a full sync.";
        return Err(refusal(StatusCode::BAD_REQUEST, "0x80044352", told));
    }
    // A page says what was known when the first one was asked for, and where the one before ended.
    let token = options.get("$skiptoken").map(|token| {
        let parts: Vec<u64> = token.split('!').map(|part| part.parse().unwrap()).collect();
        (parts[0], (parts[1], parts[2]))
    });
    let (until, after) = token.unwrap_or((world.version, (0, 0)));
    let from = since.unwrap_or(0);
    let mut all: Vec<((u64, u64), Value)> = Vec::new();
    let shown_rows = world.contacts.iter().filter(|(id, _)| !world.hidden.contains(*id));
    for (id, row) in shown_rows.filter(|(_, row)| row.version > from) {
        all.push(((0, row.version), shown(world, asked, id, row, options.get("$select"))?));
    }
    if since.is_some() {
        for (id, version) in world.deleted.iter().filter(|(_, version)| **version > from) {
            let context = format!("{}/api/data/v9.2/$metadata#contacts/$deletedEntity", world.base);
            let value = json!({"@odata.context": context, "id": id, "reason": "deleted"});
            all.push(((1, *version), value));
        }
    }
    all.retain(|((_, version), _)| *version <= until);
    all.sort_by_key(|(at, _)| *at);
    all.retain(|(at, _)| *at > after);
    let size = page_size(world, asked);
    let more = all.len() > size;
    all.truncate(size);
    let last = all.last().map_or(after, |(at, _)| *at);
    let value: Vec<Value> = all.into_iter().map(|(_, value)| value).collect();
    let mut body = json!({"value": value});
    if more {
        let at = format!("{until}!{}!{}", last.0, last.1);
        body["@odata.nextLink"] = json!(link(world, asked, options, "$skiptoken", &at));
    } else {
        let at = format!("{until}!{}", world.now());
        body["@odata.deltaLink"] = json!(link(world, asked, options, "$deltatoken", &at));
    }
    let mut response = Json(body).into_response();
    let applied = HeaderValue::from_static("odata.track-changes");
    response.headers_mut().insert("Preference-Applied", applied);
    Ok(response)
}

pub(super) fn gone(name: &str, id: &str) -> Refusal {
    let told = format!("{name} With Id = {id} Does Not Exist");
    refusal(StatusCode::NOT_FOUND, "0x80040217", &told)
}

//! What is written, under conditions, and which rows are duplicates.

use super::columns::{ACCOUNTS, CONTACTS, Type};
use super::query::options;
use super::rows::{gone, key, shown};
use super::world::{APP_USER, Row, World};
use super::{Asked, Refusal, bad, refusal};
use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use undersigned::clock::Millis;

pub(super) fn patch(world: &mut World, asked: &Asked) -> Result<Response, Refusal> {
    let id = key(&asked.path).ok_or_else(|| bad("a row is needed"))?.to_lowercase();
    if !asked.header("content-type").starts_with("application/json") {
        return Err(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "", "JSON is needed"));
    }
    let body: Map<String, Value> =
        serde_json::from_slice(&asked.body).map_err(|_| bad("an odd body"))?;
    let values = values(world, body)?;
    let is_new = !world.contacts.contains_key(&id);
    if asked.header("mscrm.suppressduplicatedetection") == "false"
        && (is_lead(world, &values) || !alike(world, &values, (!is_new).then_some(&*id)).is_empty())
    {
        let told = "A record was not created or updated because a duplicate already exists.";
        return Err(refusal(StatusCode::PRECONDITION_FAILED, "0x80040333", told));
    }
    if asked.header("if-none-match") == "*" {
        if !is_new {
            let told = "A record with matching key values already exists.";
            return Err(refusal(StatusCode::PRECONDITION_FAILED, "0x80040237", told));
        }
        let mut row = Row::default();
        row.values.insert("createdon".into(), json!(world.now()));
        row.values.insert("statecode".into(), json!(0));
        world.contacts.insert(id.clone(), row);
    } else {
        matches(world, asked, &id)?;
    }
    world.set_as(APP_USER, &id, values);
    if asked.preference("return").as_deref() != Some("representation") {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let options = options(&asked.query);
    let row = shown(world, asked, &id, &world.contacts[&id], options.get("$select"))?;
    let mut response = (status, Json(row)).into_response();
    let applied = HeaderValue::from_static("return=representation");
    response.headers_mut().insert("Preference-Applied", applied);
    Ok(response)
}

/// Makes an account under the id that it is given.
pub(super) fn make_account(world: &mut World, asked: &Asked) -> Result<Response, Refusal> {
    let id = key(&asked.path).ok_or_else(|| bad("a row is needed"))?.to_lowercase();
    let body: Map<String, Value> =
        serde_json::from_slice(&asked.body).map_err(|_| bad("an odd body"))?;
    assert_eq!(asked.header("if-none-match"), "*", "no account is ever changed");
    if world.accounts.contains_key(&id) {
        let told = "A record with matching key values already exists.";
        return Err(refusal(StatusCode::PRECONDITION_FAILED, "0x80040237", told));
    }
    for (name, value) in &body {
        let column = ACCOUNTS.iter().find(|(known, _, written)| known == name && *written);
        let Some((_, Type::Text(most), _)) = column else { return Err(odd(name)) };
        match value.as_str() {
            Some(text) if text.chars().count() > *most => return Err(too_long(name, text)),
            Some(text) if !text.is_empty() => {}
            _ => return Err(bad("no text")),
        }
    }
    world.make_account(&id, body);
    let options = options(&asked.query);
    let row = shown(world, asked, &id, &world.accounts[&id], options.get("$select"))?;
    Ok((StatusCode::CREATED, Json(row)).into_response())
}

pub(super) fn delete(world: &mut World, asked: &Asked) -> Result<Response, Refusal> {
    let id = key(&asked.path).ok_or_else(|| bad("a row is needed"))?.to_lowercase();
    matches(world, asked, &id)?;
    world.remove(&id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whether a row is as the request thinks.
fn matches(world: &World, asked: &Asked, id: &str) -> Result<(), Refusal> {
    let etag = asked.header("if-match");
    assert!(etag.starts_with("W/\""), "nothing is ever written without a condition");
    let row = world.contacts.get(id).ok_or_else(|| gone("contact", id))?;
    if etag == format!("W/\"{}\"", row.version) {
        return Ok(());
    }
    let told = "The version of the existing record doesn't match the RowVersion property provided.";
    Err(refusal(StatusCode::PRECONDITION_FAILED, "0x80060882", told))
}

/// The values of a row that is sent, as they are kept.
fn values(world: &World, body: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let mut values = Map::new();
    for (name, value) in body {
        if let Some(bound) = name.strip_suffix("@odata.bind") {
            let (column, table, rows) = match bound {
                "parentcustomerid_account" => {
                    ("_parentcustomerid_value", "/accounts", &world.accounts)
                }
                "ownerid" => ("_ownerid_value", "/systemusers", &world.users),
                _ => return Err(odd(&name)),
            };
            let target = value.as_str().and_then(|text| key(text.strip_prefix(table)?));
            match target {
                Some(target) if rows.contains_key(target) => {
                    values.insert(column.into(), json!(target));
                }
                None if value.is_null() => {
                    values.insert(column.into(), Value::Null);
                }
                _ => return Err(gone(bound, "that")),
            }
            continue;
        }
        let column = CONTACTS.iter().find(|(known, kind, written)| {
            *known == name && *written && !matches!(kind, Type::Lookup(_))
        });
        let (_, kind, _) = column.ok_or_else(|| odd(&name))?;
        let fits = match kind {
            _ if value.is_null() => true,
            Type::Text(most) => match value.as_str() {
                Some(text) if text.chars().count() > *most => return Err(too_long(&name, text)),
                text => text.is_some_and(|text| !text.is_empty()),
            },
            Type::Number => value.is_i64(),
            Type::Flag => value.is_boolean(),
            Type::Time | Type::Id | Type::Lookup(_) => false,
        };
        if !fits {
            let told = format!("Cannot convert the literal of '{name}' to the expected type");
            return Err(refusal(StatusCode::BAD_REQUEST, "0x80048d19", &told));
        }
        values.insert(name, value);
    }
    Ok(values)
}

fn odd(name: &str) -> Refusal {
    bad(&format!("Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.contact'."))
}

fn too_long(name: &str, text: &str) -> Refusal {
    let told = format!(
        "A validation error occurred. The length of the '{name}' attribute of the 'contact' entity \
         exceeded the maximum allowed length of 'less': {text}"
    );
    refusal(StatusCode::BAD_REQUEST, "0x80044331", &told)
}

fn is_lead(world: &World, values: &Map<String, Value>) -> bool {
    values.get("emailaddress1").is_some_and(|email| world.leads.iter().any(|lead| email == lead))
}

/// The contacts in use that the rules take for duplicates of values.
fn alike(world: &World, values: &Map<String, Value>, but: Option<&str>) -> Vec<String> {
    let text = |values: &Map<String, Value>, name: &str| {
        values.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase()
    };
    let same = |row: &Row, names: &[&str]| {
        let mut names = names.iter();
        names.all(|name| {
            let wanted = text(values, name);
            !wanted.is_empty() && wanted == text(&row.values, name)
        })
    };
    let until = Millis(world.clock.now().0 - world.rules_lag).to_rfc3339();
    let is_known = |row: &Row| {
        world.rules_lag == 0 || row.values["modifiedon"].as_str() <= Some(until.as_str())
    };
    let others = world.contacts.iter().filter(|(id, row)| {
        Some(id.as_str()) != but && row.values["statecode"] == 0 && is_known(row) && {
            same(row, &["emailaddress1"])
                || (world.names_are_unique && same(row, &["firstname", "lastname"]))
                || (world.mobiles_are_unique && same(row, &["mobilephone"]))
        }
    });
    others.map(|(id, _)| id.clone()).collect()
}

/// `RetrieveDuplicates`: the contacts that are duplicates of one that is not there yet.
pub(super) fn duplicates(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    let path = "RetrieveDuplicates(BusinessEntity=@p1,MatchingEntityName=@p2,PagingInfo=@p3)";
    let options = options(&asked.query);
    let option = |name: &str| options.get(name).map(String::as_str).unwrap_or_default();
    let entity: Map<String, Value> =
        serde_json::from_str(option("@p1")).map_err(|_| bad("an odd entity"))?;
    let paging: Value = serde_json::from_str(option("@p3")).map_err(|_| bad("odd paging"))?;
    let mut names = entity.keys().filter(|name| *name != "@odata.type");
    let fits = asked.path == path
        && entity["@odata.type"] == "Microsoft.Dynamics.CRM.contact"
        && option("@p2") == "'contact'"
        && paging["PageNumber"] == 1
        && paging["Count"].is_u64()
        && names.all(|name| CONTACTS.iter().any(|(known, _, _)| known == name));
    if !fits {
        return Err(bad("odd parameters"));
    }
    let found = alike(world, &entity, None);
    let found = found.iter().map(|id| json!({"contactid": id, "@odata.etag": "W/\"1\""}));
    Ok(Json(json!({"value": found.collect::<Vec<_>>()})).into_response())
}

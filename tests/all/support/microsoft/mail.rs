//! Mailboxes: folders, lists with filter and pages, delta per folder, messages as JSON and as MIME.

use super::world::{LARGE, Message, World, stamp};
use super::{Shared, refusal};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

type Asked = Query<BTreeMap<String, String>>;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/me", get(me))
        .route("/users/{user}/mailFolders/{folder}/messages", get(list))
        .route("/users/{user}/mailFolders/{folder}/messages/delta()", get(delta))
        .route("/users/{user}/messages/{id}", get(message))
        .route("/users/{user}/messages/{id}/$value", get(mime))
        .route("/users/{user}/messages/{id}/attachments", get(attachments))
        .route("/users/{user}/messages/{id}/attachments/{attachment}", get(attachment))
}

async fn me(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let world = shared.lock().unwrap();
    let token = headers[header::AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    match &world.tokens[token].person {
        Some(person) => {
            let mail = (!world.personal.contains(person)).then_some(person);
            Json(json!({"mail": mail, "userPrincipalName": person})).into_response()
        }
        None => refusal(StatusCode::BAD_REQUEST, "BadRequest"),
    }
}

fn no_folder() -> Response {
    refusal(StatusCode::NOT_FOUND, "ErrorItemNotFound")
}

fn moment(stamp: &str) -> Option<i64> {
    Some(OffsetDateTime::parse(stamp, &Rfc3339).ok()?.unix_timestamp() * 1000)
}

/// `receivedDateTime ge …`, the one filter that delta knows.
fn since(asked: &BTreeMap<String, String>) -> Option<i64> {
    moment(asked.get("$filter")?.strip_prefix("receivedDateTime ge ")?)
}

/// The same, or `receivedDateTime ge … and receivedDateTime lt …`.
fn between(asked: &BTreeMap<String, String>) -> Option<(i64, i64)> {
    let filter = asked.get("$filter")?.strip_prefix("receivedDateTime ge ")?;
    match filter.split_once(" and receivedDateTime lt ") {
        Some((since, until)) => Some((moment(since)?, moment(until)?)),
        None => Some((moment(filter)?, i64::MAX)),
    }
}

fn bad_filter() -> Response {
    refusal(StatusCode::BAD_REQUEST, "ErrorInvalidUrlQueryFilter")
}

fn brief(message: &Message) -> Value {
    let Message { id, received, is_draft, .. } = message;
    json!({"id": id, "receivedDateTime": stamp(*received), "isDraft": is_draft})
}

fn in_folder(world: &World, user: &str, folder: &str) -> Vec<Message> {
    let mut found: Vec<Message> =
        world.mailboxes[user].iter().filter(|one| one.folder == folder).cloned().collect();
    found.sort_by_key(|one| (one.received, one.id.clone()));
    found
}

async fn list(
    State(shared): State<Shared>,
    Path((user, folder)): Path<(String, String)>,
    Query(asked): Asked,
) -> Response {
    let world = shared.lock().unwrap();
    let Some(folder) = world.folder(&user, &folder) else { return no_folder() };
    let Some((since, until)) = between(&asked) else { return bad_filter() };
    let number = |name: &str, usual: usize| asked.get(name).map_or(usual, |it| it.parse().unwrap());
    let (top, skip) = (number("$top", 10), number("$skip", 0));
    // Graph wants what is ordered by to be filtered by first.
    assert_eq!(asked["$orderby"], "receivedDateTime");
    let mut found = in_folder(&world, &user, &folder);
    found.retain(|message| (since..until).contains(&(message.received.div_euclid(1000) * 1000)));
    let all = found.len();
    let page: Vec<Value> = found.iter().skip(skip).take(top).map(brief).collect();
    let mut body = json!({"@odata.count": all, "value": page});
    if skip + top < all {
        let mut next = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &asked {
            if name != "$skip" {
                next.append_pair(name, value);
            }
        }
        next.append_pair("$skip", &(skip + top).to_string());
        body["@odata.nextLink"] = format!(
            "{}/v1.0/users/{user}/mailFolders/{folder}/messages?{}",
            world.base,
            next.finish()
        )
        .into();
    }
    Json(body).into_response()
}

/// Tokens are `change.since`: what changed later is told. Pages hold two messages as a rule, so that
/// there are some.
async fn delta(
    State(shared): State<Shared>,
    Path((user, folder)): Path<(String, String)>,
    Query(asked): Asked,
) -> Response {
    let world = shared.lock().unwrap();
    let Some(folder) = world.folder(&user, &folder) else { return no_folder() };
    let size = world.delta_page;
    let token = asked.get("$deltatoken").or(asked.get("$skiptoken"));
    let (seen, since) = match token {
        Some(token) => {
            let (seen, since) = token.split_once('.').unwrap();
            (seen.parse::<u64>().unwrap(), since.parse::<i64>().unwrap())
        }
        None => match since(&asked) {
            Some(since) => (0, since),
            None => return bad_filter(),
        },
    };
    if token.is_some() && seen < world.oldest_delta {
        return refusal(StatusCode::GONE, "syncStateNotFound");
    }
    let mut changed: Vec<&Message> = world.mailboxes[&user]
        .iter()
        .filter(|one| one.change > seen && one.received >= since)
        .filter(|one| !world.untold.contains(&one.id))
        .collect();
    changed.sort_by_key(|one| one.change);
    let page = changed.iter().take(size).map(|one| {
        if one.folder == folder {
            brief(one)
        } else {
            json!({"id": one.id, "@removed": {"reason": "changed"}})
        }
    });
    let page: Vec<Value> = page.collect();
    let link = |name: &str, seen: u64| {
        let base =
            format!("{}/v1.0/users/{user}/mailFolders/{folder}/messages/delta()", world.base);
        format!("{base}?{name}={seen}.{since}")
    };
    let mut body = json!({"value": page});
    if world.endless_delta {
        body["@odata.nextLink"] = link("$skiptoken", seen).into();
    } else if changed.len() > size {
        body["@odata.nextLink"] = link("$skiptoken", changed[size - 1].change).into();
    } else {
        body["@odata.deltaLink"] = link("$deltatoken", world.last_change()).into();
    }
    Json(body).into_response()
}

fn find(world: &World, user: &str, id: &str) -> Option<Message> {
    world.mailboxes[user].iter().find(|message| message.id == id).cloned()
}

async fn message(
    State(shared): State<Shared>,
    Path((user, id)): Path<(String, String)>,
    Query(asked): Asked,
) -> Response {
    let found = find(&shared.lock().unwrap(), &user, &id);
    let Some(found) = found else { return refusal(StatusCode::NOT_FOUND, "ErrorItemNotFound") };
    // So that more than one request for a mailbox is ever under way.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let letter = Letter::of(found.number);
    let mut body = json!({
        "id": found.id,
        "internetMessageId": letter.message_id(),
        "internetMessageHeaders": letter.headers(),
        "from": {"emailAddress": {"name": letter.name, "address": letter.address}},
        "subject": "Anfrage",
        "sentDateTime": "2026-11-16T07:00:00Z",
        "hasAttachments": letter.card().is_some(),
    });
    for form in ["uniqueBody", "body"] {
        if asked["$select"].split(',').any(|part| part == form) {
            let is_blank = form == "uniqueBody" && letter.is_forwarded;
            let content = if is_blank { "<html><body></body></html>" } else { &letter.html };
            body[form] = json!({"contentType": "html", "content": content});
        }
    }
    Json(body).into_response()
}

/// A vCard and what it came with, without their contents.
async fn attachments(
    State(shared): State<Shared>,
    Path((user, id)): Path<(String, String)>,
    Query(asked): Asked,
) -> Response {
    assert_eq!(asked["$select"], "id,name,contentType,size");
    let found = find(&shared.lock().unwrap(), &user, &id);
    let card = found.and_then(|found| Letter::of(found.number).card());
    let Some(card) = card else { return refusal(StatusCode::NOT_FOUND, "ErrorItemNotFound") };
    let file = |id: &str, name: &str, kind: &str, size: usize| {
        let odata = "#microsoft.graph.fileAttachment";
        json!({"@odata.type": odata, "id": id, "name": name, "contentType": kind, "size": size})
    };
    Json(json!({"value": [
        file("AAkOffer", "offer.pdf", "application/pdf", 80_000),
        file("AAkCard", "Visitenkarte.vcf", "text/x-vcard", card.len()),
        file("AAkPoster", "poster.vcf", "text/vcard", 5_000_000),
    ]}))
    .into_response()
}

async fn attachment(
    State(shared): State<Shared>,
    Path((user, id, attachment)): Path<(String, String, String)>,
) -> Response {
    let found = find(&shared.lock().unwrap(), &user, &id);
    let card = found.and_then(|found| Letter::of(found.number).card());
    match card {
        Some(card) if attachment == "AAkCard" => Json(json!({
            "@odata.type": "#microsoft.graph.fileAttachment",
            "id": attachment,
            "contentType": "text/x-vcard",
            "contentBytes": BASE64.encode(card),
        }))
        .into_response(),
        _ => refusal(StatusCode::NOT_FOUND, "ErrorItemNotFound"),
    }
}

async fn mime(State(shared): State<Shared>, Path((user, id)): Path<(String, String)>) -> Response {
    let found = find(&shared.lock().unwrap(), &user, &id);
    let Some(found) = found else { return refusal(StatusCode::NOT_FOUND, "ErrorItemNotFound") };
    let letter = Letter::of(found.number);
    let head = format!(
        "From: {} <{}>\r\nMessage-ID: {}\r\n",
        letter.name,
        letter.address,
        letter.message_id()
    );
    let kind = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
    ([(header::CONTENT_TYPE, "text/plain")], format!("{head}{kind}{}", letter.html)).into_response()
}

/// What stands in the message with a number: one person signs each, and nobody signs twice.
struct Letter {
    number: usize,
    name: String,
    address: String,
    html: String,
    /// Graph finds nothing unique in it.
    is_forwarded: bool,
}

impl Letter {
    /// From this number on, a message is too large to be told as JSON.
    const HUGE: usize = 1_000_000;

    /// With these a vCard comes.
    const WITH_CARD: std::ops::Range<usize> = 90_000..91_000;

    fn of(number: usize) -> Self {
        const GIVEN: [&str; 5] = ["Anna", "Bernd", "Clara", "David", "Emma"];
        let letters = |mut number: usize| {
            let mut name = String::from("Ho");
            for _ in 0..4 {
                name.push(char::from(b'a' + u8::try_from(number % 20).unwrap()));
                name.push(['a', 'e', 'i', 'o', 'u'][number % 5]);
                number /= 20;
            }
            name
        };
        let family = letters(number);
        let name = format!("{} {family}", GIVEN[number % GIVEN.len()]);
        let address = format!("{}@fabrik-{number}.example", family.to_lowercase());
        let filling = match number {
            Self::HUGE.. => "<p>x</p>".repeat(700_000),
            _ if LARGE.contains(&number) => {
                format!("<img src=\"data:image/png;base64,{}\">", "iVBORw0K".repeat(131_072))
            }
            _ => String::new(),
        };
        let html = format!(
            "<html><body><p>Guten Tag,</p><p>kanarienwort {number}: was kosten 500 Lager?</p>\
             <p>Mit freundlichen Grüßen</p><p>{name}<br>Leiterin Einkauf<br>{family} GmbH<br>\
             Tel.: +49 931 3{number:05}<br>{address}</p>{filling}</body></html>"
        );
        Self { number, name, address, html, is_forwarded: number % 7 == 3 }
    }

    /// The vCard that came with it; it alone tells the mobile number.
    fn card(&self) -> Option<String> {
        let Self { number, name, address, .. } = self;
        Self::WITH_CARD.contains(number).then(|| {
            format!(
                "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nEMAIL:{address}\r\n\
                 TEL;TYPE=CELL:+49 151 234{number:05}\r\nEND:VCARD\r\n"
            )
        })
    }

    fn message_id(&self) -> String {
        format!("<{}@fabrik.example>", self.number)
    }

    fn headers(&self) -> Value {
        json!([
            {"name": "Received", "value": "from fabrik.example by outlook.example"},
            {"name": "Content-Type", "value": "multipart/alternative; boundary=\"b\""},
            {"name": "From", "value": format!("{} <{}>", self.name, self.address)},
            {"name": "Date", "value": "Mon, 16 Nov 2026 08:00:00 +0100"},
            {"name": "Message-ID", "value": self.message_id()},
        ])
    }
}

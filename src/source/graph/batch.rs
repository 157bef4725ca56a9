//! Several messages with one request: Graph's JSON batching
//! (<https://learn.microsoft.com/en-us/graph/json-batching>). That the whole is answered says nothing
//! of its parts: each has a status of its own, and each may be asked to wait.

use super::answer;
use super::calls::{Calls, IMMUTABLE};
use super::fault::Fault;
use super::message::Message;
use super::single::{self, HTML, MAX_MESSAGE, PARTS};
use super::space::Share;
use graph_rs_sdk::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

/// Most requests in one.
pub(super) const MOST: usize = 20;

/// The most that an answer is listened to; what is larger is asked for one by one.
const MAX_ANSWER: usize = 8 << 20;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    responses: Vec<Part<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    id: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, Value>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

impl Calls<'_> {
    /// Up to [`MOST`] messages, each with the author's own part of its body; in the order asked. They
    /// take `share`.
    pub(super) async fn messages(
        &self,
        ids: &[&str],
        share: &mut Share,
    ) -> Result<Vec<Result<Message, Fault>>, Fault> {
        let prefer = format!("{IMMUTABLE}, {HTML}");
        let select = [&PARTS[..], &["uniqueBody"]].concat().join(",");
        let ask = |(number, id): (usize, &&str)| {
            json!({
                "id": number.to_string(),
                "method": "GET",
                "url": format!("{}?$select={select}", path(&self.root(), id)),
                "headers": { "Prefer": prefer },
            })
        };
        let requests: Vec<Value> = ids.iter().enumerate().map(ask).collect();
        let answer = self.batch(&json!({ "requests": requests })).await?;
        let (body, whole) = answer::bytes_into(share, answer, MAX_ANSWER).await?;
        if !whole {
            return Err(Fault::TooMuch);
        }
        let answer: Answer<'_> = serde_json::from_slice(&body).map_err(|_| Fault::Odd)?;
        let mut parts: HashMap<String, Part<'_>> =
            answer.responses.into_iter().map(|part| (part.id.clone(), part)).collect();
        let part = |number: usize| parts.remove(&number.to_string()).ok_or(Fault::Odd);
        let messages: Vec<Result<Message, Fault>> =
            (0..ids.len()).map(part).map(|part| message(&part?)).collect();
        for fate in &messages {
            if let Some(wait) = fate.as_ref().err().and_then(Fault::wait) {
                self.pause(wait);
            }
        }
        Ok(messages)
    }
}

fn message(part: &Part<'_>) -> Result<Message, Fault> {
    let body = part.body.map_or("null", RawValue::get);
    let status = StatusCode::from_u16(part.status).map_err(|_| Fault::Odd)?;
    if !status.is_success() {
        let fault = answer::refused(status, &headers(&part.headers), body.as_bytes());
        return Err(single::no_message(fault));
    }
    if body.len() > MAX_MESSAGE {
        return Err(Fault::TooMuch);
    }
    serde_json::from_str(body).map_err(|_| Fault::Odd)
}

/// The headers of a part; Graph writes numbers as text, gateways may not.
fn headers(told: &HashMap<String, Value>) -> HeaderMap {
    let header = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    };
    told.iter().filter_map(header).collect()
}

/// Where a message of the mailbox at `root` is, below the root of Graph.
fn path(root: &[&str], id: &str) -> String {
    let Ok(mut url) = Url::parse("https://graph.microsoft.com") else { return String::new() };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(root).extend(["messages", id]);
    }
    url.path().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_part_has_a_fate_of_its_own() {
        let told = r#"{"responses": [
            {"id": "1", "status": 429, "headers": {"Retry-After": "7"}, "body": {"error": {"code": "x"}}},
            {"id": "0", "status": 200, "body": {"subject": "Lager"}},
            {"id": "2", "status": 404, "body": {"error": {"code": "ErrorItemNotFound"}}},
            {"id": "3", "status": 429, "headers": {"retry-after": 9}},
            {"id": "4", "status": 200},
            {"id": "5", "status": 200, "body": "no message"},
            {"id": "6", "status": 410, "body": {"error": {"code": "ErrorItemNotFound"}}}]}"#;
        let answer: Answer<'_> = serde_json::from_str(told).expect("an answer");
        let fates: Vec<Result<Message, Fault>> = answer.responses.iter().map(message).collect();
        let seconds = |fate: &Result<Message, Fault>| match fate {
            Err(Fault::Throttled(wait)) => Some(*wait),
            _ => None,
        };
        assert_eq!(seconds(&fates[0]), Some(Duration::from_secs(7)));
        assert!(fates[1].is_ok());
        assert!(matches!(fates[2], Err(Fault::NotFound)));
        assert_eq!(seconds(&fates[3]), Some(Duration::from_secs(9)));
        assert!(fates[4..6].iter().all(|fate| matches!(fate, Err(Fault::Odd))));
        assert!(matches!(fates[6], Err(Fault::NotFound)));
    }

    #[test]
    fn a_name_stays_one_segment() {
        assert_eq!(path(&["users", "a+b@x.de"], "AAk_="), "/users/a+b@x.de/messages/AAk_=");
        assert_eq!(path(&["users", "a/../b"], "c?d"), "/users/a%2F..%2Fb/messages/c%3Fd");
        assert_eq!(path(&["me"], "AAk"), "/me/messages/AAk");
    }
}

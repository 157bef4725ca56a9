//! What Graph answers, bounded, and what its refusals mean.

use super::fault::Fault;
use super::gate::Room;
use super::link;
use super::space::Share;
use crate::clock::Millis;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

/// The most that a list or a refusal is listened to.
pub(super) const MAX_LIST: usize = 4 << 20;
const MAX_REFUSAL: usize = 64 << 10;

/// How long to wait if we are to wait and are not told how long; and the longest we believe.
const USUAL_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_hours(6);

/// An answer that has begun; until it is read, its request counts among those under way.
pub(super) struct Answer {
    response: Response,
    _room: Room,
}

/// A page of a list of messages.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The messages.
    pub(super) items: Vec<Listed>,
    /// With what query the list goes on.
    pub(super) next: Option<String>,
    /// With what query delta is asked next time.
    pub(super) delta: Option<String>,
    /// How many there are altogether, if that was asked for.
    pub(super) count: Option<u64>,
    /// What time it is there.
    pub(super) at: Option<Millis>,
}

/// A message in a list.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    /// Graph's id.
    pub(super) id: String,
    /// When it came.
    #[serde(rename = "receivedDateTime", default)]
    received: Option<String>,
    #[serde(rename = "@removed", default)]
    removed: Option<serde::de::IgnoredAny>,
    #[serde(rename = "isDraft", default)]
    is_draft: bool,
}

impl Listed {
    /// When it came.
    pub(super) fn received(&self) -> Option<Millis> {
        let at = OffsetDateTime::parse(self.received.as_deref()?, &Rfc3339).ok()?;
        Some(Millis(i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()?))
    }
}

#[derive(Deserialize)]
struct RawPage {
    value: Vec<Listed>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
    #[serde(rename = "@odata.deltaLink", default)]
    delta: Option<String>,
    #[serde(rename = "@odata.count", default)]
    count: Option<u64>,
}

/// Reads a page; what was removed or is a draft is left out. An id that could not stand in an
/// address is no id of Graph's: we always ask for immutable ones.
pub(super) async fn page(answer: Answer) -> Result<Page, Fault> {
    let at = date(answer.response.headers());
    let raw: RawPage = json(answer, MAX_LIST).await?;
    let query = |link: Option<String>| match link {
        Some(link) => link::query(&link).map(Some).ok_or(Fault::Odd),
        None => Ok(None),
    };
    let (next, delta) = (query(raw.next)?, query(raw.delta)?);
    let items: Vec<Listed> =
        raw.value.into_iter().filter(|item| item.removed.is_none() && !item.is_draft).collect();
    if items.iter().any(|item| !is_id(&item.id)) {
        return Err(Fault::Odd);
    }
    Ok(Page { items, next, delta, count: raw.count, at })
}

/// Whether a text can be an immutable id: it stands in an address as it is.
pub(super) fn is_id(text: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    !text.is_empty() && text.len() <= 512 && text.bytes().all(fine)
}

/// Reads JSON of at most `max` bytes.
pub(super) async fn json<T: DeserializeOwned>(answer: Answer, max: usize) -> Result<T, Fault> {
    let (body, whole) = bytes(answer, max).await?;
    if !whole {
        return Err(Fault::TooMuch);
    }
    serde_json::from_slice(&body).map_err(|_| Fault::Odd)
}

/// Reads at most `max` bytes, and says whether that was all.
async fn bytes(mut answer: Answer, max: usize) -> Result<(Vec<u8>, bool), Fault> {
    read(&mut answer.response, max, |_| true).await
}

/// Likewise, as far as there is space for it.
pub(super) async fn bytes_into(
    share: &mut Share,
    mut answer: Answer,
    max: usize,
) -> Result<(Vec<u8>, bool), Fault> {
    read(&mut answer.response, max, |bytes| share.grow(bytes)).await
}

async fn read(
    response: &mut Response,
    max: usize,
    mut has_space: impl FnMut(usize) -> bool,
) -> Result<(Vec<u8>, bool), Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Fault::Unreachable)? {
        let room = max - body.len();
        if !has_space(body.len() + chunk.len().min(room)) {
            return Err(Fault::Crowded);
        }
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((body, false));
        }
    }
    Ok((body, true))
}

/// An answer of success, or what the refusal means.
pub(super) async fn success(mut response: Response, room: Room) -> Result<Answer, Fault> {
    let status = response.status();
    if status.is_success() {
        return Ok(Answer { response, _room: room });
    }
    let headers = response.headers().clone();
    let (body, _) = read(&mut response, MAX_REFUSAL, |_| true).await?;
    Err(refused(status, &headers, &body))
}

/// What a refusal means, by its status, headers and body.
pub(super) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
    refusal(status, wait(headers), &code(body))
}

/// Graph's word for what is wrong.
fn code(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        code: String,
    }
    serde_json::from_slice::<Refusal>(body).map_or_else(|_| String::new(), |it| it.error.code)
}

/// <https://learn.microsoft.com/en-us/graph/errors> and what Outlook adds.
fn refusal(status: StatusCode, wait: Option<Duration>, code: &str) -> Fault {
    let is = |codes: &[&str]| codes.iter().any(|known| known.eq_ignore_ascii_case(code));
    if status == StatusCode::GONE
        || is(&["SyncStateNotFound", "SyncStateInvalid", "InvalidSyncStateData", "resyncRequired"])
    {
        return Fault::CursorLost;
    }
    match status {
        StatusCode::TOO_MANY_REQUESTS => Fault::Throttled(wait.unwrap_or(USUAL_WAIT)),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT if wait.is_some() => {
            Fault::Busy(wait.unwrap_or(USUAL_WAIT))
        }
        StatusCode::UNAUTHORIZED => Fault::Unauthorized,
        _ if is(&[
            "MailboxNotEnabledForRESTAPI",
            "ErrorInvalidUser",
            "Request_ResourceNotFound",
        ]) =>
        {
            Fault::NoMailbox
        }
        StatusCode::FORBIDDEN => Fault::Forbidden,
        StatusCode::NOT_FOUND => Fault::NotFound,
        status if status.is_server_error() => Fault::Server(status.as_u16()),
        status => Fault::Refused(status.as_u16()),
    }
}

/// How long to wait, in seconds or until a date (RFC 9110 §10.2.3).
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = if let Ok(seconds) = text.parse() {
        seconds
    } else {
        let until = OffsetDateTime::parse(text, &Rfc2822).ok()?;
        let now = date(headers)?;
        u64::try_from(until.unix_timestamp() - now.0.div_euclid(1000)).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

fn date(headers: &HeaderMap) -> Option<Millis> {
    let at = OffsetDateTime::parse(headers.get(DATE)?.to_str().ok()?, &Rfc2822).ok()?;
    Some(Millis(at.unix_timestamp() * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_mean_what_graph_means() {
        let meant = |status: u16, code: &str| {
            let status = StatusCode::from_u16(status).expect("a status");
            refusal(status, None, code).to_string()
        };
        for (status, code, fault) in [
            (410, "", Fault::CursorLost),
            (400, "syncStateNotFound", Fault::CursorLost),
            (404, "ErrorItemNotFound", Fault::NotFound),
            (404, "MailboxNotEnabledForRESTAPI", Fault::NoMailbox),
            (403, "ErrorAccessDenied", Fault::Forbidden),
            (401, "InvalidAuthenticationToken", Fault::Unauthorized),
            (503, "", Fault::Server(503)),
            (400, "BadRequest", Fault::Refused(400)),
        ] {
            assert_eq!(meant(status, code), fault.to_string(), "{status} {code}");
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let headers = |retry: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, "Sun, 22 Nov 2026 03:00:00 GMT".parse().expect("a value"));
            headers.insert(RETRY_AFTER, retry.parse().expect("a value"));
            wait(&headers).map(|wait| wait.as_secs())
        };
        assert_eq!(headers("17"), Some(17));
        assert_eq!(headers("Sun, 22 Nov 2026 03:00:40 GMT"), Some(40));
        assert_eq!(headers("Sun, 22 Nov 2026 02:00:00 GMT"), Some(0));
        assert_eq!(headers("99999999"), Some(6 * 3600));
        assert_eq!(headers("soon"), None);
    }

    #[test]
    fn an_id_stands_in_an_address_as_it_is() {
        assert!(is_id("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A_x="));
        for bad in ["", "a/b", "a+b", "../x", "a b", "a?b", &"a".repeat(513)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}

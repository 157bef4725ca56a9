//! Subscriptions: both addresses are tried before one is made, and it really notifies.

use super::world::{Subscription, World, stamp};
use super::{Shared, refusal};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{patch, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use undersigned::store::Id;

/// 4,230 minutes, the older of Microsoft's two limits.
const LONGEST: i64 = 4_230 * 60_000;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/subscriptions", post(create).get(list))
        .route("/subscriptions/{id}", patch(renew).delete(end))
}

fn until(world: &World, body: &Value) -> Option<i64> {
    let at = OffsetDateTime::parse(body["expirationDateTime"].as_str()?, &Rfc3339).ok()?;
    let at = at.unix_timestamp() * 1000;
    (at > world.now() && at <= world.now() + LONGEST).then_some(at)
}

/// `users/{address}/mailFolders('{folder}')/messages`, or `me/…`.
fn parse(resource: &str, me: Option<String>) -> Option<(String, String)> {
    let (whose, rest) = resource.split_once("/mailFolders('")?;
    let address = match whose {
        "me" => me?,
        whose => whose.strip_prefix("users/")?.to_owned(),
    };
    Some((address, rest.strip_suffix("')/messages")?.to_owned()))
}

async fn create(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let bad = |why: &str| refusal(StatusCode::BAD_REQUEST, why);
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (url, lifecycle_url) = (text("notificationUrl"), text("lifecycleNotificationUrl"));
    let client_state = text("clientState");
    let token = shared.lock().unwrap().token(&headers).unwrap().clone();
    let owner = token.person;
    let Some((address, folder)) = parse(&text("resource"), owner.clone()) else {
        return bad("resource");
    };
    if text("changeType") != "created" || !(40..=128).contains(&client_state.len()) {
        return bad("changeType or clientState");
    }
    let Some(expires_at) = until(&shared.lock().unwrap(), &body) else {
        return bad("ExtensionError");
    };
    for url in [&url, &lifecycle_url] {
        if !validates(url).await {
            return bad("ValidationError");
        }
    }
    let id = Id::<()>::new().to_string();
    let subscription = Subscription {
        id: id.clone(),
        address,
        folder,
        url,
        lifecycle_url,
        client_state,
        expires_at,
        token_until: token.until,
        is_ending: false,
        owner,
    };
    let hasty = {
        let mut world = shared.lock().unwrap();
        world.subscriptions.insert(id.clone(), subscription.clone());
        world
            .hasty
            .then(|| (subscription.url.clone(), json!({"value": [subscription.notification()]})))
    };
    send(hasty.into_iter().collect()).await;
    let made = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity",
        "id": id, "resource": body["resource"], "changeType": "created",
        "notificationUrl": body["notificationUrl"], "expirationDateTime": stamp(expires_at),
    });
    (StatusCode::CREATED, Json(made)).into_response()
}

/// Those that whoever asks has made, without what they are to be known by.
async fn list(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    const PAGE: usize = 2;
    let world = shared.lock().unwrap();
    let asker = world.asker(&headers);
    let skip = query.get("$skiptoken").map_or(0, |skip| skip.parse().unwrap());
    let own: Vec<_> = world.subscriptions.values().filter(|one| one.owner == asker).collect();
    let page: Vec<Value> = own.iter().skip(skip).take(PAGE).map(|one| one.told()).collect();
    let mut body = json!({"value": page});
    if own.len() > skip + PAGE {
        let next = format!("{}/v1.0/subscriptions?$skiptoken={}", world.base, skip + PAGE);
        body["@odata.nextLink"] = next.into();
    }
    Json(body).into_response()
}

async fn renew(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let mut world = shared.lock().unwrap();
    let (until, asker) = (until(&world, &body), world.asker(&headers));
    let token_until = world.token(&headers).unwrap().until;
    let subscription = match world.subscriptions.get_mut(&id) {
        None => return refusal(StatusCode::NOT_FOUND, "ResourceNotFound"),
        Some(other) if other.owner != asker => {
            return refusal(StatusCode::FORBIDDEN, "ExtensionError");
        }
        Some(subscription) => subscription,
    };
    let Some(until) = until else { return refusal(StatusCode::BAD_REQUEST, "ExtensionError") };
    subscription.expires_at = until;
    subscription.is_ending &= token_until <= subscription.token_until;
    subscription.token_until = token_until;
    // As its description says; the real one tells what has become of it, too.
    StatusCode::NO_CONTENT.into_response()
}

async fn end(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let mut world = shared.lock().unwrap();
    let asker = world.asker(&headers);
    match world.subscriptions.get(&id) {
        None => refusal(StatusCode::NOT_FOUND, "ResourceNotFound"),
        Some(other) if other.owner != asker => refusal(StatusCode::FORBIDDEN, "ExtensionError"),
        Some(_) => {
            world.subscriptions.remove(&id);
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

/// Graph sends a token and wants it back, decoded, as plain text, at once.
async fn validates(url: &str) -> bool {
    let token = format!("Validation: Testing client {}+&%", Id::<()>::new());
    let Ok(mut asked) = url::Url::parse(url) else { return false };
    asked.query_pairs_mut().append_pair("validationToken", &token);
    let client = reqwest::Client::new();
    let answer = client.post(asked).header("content-type", "text/plain; charset=utf-8");
    let Ok(answer) = answer.timeout(Duration::from_secs(10)).send().await else { return false };
    let plain = answer.headers().get("content-type").is_some_and(|it| it == "text/plain");
    let is_fine = answer.status() == StatusCode::OK && plain;
    is_fine && answer.text().await.is_ok_and(|text| text == token)
}

/// Sends notifications; what is not answered with 2xx is sent once more, as Graph does.
pub(super) async fn send(due: Vec<(String, Value)>) {
    let client = reqwest::Client::new();
    for (url, body) in due {
        for _ in 0..2 {
            let answer = client.post(&url).json(&body).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
        }
    }
}

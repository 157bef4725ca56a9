//! Notifications of Microsoft Graph.
//!
//! What is acknowledged is durable; what is not genuine is acknowledged too, so that nobody learns
//! from the answer what exists. One request may hold notifications for several tenants: the
//! subscription tells whose each is, never what the sender says beside it. Nothing of a tenant is
//! done here.
//!
//! Sources: <https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks>,
//! <https://learn.microsoft.com/en-us/graph/change-notifications-lifecycle-events>.

use crate::store::graph::{Hint, Told};
use crate::vault::secret;
use crate::web::State;
use crate::web::auth::ClientAddress;
use crate::web::problem::{Kind, Problem};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{self, DefaultBodyLimit, FromRequest, Query, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use std::collections::HashSet;
use std::net::IpAddr;

/// Largest body, and most notifications in it.
const MAX_BODY: usize = 1 << 20;
const MAX_NOTIFICATIONS: usize = 1000;

/// How many notifications of a request are looked at whose sender has told too much that is not genuine.
const FEW: usize = 8;

/// Longest token that is repeated, longest id that is looked for.
const MAX_TOKEN: usize = 4096;
const MAX_ID: usize = 256;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/hooks/graph", post(receive))
        .route("/hooks/graph/lifecycle", post(receive))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "validationToken")]
    validation_token: Option<String>,
}

#[derive(Deserialize)]
struct Posted {
    value: Vec<Notification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    subscription_id: String,
    #[serde(default)]
    client_state: Option<String>,
    #[serde(default)]
    lifecycle_event: Option<String>,
}

impl Notification {
    fn hint(self) -> Option<Hint> {
        let told = match self.lifecycle_event.as_deref() {
            None => Told::Changed,
            Some("subscriptionRemoved") => Told::Removed,
            Some("reauthorizationRequired") => Told::Reauthorize,
            Some("missed") => Told::Missed,
            Some(_) => return None,
        };
        let client_state = self.client_state.filter(|state| state.len() <= MAX_ID)?;
        let hash = secret::hash(&client_state);
        let id = self.subscription_id;
        (id.len() <= MAX_ID).then_some(Hint { subscription: id, client_state_hash: hash, told })
    }
}

/// Proves that it is we who listen here, or keeps what is told, unless its sender is
/// [not listened to](super::Refusals) and nothing genuine is found in it.
async fn receive(
    extract::State(state): extract::State<State>,
    address: ClientAddress,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<Response, Problem> {
    if let Some(token) = asked.validation_token {
        return repeat(token);
    }
    let sender = address.network();
    let refusal = sender.and_then(|sender| state.refusals.check(sender).err());
    match Bytes::from_request(request, &state).await {
        Ok(body) => keep(&state, sender, &body, refusal).await,
        Err(rejection) => Ok(rejection.into_response()),
    }
}

async fn keep(
    state: &State,
    sender: Option<IpAddr>,
    body: &[u8],
    refusal: Option<Problem>,
) -> Result<Response, Problem> {
    let posted: Posted = serde_json::from_slice(body)
        .map_err(|_| Problem::new(Kind::Malformed, "this is no change notification"))?;
    if posted.value.len() > MAX_NOTIFICATIONS {
        return Err(Problem::new(Kind::TooLarge, "send at most 1000 notifications at once"));
    }
    let all = posted.value.len();
    let hints: HashSet<Hint> = posted.value.into_iter().filter_map(Notification::hint).collect();
    let different = hints.len();
    if let Some(refusal) = refusal {
        let few = hints.iter().take(FEW).cloned().collect();
        if state.hints.keep(few).await.map_err(Problem::unavailable)? == 0 {
            count("not-listened-to", 1);
            return Err(refusal);
        }
    }
    let kept = if hints.is_empty() {
        0
    } else {
        state.hints.keep(hints).await.map_err(Problem::unavailable)?
    };
    if let Some(sender) = sender {
        state.refusals.note(sender, kept, different - kept);
    }
    count("kept", kept);
    count("unknown", different - kept);
    count("repeated-or-odd", all - different);
    Ok(StatusCode::ACCEPTED.into_response())
}

fn count(outcome: &'static str, number: usize) {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    metrics::counter!("undersigned_graph_notifications_total", "outcome" => outcome)
        .increment(number);
}

/// The token as plain text and nothing else
/// (<https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks#notificationurl-validation>).
fn repeat(token: String) -> Result<Response, Problem> {
    let printable = token.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if token.is_empty() || token.len() > MAX_TOKEN || !printable {
        return Err(Problem::new(Kind::Malformed, "this is no validation token"));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain")], token).into_response())
}

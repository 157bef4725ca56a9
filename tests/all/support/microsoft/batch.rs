//! Several requests in one: each goes its own way through Graph, four of a mailbox at a time, and the
//! answers come in no order.

use super::{broken, refusal};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use futures::{FutureExt, StreamExt, stream};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tower::ServiceExt;

/// `$batch` over everything else of Graph.
pub(super) fn router<S: Clone + Send + Sync + 'static>(graph: Router) -> Router<S> {
    Router::new().route("/$batch", post(batch)).layer(Extension(graph))
}

async fn batch(
    Extension(graph): Extension<Router>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let bearer = headers[header::AUTHORIZATION].to_str().unwrap();
    let requests = body["requests"].as_array().cloned().unwrap_or_default();
    let ids: BTreeSet<&str> = requests.iter().filter_map(|one| one["id"].as_str()).collect();
    if requests.is_empty() || requests.len() > 20 || ids.len() < requests.len() {
        return refusal(StatusCode::BAD_REQUEST, "BadRequest");
    }
    let answers = requests.iter().map(|one| answer(graph.clone(), bearer.to_owned(), one.clone()));
    let answers: Vec<_> = answers.map(FutureExt::boxed).collect();
    let answers: Vec<Option<Value>> = stream::iter(answers).buffered(4).collect().await;
    let Some(mut answers) = answers.into_iter().collect::<Option<Vec<Value>>>() else {
        return broken();
    };
    answers.reverse();
    Json(json!({ "responses": answers })).into_response()
}

/// Nothing: it breaks off.
async fn answer(graph: Router, bearer: String, one: Value) -> Option<Value> {
    assert_eq!(one["method"], "GET");
    let url = one["url"].as_str().unwrap();
    let is_relative = url.starts_with("/users/") || url.starts_with("/me/");
    assert!(is_relative, "without the version: {url}");
    let mut request = Request::get(url).header(header::AUTHORIZATION, bearer);
    for (name, value) in one["headers"].as_object().unwrap_or(&Map::new()) {
        request = request.header(name, value.as_str().unwrap());
    }
    let response = graph.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let mut headers = json!({"Content-Type": "application/json"});
    if let Some(wait) = response.headers().get(header::RETRY_AFTER) {
        headers["Retry-After"] = wait.to_str().unwrap().into();
    }
    let body = to_bytes(response.into_body(), usize::MAX).await.ok()?;
    let body: Value = serde_json::from_slice(&body).unwrap();
    Some(json!({"id": one["id"], "status": status, "headers": headers, "body": body}))
}

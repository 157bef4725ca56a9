//! An import that tells the page how far it is, in lines of JSON: `{"done": 1500}` after each batch, and
//! in the end `{"page": "<!doctype html>…"}`. Who leaves the page stops the import; what came in stays.

use super::upload::Upload;
use super::view::{self, Outcome};
use crate::web::State;
use crate::web::auth::{Access, SignedIn};
use crate::web::layers::cause_chain;
use crate::web::problem::{Kind, Problem};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use futures::channel::mpsc;
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::convert::Infallible;

/// The media type of lines of JSON.
const LINES: &str = "application/x-ndjson";

/// Whether the browser can show how far an import is.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains(LINES))
}

/// Imports while the answer is read.
pub(super) fn stream(
    state: State,
    signed_in: SignedIn,
    access: Access,
    upload: Upload,
    region: String,
) -> Response {
    let (tell, told) = mpsc::unbounded();
    let work = async move {
        let progress = |done| drop(tell.unbounded_send(json!({"done": done})));
        let outcome = match super::import(&state, &access, &upload, &region, progress).await {
            Ok(done) => Outcome::Imported(done, upload.chosen),
            Err(problem) => Outcome::Failed(said(problem), upload.chosen),
        };
        let shown = view::load(&state, &signed_in, &access.tenant, outcome).await;
        let shown = shown.and_then(|shown| shown.render().map_err(Problem::internal));
        shown.map_or_else(|problem| json!({"failure": said(problem)}), |page| json!({"page": page}))
    };
    let lines = stream::select(told, stream::once(work)).map(|line: Value| {
        let line = Bytes::from(format!("{line}\n"));
        Ok::<_, Infallible>(line)
    });
    // Proxies of the kind of nginx would keep the lines back otherwise.
    let headers =
        [(header::CONTENT_TYPE, LINES), (HeaderName::from_static("x-accel-buffering"), "no")];
    (headers, Body::from_stream(lines)).into_response()
}

/// What to say of a problem, where the status is out already; its cause goes to the log.
fn said(problem: Problem) -> String {
    if let Some(cause) = &problem.cause {
        let cause = cause_chain(cause.as_ref());
        tracing::error!(cause, "an import failed");
    }
    match problem.kind {
        Kind::Internal | Kind::Unavailable => {
            "The import stopped halfway; what came in stays. Import the file again to go on.".into()
        }
        _ => problem.detail.into_owned(),
    }
}

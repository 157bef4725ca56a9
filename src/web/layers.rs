//! What stands around every handler: an id for each request, one log line, the headers that keep
//! browsers in bounds, and the rendering of problems.

use super::State;
use super::page::problem_page;
use super::problem::{Kind, Problem};
use crate::store::Id;
use axum::Json;
use axum::extract::{self, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::any::Any;
use std::time::Instant;

/// The id of one request: in its log lines, in `X-Request-Id`, and as a problem's `instance`.
#[derive(Debug, Clone)]
struct RequestId(Id<Request>);

/// Numbers the request, writes its log line, and renders the problem that it ended in. Neither path
/// nor query is logged, only the route: both can name people.
pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId(Id::new());
    let asked = Asked::of(&request);
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    let mut response = render(next.run(request).await, &asked, &id);
    let status = response.status().as_u16();
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    metrics::counter!(
        "undersigned_http_requests_total",
        "route" => asked.route.clone(), "method" => asked.method, "status" => status.to_string()
    )
    .increment(1);
    tracing::info!(
        request = id.0.as_str(),
        method = asked.method,
        route = asked.route,
        status,
        took_ms,
        "answered a request"
    );
    if let Ok(value) = HeaderValue::from_str(id.0.as_str()) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// What has to be known of a request after it is gone.
struct Asked {
    method: &'static str,
    route: String,
    form: Form,
}

/// How an answer should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Page,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let wants_page = request
            .headers()
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"));
        let is_api = request.uri().path().starts_with("/api/");
        let method = match request.method().as_str() {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            _ => "other",
        };
        let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        Self {
            method,
            route: route.unwrap_or("none").to_owned(),
            form: if wants_page && !is_api { Form::Page } else { Form::Json },
        }
    }
}

fn render(response: Response, asked: &Asked, id: &RequestId) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove() {
        Some(problem) => problem,
        // A page that says itself what is wrong.
        None if is_page(&parts.headers) => return Response::from_parts(parts, body),
        None => Problem::of_status(status),
    };
    if let Some(cause) = &problem.cause {
        let cause = cause_chain(cause.as_ref());
        tracing::error!(request = id.0.as_str(), route = asked.route, cause, "a request failed");
    }
    let body = match asked.form {
        Form::Page if problem.kind == Kind::Unauthenticated => {
            return Redirect::to("/sign-in").into_response();
        }
        Form::Page => problem_page(&problem, id.0.as_str()).into_response(),
        Form::Json => Json(problem.document(id.0.as_str())).into_response(),
    };
    let (body_parts, body) = body.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(body_parts.headers);
    if asked.form == Form::Json {
        let kind = HeaderValue::from_static("application/problem+json");
        parts.headers.insert(header::CONTENT_TYPE, kind);
    }
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Response::from_parts(parts, body)
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

pub(super) fn cause_chain(cause: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(cause), |cause| cause.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// What every answer tells a browser: nothing from elsewhere, nothing inline, in nobody's frame.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the security headers; answers that say nothing else are not to be cached.
pub(super) async fn secure(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.is_https() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}

/// Answers for a handler that panicked. The panic's text may hold what the handler held, so it is
/// looked at by nobody.
pub(super) fn after_panic(_text: Box<dyn Any + Send>) -> Response {
    #[derive(Debug, thiserror::Error)]
    #[error("a handler panicked")]
    struct Panicked;
    Problem::internal(Panicked).into_response()
}

/// Answers a form that another site sent.
pub(super) fn cross_origin() -> Response {
    Problem::new(Kind::Forbidden, "this form was sent from another site; open the page and retry")
        .into_response()
}

/// The largest status that middleware answers with without a body; kept here so that
/// [`tower_http::timeout`] and [`Problem::of_status`] agree.
pub(super) const TIMEOUT: StatusCode = Kind::Timeout.status();

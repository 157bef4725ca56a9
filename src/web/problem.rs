//! The one error of the web: what went wrong, as RFC 9457 says it.
//!
//! A handler returns a [`Problem`]; the outermost layer (`layers`) logs its cause once and
//! renders it, as `application/problem+json` for programs and as a page for people. A cause is
//! never shown.

use crate::store::StoreError;
use crate::suggestion::DecideError;
use axum::extract::rejection::{BytesRejection, FormRejection, JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use utoipa::ToSchema;

/// The kinds of problems; each is a `type` that a program can branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read.
    Malformed,
    /// Nobody is signed in, or the token opens nothing.
    Unauthenticated,
    /// Signed in, but this is not allowed.
    Forbidden,
    /// Nothing there, or not for this tenant.
    NotFound,
    /// The address exists, but not for this method.
    MethodNotAllowed,
    /// It was not finished in time.
    Timeout,
    /// It does not fit what is stored.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// The body is of another kind than this address reads.
    UnsupportedMediaType,
    /// Readable, but a value cannot be right.
    Invalid,
    /// A mail server or CRM did not accept the connection that was asked for.
    ConnectionRefused,
    /// Too often; try later.
    TooMany,
    /// Our fault.
    Internal,
    /// Not now; try again.
    Unavailable,
}

impl Kind {
    /// What a client finds in `type` after `urn:undersigned:problem:`.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Timeout => "timeout",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::Invalid => "invalid",
            Self::ConnectionRefused => "connection-refused",
            Self::TooMany => "too-many",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    /// The same for every problem of the kind, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Unauthenticated => "Sign in first",
            Self::Forbidden => "This is not allowed",
            Self::NotFound => "There is nothing here",
            Self::MethodNotAllowed => "This address does not do that",
            Self::Timeout => "This took too long",
            Self::Conflict => "This does not fit what is there",
            Self::TooLarge => "This is too large",
            Self::UnsupportedMediaType => "This kind of content is not read here",
            Self::Invalid => "A value cannot be right",
            Self::ConnectionRefused => "The server did not accept the connection",
            Self::TooMany => "Too many attempts",
            Self::Internal => "Something went wrong on our side",
            Self::Unavailable => "Not available at the moment",
        }
    }

    /// The HTTP status of the kind.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::ConnectionRefused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether a page says it in its place: people can mend it there, or try again in a moment. The rest is a page
    /// of its own.
    pub(super) const fn is_sayable(self) -> bool {
        matches!(self, Self::Invalid | Self::ConnectionRefused | Self::Conflict | Self::TooMany)
    }

    const ALL: [Self; 14] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Timeout,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::ConnectionRefused,
        Self::TooMany,
        Self::Internal,
        Self::Unavailable,
    ];
}

/// What went wrong, for whom, and for our fault why.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Its kind.
    pub kind: Kind,
    /// One sentence: what failed, for which thing, what to do.
    pub detail: Cow<'static, str>,
    /// The field of the request that is meant.
    pub field: Option<String>,
    /// Seconds to wait before the next try.
    pub retry_after: Option<u64>,
    /// For the log, once.
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem of a kind with its sentence.
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), field: None, retry_after: None, cause: None }
    }

    /// There is no such thing in this tenant.
    pub fn not_found(thing: &'static str) -> Self {
        Self::new(Kind::NotFound, format!("there is no such {thing}"))
    }

    /// A field of the request cannot be right.
    pub fn invalid(field: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Kind::Invalid, detail) }
    }

    /// Too often; try again in so many seconds.
    pub fn too_many(seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(Kind::TooMany, format!("too many attempts; try again in {seconds} seconds"))
        }
    }

    /// Our fault: the cause goes to the log only.
    pub fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..Self::new(
                Kind::Internal,
                "the request could not be answered; the log tells more under this instance",
            )
        }
    }

    /// Not now: the cause goes to the log only, and whoever asked asks again.
    pub fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        let detail = "this cannot be done at the moment; try again";
        Self { cause: Some(Arc::new(cause)), ..Self::new(Kind::Unavailable, detail) }
    }

    /// A status without a problem, as middleware answers.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let kind = Kind::ALL.into_iter().find(|kind| kind.status() == status);
        let kind =
            kind.unwrap_or(if status.is_server_error() { Kind::Internal } else { Kind::Malformed });
        Self::new(kind, kind.title())
    }

    /// The document of RFC 9457.
    pub(super) fn document(&self, request_id: &str) -> Document<'_> {
        Document {
            kind: format!("urn:undersigned:problem:{}", self.kind.slug()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            instance: format!("urn:uuid:{request_id}"),
        }
    }
}

/// What went wrong, as RFC 9457 says it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document<'a> {
    /// What kind of problem it is; stable, to branch on.
    #[serde(rename = "type")]
    #[schema(example = "urn:undersigned:problem:not-found")]
    kind: String,
    /// The kind in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What failed, for which thing, what to do.
    detail: &'a str,
    /// The field of the request that is meant, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// This one answer, as the log names it.
    #[schema(example = "urn:uuid:019a9f6e-6f0e-7d2a-9c3e-0a4b5c6d7e8f")]
    instance: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        let headers = response.headers_mut();
        if self.kind == Kind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<DecideError> for Problem {
    fn from(error: DecideError) -> Self {
        let kind = match error {
            DecideError::Store(error) => return error.into(),
            DecideError::NotFound => Kind::NotFound,
            DecideError::NotAllowed => Kind::Forbidden,
            DecideError::Choice(_) => Kind::Invalid,
            DecideError::NotOpen(_)
            | DecideError::NotDecided(_)
            | DecideError::Forgotten
            | DecideError::Changed
            | DecideError::ContactChanged
            | DecideError::TooLate => Kind::Conflict,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        rejected(rejection.status(), &rejection.body_text())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        rejected(rejection.status(), &rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        rejected(rejection.status(), &rejection.body_text())
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        rejected(rejection.status(), &rejection.body_text())
    }
}

/// What axum says about a request it cannot read, with the field it names: `…: settings.port:
/// invalid type …` is about `settings.port`.
fn rejected(status: StatusCode, text: &str) -> Problem {
    let kind = Problem::of_status(status).kind;
    let told = text.split_once(": ").map_or(text, |(_, told)| told);
    let named = told.split_once("unknown field `").and_then(|(_, rest)| rest.split('`').next());
    let named = named.or_else(|| told.split_once("missing field `")?.1.split('`').next());
    let path = told.split(": ").next().filter(|path| !path.contains([' ', '`']));
    let field = named.or(path).map(str::to_owned);
    Problem { field, ..Problem::new(kind, told.to_owned()) }
}

//! A person's session: begun by signing in, ended by signing out, by idling or by age.

use super::cookie;
use super::secret::{self, Secret};
use crate::store::sessions::{self, NewSession, Session};
use crate::store::users::User;
use crate::store::{StoreError, TenantId};
use crate::web::State;
use crate::web::problem::{Kind, Problem};
use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderValue;
use axum::http::request::Parts;

/// A session ends after a week however much it is used.
const ABSOLUTE_SECS: i64 = 7 * 24 * 3600;
/// Its use is written down once a minute, not with every request.
const TOUCH_SECS: i64 = 60;

/// Begins a session and gives the cookie that opens it.
pub(in crate::web) async fn begin(state: &State, user: &User) -> Result<HeaderValue, Problem> {
    let now = state.clock.now();
    let (opens, form) = (Secret::new(""), Secret::new(""));
    let session = NewSession {
        token_hash: &opens.hash(),
        tenant: &user.tenant,
        user: &user.id,
        csrf_token: form.plain(),
        expires_at: now.plus_secs(ABSOLUTE_SECS),
    };
    let mut tx = state.db.begin_write().await?;
    sessions::begin(&mut tx, &session, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    cookie::set(opens.plain(), state.is_https(), ABSOLUTE_SECS)
        .ok_or_else(|| Problem::new(Kind::Internal, "the session could not be begun"))
}

/// Ends a session and gives the cookie that takes it away.
pub(in crate::web) async fn end(
    state: &State,
    signed_in: &SignedIn,
) -> Result<Option<HeaderValue>, Problem> {
    let mut tx = state.db.begin_write().await?;
    sessions::end(&mut tx, &signed_in.token_hash).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(cookie::clear(state.is_https()))
}

/// Somebody is signed in. A handler that names it is guarded.
#[derive(Debug)]
pub struct SignedIn {
    session: Session,
    token_hash: String,
}

impl SignedIn {
    /// Who it is.
    pub fn user(&self) -> &User {
        &self.session.user
    }

    /// What every form of this session carries.
    pub fn csrf_token(&self) -> &str {
        &self.session.csrf_token
    }

    /// Refuses a form that carried another token: it is not of this session.
    pub fn check_form(&self, token: &str) -> Result<(), Problem> {
        if secret::same(token, self.csrf_token()) {
            return Ok(());
        }
        let detail = "this form belongs to another session; reload the page and retry";
        Err(Problem::new(Kind::Forbidden, detail))
    }

    /// The tenant whose suggestions this user may see and decide; a problem if the role does not
    /// review.
    pub fn reviewer(&self) -> Result<&TenantId, Problem> {
        let user = self.user();
        if user.role.reviews() {
            return Ok(&user.tenant);
        }
        let detail = format!(
            "the role {} does not review suggestions; an admin can give you the role member",
            user.role.as_str()
        );
        Err(Problem::new(Kind::Forbidden, detail))
    }

    /// Whether the session is still alive; for answers that take long.
    pub async fn still(&self, state: &State) -> Result<bool, StoreError> {
        let now = state.clock.now();
        let mut conn = state.db.read().await?;
        Ok(sessions::find(&mut conn, &self.token_hash, now).await?.is_some())
    }
}

impl FromRequestParts<State> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let needed = || Problem::new(Kind::Unauthenticated, "sign in first");
        let value = cookie::read(&parts.headers, state.is_https()).ok_or_else(needed)?;
        let token_hash = secret::hash(value);
        let now = state.clock.now();
        let found = {
            let mut conn = state.db.read().await?;
            sessions::find(&mut conn, &token_hash, now).await?
        };
        let session = found.ok_or_else(needed)?;
        if session.seen_at.plus_secs(TOUCH_SECS) < now {
            let mut tx = state.db.begin_write().await?;
            sessions::touch(&mut tx, &token_hash, now).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(Self { session, token_hash })
    }
}

/// A form that a page of this session carried. A handler that names it is guarded against forms
/// from elsewhere.
#[derive(Debug)]
pub struct SignedForm {
    /// Who sent it.
    pub signed_in: SignedIn,
    /// Its fields in order; a name may stand more than once.
    pub fields: Vec<(String, String)>,
}

impl SignedForm {
    /// The first field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<State> for SignedForm {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let signed_in = SignedIn::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let Form(fields): Form<Vec<(String, String)>> = Form::from_request(request, state).await?;
        let form = Self { signed_in, fields };
        form.signed_in.check_form(form.field("csrf").unwrap_or_default())?;
        Ok(form)
    }
}

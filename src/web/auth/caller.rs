//! A program that calls the API with a token.

use super::secret;
use crate::store::audit::Actor;
use crate::store::tokens::{self, ApiToken, Scope};
use crate::store::{StoreError, TenantId};
use crate::web::State;
use crate::web::problem::{Kind, Problem};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// A token's use is written down once a minute, not with every request.
const TOUCH_SECS: i64 = 60;

/// A program with a valid token. It holds the tenant back until the handler says what it is going
/// to do ([`ApiCaller::may`]): no data without a scope.
#[derive(Debug)]
pub struct ApiCaller(ApiToken);

/// What a caller may reach.
#[derive(Debug)]
pub struct Access {
    /// Whose data.
    pub tenant: TenantId,
    /// In whose name, for the audit log.
    pub actor: Actor,
}

impl ApiCaller {
    /// Access to what `scope` covers, or a problem that names the scope.
    pub fn may(self, scope: Scope) -> Result<Access, Problem> {
        if self.0.scopes.contains(&scope) {
            return Ok(Access { tenant: self.0.tenant, actor: Actor::Token(self.0.id) });
        }
        let detail = format!("this token lacks the scope {}", scope.as_str());
        Err(Problem::new(Kind::Forbidden, detail))
    }
}

impl FromRequestParts<State> for ApiCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let plain = value.and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let plain =
            plain.filter(|plain| plain.starts_with(secret::TOKEN_PREFIX)).ok_or_else(|| {
                Problem::new(
                    Kind::Unauthenticated,
                    "send an API token: Authorization: Bearer und_…",
                )
            })?;
        let now = state.clock.now();
        let found = {
            let mut conn = state.db.read().await?;
            tokens::find(&mut conn, &secret::hash(plain), now).await?
        };
        let token = found.ok_or_else(|| {
            Problem::new(Kind::Unauthenticated, "this token is unknown, expired or revoked")
        })?;
        if token.used_at.is_none_or(|at| at.plus_secs(TOUCH_SECS) < now) {
            let mut tx = state.db.begin_write().await?;
            tokens::touch(&mut tx, &token.tenant, &token.id, now).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(Self(token))
    }
}

//! The tenant's SMTP account, through which follow-ups go. Its password goes in and never comes
//! out again.

use super::edge::{self, Body, Refused, time};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::followup::template::Template;
use crate::store::technical_users::{self, State as Fares, TechnicalUser};
use crate::store::tokens::Scope;
use crate::store::{Security, StoreError, audit};
use crate::vault::Place;
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest time to undo.
const MAX_DELAY_SECONDS: u32 = 86_400;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(get, put)).routes(routes!(check))
}

/// The SMTP account, without its password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TechnicalUser)]
struct TechnicalUserView {
    /// The server.
    host: String,
    /// The server's port.
    port: u16,
    /// `tls` from the first byte, or `starttls`.
    #[schema(example = "starttls")]
    security: &'static str,
    /// The name to sign in with.
    username: String,
    /// The name that recipients see.
    from_name: String,
    /// The address that the mail comes from.
    from_address: String,
    /// The template of the subject.
    subject_template: String,
    /// The template of the text.
    body_template: String,
    /// Whether accepting a contact plans a follow-up.
    enabled: bool,
    /// Seconds between accepting and sending, in which one can undo.
    delay_seconds: u32,
    /// How it fares: `ready`, `wrong-password` or `unreachable`.
    #[schema(example = "ready")]
    state: &'static str,
    /// What the server said; empty when all is well.
    state_detail: String,
    /// Since when it is in this state.
    state_since: String,
    /// When the settings last changed.
    changed_at: String,
}

impl From<TechnicalUser> for TechnicalUserView {
    fn from(user: TechnicalUser) -> Self {
        Self {
            host: user.host,
            port: user.port,
            security: user.security.as_str(),
            username: user.username,
            from_name: user.from_name,
            from_address: user.from_address.to_string(),
            subject_template: user.subject_template,
            body_template: user.body_template,
            enabled: user.enabled,
            delay_seconds: user.delay_seconds,
            state: user.state.as_str(),
            state_detail: user.state_detail,
            state_since: time(user.state_since),
            changed_at: time(user.changed_at),
        }
    }
}

/// The SMTP account as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TechnicalUserSettings)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// The SMTP server.
    #[schema(example = "smtp.example.com")]
    host: String,
    /// 465 for `tls` and 587 for `starttls` if absent.
    port: Option<u16>,
    /// `tls` from the first byte, or `starttls`.
    #[schema(value_type = String, example = "starttls")]
    security: Security,
    /// The name to sign in with.
    username: String,
    /// Kept sealed, never shown again; the present one stays if absent.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
    /// The name that recipients see.
    from_name: String,
    /// The address that the mail comes from.
    from_address: String,
    /// The template of the subject.
    #[schema(example = "Nice to meet you, {{ name }}")]
    subject_template: String,
    /// The template of the text.
    body_template: String,
    /// Whether accepting a contact plans a follow-up.
    enabled: bool,
    /// Seconds between accepting and sending, in which one can undo; 900 if absent.
    delay_seconds: Option<u32>,
}

/// The tenant's technical user.
#[utoipa::path(
    get, path = "/technical-user", tag = "follow-ups", security(("token" = ["followups:read"])),
    responses((status = 200, description = "The account", body = TechnicalUserView), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<TechnicalUserView>, Problem> {
    let access = caller.may(Scope::FollowupsRead)?;
    let mut conn = state.db.read().await?;
    let found = technical_users::get(&mut conn, &access.tenant).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("technical user"))?.into()))
}

/// Sets the tenant's technical user up; the same request again changes nothing.
#[utoipa::path(
    put, path = "/technical-user", tag = "follow-ups", security(("token" = ["followups:write"])),
    request_body = Sent,
    responses((status = 200, description = "The account", body = TechnicalUserView), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<Json<TechnicalUserView>, Problem> {
    let Access { tenant, actor } = caller.may(Scope::FollowupsWrite)?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    let present = technical_users::get(&mut tx, &tenant).await?;
    let password_sealed = match (&sent.password, present) {
        (Some(password), _) => state
            .vault
            .seal(&Place::technical_user_password(&tenant), password.expose_secret().as_bytes()),
        (None, Some(present)) => present.password_sealed,
        (None, None) => return Err(Problem::invalid("password", "password is missing")),
    };
    let user = sent.check(password_sealed, now)?;
    technical_users::put(&mut tx, &tenant, &user).await?;
    let subject = tenant.as_str();
    audit::record(&mut tx, &tenant, &actor, "technical-user.put", subject, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Json(user.into()))
}

impl Sent {
    fn check(self, password_sealed: String, now: Millis) -> Result<TechnicalUser, Problem> {
        Template::parse(&self.subject_template, &self.body_template)
            .map_err(|error| Problem::invalid("body_template", error.to_string()))?;
        let usual_port = match self.security {
            Security::Tls => 465,
            Security::StartTls => 587,
        };
        let delay_seconds = self.delay_seconds.unwrap_or(900);
        if delay_seconds > MAX_DELAY_SECONDS {
            return Err(Problem::invalid("delay_seconds", "delay_seconds must be at most a day"));
        }
        Ok(TechnicalUser {
            host: edge::line("host", &self.host, 253)?,
            port: self.port.unwrap_or(usual_port),
            security: self.security,
            username: edge::line("username", &self.username, 254)?,
            password_sealed,
            from_name: edge::line("from_name", &self.from_name, 100)?,
            from_address: EmailAddress::parse(&self.from_address).ok_or_else(|| {
                Problem::invalid("from_address", "from_address is not an e-mail address")
            })?,
            subject_template: self.subject_template,
            body_template: self.body_template,
            enabled: self.enabled,
            delay_seconds,
            state: Fares::Ready,
            state_detail: String::new(),
            state_since: now,
            changed_at: now,
        })
    }
}

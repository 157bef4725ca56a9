//! The tenant's SMTP account, through which follow-ups go. Its password goes in and never comes
//! out again.

use super::edge::{self, Body, Refused, time};
use crate::contact::EmailAddress;
use crate::followup::technical_user::{self, Settings, SettingsError};
use crate::store::technical_users::{self, TechnicalUser};
use crate::store::tokens::Scope;
use crate::store::{Security, StoreError, audit};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
    let settings = sent.settings()?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    technical_user::save(&mut tx, &state.vault, &tenant, &settings, now).await?;
    let subject = tenant.as_str();
    audit::record(&mut tx, &tenant, &actor, "technical-user.put", subject, now).await?;
    let saved = technical_users::get(&mut tx, &tenant).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Json(saved.ok_or_else(|| Problem::not_found("technical user"))?.into()))
}

/// Tries the technical user: connects, encrypts, signs in, and asks whether it may send from its
/// address. Sends nothing.
#[utoipa::path(
    post, path = "/technical-user/check", tag = "follow-ups",
    security(("token" = ["followups:write"])),
    responses((status = 204, description = "The server accepts it"), Refused)
)]
async fn check(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::FollowupsWrite)?;
    state.probes.count(&access)?;
    let found = {
        let mut conn = state.db.read().await?;
        technical_users::get(&mut conn, &access.tenant).await?
    };
    let user = found.ok_or_else(|| Problem::not_found("technical user"))?;
    technical_user::check_saved(&state.smtp, &state.db, &state.vault, &access.tenant, &user)
        .await
        .map_err(|error| Problem::new(Kind::ConnectionRefused, error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

impl Sent {
    fn settings(self) -> Result<Settings, Problem> {
        let usual_port = match self.security {
            Security::Tls => 465,
            Security::StartTls => 587,
        };
        Ok(Settings {
            host: edge::line("host", &self.host, 253)?,
            port: self.port.unwrap_or(usual_port),
            security: self.security,
            username: edge::line("username", &self.username, 254)?,
            password: self.password,
            from_name: edge::line("from_name", &self.from_name, 100)?,
            from_address: EmailAddress::parse(&self.from_address).ok_or_else(|| {
                Problem::invalid("from_address", "from_address is not an e-mail address")
            })?,
            subject_template: self.subject_template,
            body_template: self.body_template,
            enabled: self.enabled,
            delay_seconds: self.delay_seconds.unwrap_or(900),
        })
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        let detail = error.to_string();
        match error {
            SettingsError::Store(error) => error.into(),
            SettingsError::PasswordNeeded => Self::invalid("password", detail),
            SettingsError::Field(_) | SettingsError::Template(_) => {
                Self::new(Kind::Invalid, detail)
            }
        }
    }
}

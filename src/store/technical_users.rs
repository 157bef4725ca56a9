//! Technical users: the SMTP account of each tenant, its template, and how it fares.

use super::{Conn, Security, StoreError, TenantId};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use sqlx::FromRow;

/// How a technical user fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing is known against it.
    Ready,
    /// The server refuses user name or password; a human has to enter them again.
    WrongPassword,
    /// The server does not do what is needed: no good certificate, no sign-in, or not with this
    /// sender. A human has to change the settings, here or there.
    Refused,
    /// The server cannot be reached for now.
    Unreachable,
}

impl State {
    const ALL: [Self; 4] = [Self::Ready, Self::WrongPassword, Self::Refused, Self::Unreachable];

    /// The state's name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::WrongPassword => "wrong-password",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }

    /// Reads what [`State::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The SMTP account through which a tenant's follow-ups go.
#[derive(Debug, Clone)]
pub struct TechnicalUser {
    /// The server's name.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with.
    pub username: String,
    /// The password, sealed by the vault.
    pub password_sealed: String,
    /// The name that recipients see.
    pub from_name: String,
    /// The address that the mail comes from, in the header and in the envelope.
    pub from_address: EmailAddress,
    /// The template of the subject.
    pub subject_template: String,
    /// The template of the text.
    pub body_template: String,
    /// Whether accepting a contact plans a follow-up.
    pub enabled: bool,
    /// Seconds between accepting and sending, in which one can undo.
    pub delay_seconds: u32,
    /// How it fares.
    pub state: State,
    /// What the server said, one printable line.
    pub state_detail: String,
    /// Since when.
    pub state_since: Millis,
    /// When the settings changed last; tells one version of them from another.
    pub changed_at: Millis,
}

#[derive(FromRow)]
struct Row {
    host: String,
    port: i64,
    security: String,
    username: String,
    password_sealed: String,
    from_name: String,
    from_address: String,
    subject_template: String,
    body_template: String,
    enabled: i64,
    delay_seconds: i64,
    state: String,
    state_detail: String,
    state_since: i64,
    changed_at: i64,
}

impl Row {
    fn read(self, tenant: &TenantId) -> Result<TechnicalUser, StoreError> {
        let bad = |column: &'static str| StoreError::Row {
            table: "technical_users",
            column,
            row: tenant.to_string(),
        };
        Ok(TechnicalUser {
            port: u16::try_from(self.port).map_err(|_| bad("port"))?,
            security: Security::parse(&self.security).ok_or_else(|| bad("security"))?,
            from_address: EmailAddress::parse(&self.from_address)
                .ok_or_else(|| bad("from_address"))?,
            delay_seconds: u32::try_from(self.delay_seconds).map_err(|_| bad("delay_seconds"))?,
            state: State::parse(&self.state).ok_or_else(|| bad("state"))?,
            host: self.host,
            username: self.username,
            password_sealed: self.password_sealed,
            from_name: self.from_name,
            subject_template: self.subject_template,
            body_template: self.body_template,
            enabled: self.enabled != 0,
            state_detail: self.state_detail,
            state_since: Millis(self.state_since),
            changed_at: Millis(self.changed_at),
        })
    }
}

/// The tenant's technical user, if there is one.
pub async fn get(conn: &mut Conn, tenant: &TenantId) -> Result<Option<TechnicalUser>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT host, port, security, username, password_sealed, from_name, from_address,
                subject_template, body_template, enabled, delay_seconds,
                state, state_detail, state_since, changed_at
         FROM technical_users WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.read(tenant)).transpose()
}

/// Writes the tenant's technical user, new or changed.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    user: &TechnicalUser,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO technical_users
           (tenant_id, host, port, security, username, password_sealed, from_name, from_address,
            subject_template, body_template, enabled, delay_seconds,
            state, state_detail, state_since, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (tenant_id) DO UPDATE
         SET host = excluded.host, port = excluded.port, security = excluded.security,
             username = excluded.username, password_sealed = excluded.password_sealed,
             from_name = excluded.from_name, from_address = excluded.from_address,
             subject_template = excluded.subject_template, body_template = excluded.body_template,
             enabled = excluded.enabled, delay_seconds = excluded.delay_seconds,
             state = excluded.state, state_detail = excluded.state_detail,
             state_since = excluded.state_since, changed_at = excluded.changed_at",
    )
    .bind(tenant.as_str())
    .bind(&user.host)
    .bind(i64::from(user.port))
    .bind(user.security.as_str())
    .bind(&user.username)
    .bind(&user.password_sealed)
    .bind(&user.from_name)
    .bind(user.from_address.as_str())
    .bind(&user.subject_template)
    .bind(&user.body_template)
    .bind(i64::from(user.enabled))
    .bind(i64::from(user.delay_seconds))
    .bind(user.state.as_str())
    .bind(&user.state_detail)
    .bind(user.state_since.0)
    .bind(user.changed_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes how a technical user fares, unless its settings changed since `changed_at` or it fared so
/// already.
pub async fn set_state(
    conn: &mut Conn,
    tenant: &TenantId,
    changed_at: Millis,
    state: State,
    detail: &str,
    now: Millis,
) -> Result<(), StoreError> {
    super::state::note(conn, "technical_users", tenant, changed_at, (state.as_str(), detail), now)
        .await
}

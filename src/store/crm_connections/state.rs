//! How a connection fares, in words its admin understands.

use crate::clock::Millis;
use crate::store::webhooks::{self, Event};
use crate::store::{Conn, Id, StoreError, TenantId, state};

/// How a connection fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It was not reached yet.
    Connecting,
    /// All is well.
    Healthy,
    /// The server refuses user name or password; a human has to enter them again.
    WrongPassword,
    /// A person has to consent, again or at all.
    NeedsConsent,
    /// The server does not do what is needed; a human has to look.
    Refused,
    /// The server cannot be reached for now.
    Unreachable,
    /// The server asked us to wait; `retry_at` says until when it is not read.
    Throttled,
}

impl State {
    /// Every state, for reports.
    pub const ALL: [Self; 7] = [
        Self::Connecting,
        Self::Healthy,
        Self::WrongPassword,
        Self::NeedsConsent,
        Self::Refused,
        Self::Unreachable,
        Self::Throttled,
    ];

    /// The state's name in the database, the API and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Healthy => "healthy",
            Self::WrongPassword => "wrong-password",
            Self::NeedsConsent => "needs-consent",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
        }
    }

    /// Reads what [`State::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether only a person can heal it.
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::NeedsConsent | Self::WrongPassword)
    }

    /// Whether it needs attention: now, or if it lasts. Of one that was not reached yet nobody knows.
    const fn is_ill(self) -> Option<bool> {
        match self {
            Self::Connecting => None,
            Self::Healthy => Some(false),
            Self::WrongPassword
            | Self::NeedsConsent
            | Self::Refused
            | Self::Unreachable
            | Self::Throttled => Some(true),
        }
    }
}

/// Notes how a connection fares, unless its settings changed since `changed_at`, and has the tenant's
/// webhook told if that is new.
pub async fn set_state(
    conn: &mut Conn,
    tenant: &TenantId,
    changed_at: Millis,
    state: State,
    detail: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let before = super::get(conn, tenant).await?;
    let Some(before) = before.filter(|before| before.changed_at == changed_at) else {
        return Ok(());
    };
    if before.state != state {
        let event = Event::CrmStateChanged { kind: before.kind, state, at: now };
        webhooks::tell(conn, tenant, &event, now).await?;
    }
    let stated = (state.as_str(), detail);
    state::note(conn, "crm_connections", tenant, changed_at, stated, now).await?;
    let ill_since = match state.is_ill() {
        Some(true) => before.ill_since.or(Some(now)),
        Some(false) => None,
        None => before.ill_since,
    };
    if ill_since != before.ill_since {
        sqlx::query(
            "UPDATE crm_connections SET ill_since = $3 WHERE tenant_id = $1 AND changed_at = $2",
        )
        .bind(tenant.as_str())
        .bind(changed_at.0)
        .bind(ill_since.map(|at| at.0))
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Notes before when a connection is not to be read, unless its settings changed since `changed_at`.
pub async fn set_pause(
    conn: &mut Conn,
    tenant: &TenantId,
    changed_at: Millis,
    retry_at: Option<Millis>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE crm_connections SET retry_at = $3 WHERE tenant_id = $1 AND changed_at = $2",
    )
    .bind(tenant.as_str())
    .bind(changed_at.0)
    .bind(retry_at.map(|at| at.0))
    .execute(conn)
    .await?;
    Ok(())
}

/// How the connections of all tenants fare: for metrics.
pub async fn states(conn: &mut Conn) -> Result<Vec<(TenantId, State)>, StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT tenant_id, state FROM crm_connections").fetch_all(conn).await?;
    let state = |(tenant, state): (String, String)| {
        let table = "crm_connections";
        let bad = || StoreError::Row { table, column: "state", row: tenant.clone() };
        let state = State::parse(&state).ok_or_else(bad)?;
        Ok((Id::stored(tenant), state))
    };
    rows.into_iter().map(state).collect()
}

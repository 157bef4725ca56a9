//! How a mailbox fares, in words its admin understands.

use super::Held;
use crate::clock::Millis;
use crate::store::{Conn, StoreError};

/// The states of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not read yet, or being connected again.
    Connecting,
    /// Connected; new mail is read as it comes.
    Healthy,
    /// Connected and reading older mail; the sentence says how far.
    CatchingUp,
    /// The server does not accept name and password: a person has to enter another.
    WrongPassword,
    /// Nobody's consent lets us in any more: a person has to give it again.
    NeedsConsent,
    /// The server asks us to wait; the sentence says until when.
    Throttled,
    /// No connection, or it broke; tried again by itself.
    Unreachable,
    /// Connected, but the server refuses what reading needs.
    Refused,
    /// Somebody paused it.
    Paused,
}

impl State {
    /// Every state, for reports.
    pub const ALL: [Self; 9] = [
        Self::Connecting,
        Self::Healthy,
        Self::CatchingUp,
        Self::WrongPassword,
        Self::NeedsConsent,
        Self::Throttled,
        Self::Unreachable,
        Self::Refused,
        Self::Paused,
    ];

    /// As it stands in the database, the API and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Healthy => "healthy",
            Self::CatchingUp => "catching-up",
            Self::WrongPassword => "wrong-password",
            Self::NeedsConsent => "needs-consent",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Paused => "paused",
        }
    }

    /// Reads what [`State::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it needs attention.
    pub const fn is_ill(self) -> bool {
        matches!(self, Self::WrongPassword | Self::NeedsConsent | Self::Unreachable | Self::Refused)
    }
}

/// Says how a mailbox fares; `detail` is one sentence of ours, never a server's words beyond what
/// it said to the sign-in. Without effect when the lease was lost.
pub async fn set_state(
    conn: &mut Conn,
    held: &Held,
    state: State,
    detail: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE mailboxes
         SET state_since = CASE WHEN state = $1 THEN state_since ELSE $2 END,
             state = $1, state_detail = $3
         WHERE tenant_id = $4 AND id = $5 AND fence = $6",
    )
    .bind(state.as_str())
    .bind(now.0)
    .bind(detail)
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many mailboxes are in each state, over all tenants: for metrics.
pub async fn count_by_state(conn: &mut Conn) -> Result<Vec<(State, u64)>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, COUNT(*) FROM mailboxes WHERE kind <> 'file' GROUP BY state")
            .fetch_all(conn)
            .await?;
    let count = |state: State| {
        let row = rows.iter().find(|(name, _)| name == state.as_str());
        row.map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(0))
    };
    Ok(State::ALL.into_iter().map(|state| (state, count(state))).collect())
}

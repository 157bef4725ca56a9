//! How a mailbox fares, in words its admin understands.

use super::Held;
use crate::clock::Millis;
use crate::store::{Conn, Id, StoreError, TenantId, webhooks};

/// The states of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not read yet, or being connected again.
    Connecting,
    /// Connected; new mail is read as it comes.
    Healthy,
    /// Connected and reading older mail; the sentence says how far.
    CatchingUp,
    /// The provider wants somebody to agree (again) that mail is read here.
    NeedsConsent,
    /// The server does not accept name and password: a person has to enter another.
    WrongPassword,
    /// The server asked us to wait; `retry_at` says until when.
    Throttled,
    /// No connection, or it broke; tried again by itself.
    Unreachable,
    /// Connected, but the server refuses what reading needs.
    Refused,
    /// A folder that was chosen is gone or cannot be read; the others are.
    NoFolder,
    /// Something here fails again and again, and not its server: the database, a key, a thread.
    Stalled,
    /// Somebody paused it.
    Paused,
}

/// What a state says about health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Well,
    /// An illness lasts through it; by itself it is none.
    Unsure,
    Ill,
}

impl State {
    /// Every state, for reports.
    pub const ALL: [Self; 11] = [
        Self::Connecting,
        Self::Healthy,
        Self::CatchingUp,
        Self::NeedsConsent,
        Self::WrongPassword,
        Self::Throttled,
        Self::Unreachable,
        Self::Refused,
        Self::NoFolder,
        Self::Stalled,
        Self::Paused,
    ];

    /// As it stands in the database, the API and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Healthy => "healthy",
            Self::CatchingUp => "catching-up",
            Self::NeedsConsent => "needs-consent",
            Self::WrongPassword => "wrong-password",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::NoFolder => "no-folder",
            Self::Stalled => "stalled",
            Self::Paused => "paused",
        }
    }

    /// Reads what [`State::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it needs attention: now, or if it lasts.
    pub const fn is_ill(self) -> bool {
        matches!(self.verdict(), Verdict::Ill)
    }

    /// Whether only a person can heal it.
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::NeedsConsent | Self::WrongPassword)
    }

    const fn verdict(self) -> Verdict {
        match self {
            Self::Healthy | Self::CatchingUp | Self::Paused => Verdict::Well,
            Self::Connecting => Verdict::Unsure,
            Self::NeedsConsent
            | Self::WrongPassword
            | Self::Throttled
            | Self::Unreachable
            | Self::Refused
            | Self::NoFolder
            | Self::Stalled => Verdict::Ill,
        }
    }
}

/// What is said about how a mailbox fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    /// The state.
    pub state: State,
    /// One sentence of ours that says what failed and what to do, never a server's words beyond
    /// what it said to the sign-in; empty when all is well.
    pub detail: &'a str,
    /// When it is tried again by itself.
    pub retry_at: Option<Millis>,
}

impl<'a> Report<'a> {
    /// A state that is not waited in.
    pub const fn now(state: State, detail: &'a str) -> Self {
        Self { state, detail, retry_at: None }
    }
}

/// Says how a mailbox fares, and has the tenant's webhook told if that is new. Without effect when the lease was lost.
pub async fn set_state(
    conn: &mut Conn,
    held: &Held,
    report: &Report<'_>,
    now: Millis,
) -> Result<(), StoreError> {
    let (ill, well) = match report.state.verdict() {
        Verdict::Well => (0, 1),
        Verdict::Unsure => (0, 0),
        Verdict::Ill => (1, 0),
    };
    let place = (&held.mailbox.tenant, &held.mailbox.id);
    webhooks::tell_of_state(conn, place, held.fence, report.state, now).await?;
    sqlx::query(
        "UPDATE mailboxes
         SET state_since = CASE WHEN state = $1 THEN state_since ELSE $2 END,
             state = $1, state_detail = $3, retry_at = $4,
             ill_since = CASE WHEN $5 = 1 THEN COALESCE(ill_since, $2)
                              WHEN $6 = 1 THEN NULL ELSE ill_since END
         WHERE tenant_id = $7 AND id = $8 AND fence = $9",
    )
    .bind(report.state.as_str())
    .bind(now.0)
    .bind(report.detail)
    .bind(report.retry_at.map(|at| at.0))
    .bind(i64::from(ill))
    .bind(i64::from(well))
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many mailboxes of a tenant are in a state, and when the last messages were read in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Whose they are.
    pub tenant: TenantId,
    /// How they fare.
    pub state: State,
    /// How many there are.
    pub count: u32,
    /// When the last message was read in the one in which that is longest ago; where none was, when it was
    /// connected.
    pub oldest: Millis,
    /// When the last message was read in any of them.
    pub newest: Option<Millis>,
}

/// How the mailboxes of all tenants fare: for metrics.
pub async fn tally(conn: &mut Conn) -> Result<Vec<Tally>, StoreError> {
    let rows: Vec<(String, String, i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT tenant_id, state, COUNT(*), MIN(COALESCE(message_at, created_at)), MAX(message_at)
         FROM mailboxes WHERE kind <> 'file' GROUP BY tenant_id, state",
    )
    .fetch_all(conn)
    .await?;
    let tally =
        |(tenant, state, count, oldest, newest): (String, String, i64, i64, Option<i64>)| {
            let bad =
                || StoreError::Row { table: "mailboxes", column: "state", row: tenant.clone() };
            Ok(Tally {
                state: State::parse(&state).ok_or_else(bad)?,
                count: u32::try_from(count).unwrap_or(u32::MAX),
                oldest: Millis(oldest),
                newest: newest.map(Millis),
                tenant: Id::stored(tenant),
            })
        };
    rows.into_iter().map(tally).collect()
}

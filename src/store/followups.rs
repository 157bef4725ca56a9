//! Follow-ups: one row for each address of a tenant that was ever to be written to.
//!
//! The row's state is what keeps a mail from going twice: only a follow-up that is `waiting` is
//! begun, and once `sending` was committed no other worker begins it again.

use super::{Conn, ContactId, FollowUpId, Id, StoreError, TenantId, id};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use sqlx::FromRow;

/// Where a follow-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not sent yet: the time to undo runs, or an attempt failed and another will be made.
    Waiting,
    /// Being handed to the server.
    Sending,
    /// The server took it.
    Sent,
    /// It will not be sent; the answer says why.
    Failed,
    /// The connection or the worker was lost while the server took it. It may have arrived and is
    /// not sent again.
    Uncertain,
    /// Withdrawn before it was sent. Accepting a contact with this address again revives it.
    Cancelled,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Waiting, Self::Sending, Self::Sent, Self::Failed, Self::Uncertain, Self::Cancelled];

    /// The state's name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads what [`State::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A mail to a contact that is to be, is being, or was sent.
#[derive(Debug, Clone)]
pub struct FollowUp {
    /// Its id; the mail's Message-ID is made of it.
    pub id: FollowUpId,
    /// To whom.
    pub contact: ContactId,
    /// To which of the contact's addresses.
    pub address: EmailAddress,
    /// Where it stands.
    pub state: State,
    /// How often it was offered to the server.
    pub attempts: u32,
    /// The server's last words or our own, one printable line; empty if there were none.
    pub answer: String,
    /// When it was planned first.
    pub created_at: Millis,
    /// When its state changed last; planned anew it has a later one.
    pub changed_at: Millis,
}

#[derive(FromRow)]
struct Row {
    id: String,
    contact_id: String,
    address: String,
    state: String,
    attempts: i64,
    answer: String,
    created_at: i64,
    changed_at: i64,
}

impl TryFrom<Row> for FollowUp {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let bad = |column: &'static str| StoreError::Row {
            table: "followups",
            column,
            row: row.id.clone(),
        };
        Ok(Self {
            address: EmailAddress::parse(&row.address).ok_or_else(|| bad("address"))?,
            state: State::parse(&row.state).ok_or_else(|| bad("state"))?,
            id: Id::stored(row.id),
            contact: Id::stored(row.contact_id),
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            answer: row.answer,
            created_at: Millis(row.created_at),
            changed_at: Millis(row.changed_at),
        })
    }
}

/// Plans a follow-up to an address. `None`: this address has or had one already, by any spelling;
/// only a withdrawn one is planned anew.
pub async fn plan(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    address: &EmailAddress,
    now: Millis,
) -> Result<Option<FollowUpId>, StoreError> {
    let id: Option<String> = sqlx::query_scalar(
        "INSERT INTO followups
           (id, tenant_id, contact_id, address, address_key, state, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6)
         ON CONFLICT (tenant_id, address_key) DO UPDATE
         SET contact_id = excluded.contact_id, address = excluded.address, state = 'waiting',
             attempts = 0, answer = '',
             changed_at = CASE WHEN followups.changed_at < excluded.changed_at
                 THEN excluded.changed_at ELSE followups.changed_at + 1 END
         WHERE followups.state = 'cancelled'
         RETURNING id",
    )
    .bind(FollowUpId::new().as_str())
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .bind(address.as_str())
    .bind(address.key())
    .bind(now.0)
    .fetch_optional(conn)
    .await?;
    Ok(id.map(Id::stored))
}

/// Withdraws what was not sent yet to a contact; the ids of what was withdrawn.
pub async fn cancel(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    now: Millis,
) -> Result<Vec<FollowUpId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "UPDATE followups SET state = 'cancelled', changed_at = $3
         WHERE tenant_id = $1 AND contact_id = $2 AND state = 'waiting'
         RETURNING id",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .bind(now.0)
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(Id::stored).collect())
}

/// Forgets the follow-ups of a contact with their addresses; their ids.
pub async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<Vec<FollowUpId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "DELETE FROM followups WHERE tenant_id = $1 AND contact_id = $2 RETURNING id",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(Id::stored).collect())
}

/// One follow-up.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &FollowUpId,
) -> Result<Option<FollowUp>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, contact_id, address, state, attempts, answer, created_at, changed_at
         FROM followups WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(FollowUp::try_from).transpose()
}

/// The newest follow-ups of a tenant or of one contact, those before `before` if it is given.
pub async fn page(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: Option<&ContactId>,
    before: Option<&FollowUpId>,
    limit: i64,
) -> Result<Vec<FollowUp>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, contact_id, address, state, attempts, answer, created_at, changed_at
         FROM followups
         WHERE tenant_id = $1 AND ($2 = '' OR contact_id = $2) AND id < $3
         ORDER BY id DESC LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(contact.map_or("", ContactId::as_str))
    .bind(id::before(before))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(FollowUp::try_from).collect()
}

/// Notes that a follow-up is now being handed to the server, if it is still what it was at `seen`
/// ([`FollowUp::changed_at`]): one that was withdrawn and planned anew since has a new time to
/// undo. `false`: it is not waiting, or another.
pub async fn begin(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &FollowUpId,
    seen: Millis,
    now: Millis,
) -> Result<bool, StoreError> {
    let begun = sqlx::query(
        "UPDATE followups SET state = 'sending', attempts = attempts + 1, changed_at = $3
         WHERE tenant_id = $1 AND id = $2 AND state = 'waiting' AND changed_at = $4",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(now.0)
    .bind(seen.0)
    .execute(conn)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Notes what became of a follow-up that was waiting or being sent, and what was answered. What
/// has ended, or was planned anew since `seen` ([`FollowUp::changed_at`]), stays as it is: `false`.
pub async fn settle(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &FollowUpId,
    seen: Millis,
    (state, answer): (State, &str),
    now: Millis,
) -> Result<bool, StoreError> {
    let settled = sqlx::query(
        "UPDATE followups SET state = $3, answer = $4, changed_at = $5
         WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'sending')
           AND changed_at = $6",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(state.as_str())
    .bind(answer)
    .bind(now.0)
    .bind(seen.0)
    .execute(conn)
    .await?;
    Ok(settled.rows_affected() == 1)
}

/// Notes that a follow-up will not be tried again. One that was being handed over may have arrived.
pub async fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &FollowUpId,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE followups
         SET state = CASE WHEN state = 'sending' THEN 'uncertain' ELSE 'failed' END, changed_at = $3
         WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'sending')",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

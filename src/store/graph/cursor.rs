//! How far a Graph mailbox is read. Two cursors that know of each other's gaps: delta tells what
//! came or was moved here since it was asked last, the sweep looks at everything received since a
//! point in time. Both move only under the fence of the claim that reads.

use crate::clock::Millis;
use crate::store::mailboxes::Held;
use crate::store::{Conn, MailboxId, StoreError, TenantId};

/// In whose name a mailbox is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The app's own, with the consent of the directory's admin.
    Application,
    /// The person's whose mailbox it is.
    Delegated,
}

impl Access {
    /// As it stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Delegated => "delegated",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Application, Self::Delegated].into_iter().find(|access| access.as_str() == text)
    }
}

/// Where reading goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// In whose name.
    pub access: Access,
    /// With what delta goes on, empty at the beginning.
    pub delta_query: String,
    /// What was received before is looked at; none before the first sweep.
    pub swept_to: Option<Millis>,
    /// Nothing that came to the mailbox before is read.
    pub backfill_from: Millis,
}

/// Adds what a new mailbox of kind `graph` needs.
pub async fn create(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
    access: Access,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO graph_mailboxes (mailbox_id, tenant_id, access) VALUES ($1, $2, $3)
         ON CONFLICT (mailbox_id) DO UPDATE SET access = excluded.access",
    )
    .bind(mailbox.as_str())
    .bind(tenant.as_str())
    .bind(access.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Where reading goes on; none when the lease was lost.
pub async fn cursor(conn: &mut Conn, held: &Held) -> Result<Option<Cursor>, StoreError> {
    let row: Option<(String, String, Option<i64>, Option<i64>)> = sqlx::query_as(
        "SELECT g.access, g.delta_query, g.swept_to, m.backfill_from
         FROM graph_mailboxes g JOIN mailboxes m ON m.id = g.mailbox_id
         WHERE g.tenant_id = $1 AND g.mailbox_id = $2 AND m.fence = $3",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .fetch_optional(conn)
    .await?;
    let Some((access, delta_query, swept_to, backfill_from)) = row else { return Ok(None) };
    let access = Access::parse(&access).ok_or_else(|| StoreError::Row {
        table: "graph_mailboxes",
        column: "access",
        row: held.mailbox.id.to_string(),
    })?;
    Ok(Some(Cursor {
        access,
        delta_query,
        swept_to: swept_to.map(Millis),
        backfill_from: backfill_from.map_or(held.mailbox.created_at, Millis),
    }))
}

/// Moves the cursors on. False: the lease was lost.
pub async fn advance(
    conn: &mut Conn,
    held: &Held,
    delta_query: &str,
    swept_to: Option<Millis>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE graph_mailboxes SET delta_query = $1, swept_to = $2
         WHERE tenant_id = $3 AND mailbox_id = $4
           AND EXISTS (SELECT 1 FROM mailboxes WHERE id = $4 AND fence = $5)",
    )
    .bind(delta_query)
    .bind(swept_to.map(|at| at.0))
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

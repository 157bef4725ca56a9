//! How far a Graph mailbox is read, folder by folder. Two cursors that know of each other's gaps:
//! delta tells what came or was moved here since it was asked last, the sweep looks at everything
//! received since a point in time. A third one goes through older mail meanwhile. All move only under
//! the fence of the claim that reads.

use super::subscription::end_subscription;
use crate::clock::Millis;
use crate::store::json::{from_json, to_json};
use crate::store::mailboxes::{self, Held, Mailbox};
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

/// Where the reading of a folder goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The folder: `inbox`, `archive`, or Graph's id of another one.
    pub folder: String,
    /// With what delta goes on, empty at the beginning.
    pub delta_query: String,
    /// What was received before is looked at; none before the first sweep.
    pub swept_to: Option<Millis>,
    /// Nothing that came to the mailbox before is read.
    pub backfill_from: Millis,
    /// What is left of the older mail.
    pub older: Option<Older>,
    /// Where not all of it was handed over, oldest first.
    pub gaps: Vec<Gap>,
}

/// A stretch of time, of whose mail not all was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// It was received since then …
    pub from: Millis,
    /// … and before this.
    pub until: Millis,
}

/// So many gaps are told apart; where there are more, the last one becomes longer.
const MOST_GAPS: usize = 100;

impl Cursor {
    /// Whether there is older mail that is not read.
    pub fn is_behind(&self) -> bool {
        self.older.is_some() || !self.gaps.is_empty()
    }

    /// Notes a gap, which begins no earlier than those that are known.
    pub fn note_gap(&mut self, gap: Gap) {
        let is_full = self.gaps.len() >= MOST_GAPS;
        match self.gaps.last_mut().filter(|last| is_full || last.until >= gap.from) {
            Some(last) => last.until = last.until.max(gap.until),
            None => self.gaps.push(gap),
        }
    }
}

/// Older mail of a folder that is still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Older {
    /// What was received before is read.
    pub from: Millis,
    /// What was received from then on is new mail.
    pub until: Millis,
    /// How many messages it was at first; 0 before they were counted.
    pub total: u64,
    /// How many of them are left.
    pub left: u64,
}

/// Adds what a new mailbox of kind `graph` needs; a person's consent ends at `consent_ends_at` unless
/// it is used.
pub async fn create(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
    access: Access,
    consent_ends_at: Option<Millis>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO graph_mailboxes (mailbox_id, tenant_id, access, consent_ends_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (mailbox_id) DO UPDATE
         SET access = excluded.access, consent_ends_at = excluded.consent_ends_at,
             warned_days = NULL",
    )
    .bind(mailbox.as_str())
    .bind(tenant.as_str())
    .bind(access.as_str())
    .bind(consent_ends_at.map(|at| at.0))
    .execute(conn)
    .await?;
    Ok(())
}

/// In whose name a mailbox is read; none when the lease was lost.
pub async fn access(conn: &mut Conn, held: &Held) -> Result<Option<Access>, StoreError> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT g.access FROM graph_mailboxes g JOIN mailboxes m ON m.id = g.mailbox_id
         WHERE g.tenant_id = $1 AND g.mailbox_id = $2 AND m.fence = $3",
    )
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(held.fence)
    .fetch_optional(conn)
    .await?;
    row.map(|access| parse_access(&access, &held.mailbox.id)).transpose()
}

/// In whose name a mailbox of kind `graph` is read, whoever has it.
pub async fn access_of(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
) -> Result<Option<Access>, StoreError> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT access FROM graph_mailboxes WHERE tenant_id = $1 AND mailbox_id = $2",
    )
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|access| parse_access(&access, mailbox)).transpose()
}

fn parse_access(text: &str, mailbox: &MailboxId) -> Result<Access, StoreError> {
    Access::parse(text).ok_or_else(|| StoreError::Row {
        table: "graph_mailboxes",
        column: "access",
        row: mailbox.to_string(),
    })
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    delta_query: String,
    swept_to: Option<i64>,
    backfill_from: i64,
    older_from: Option<i64>,
    older_until: i64,
    older_total: i64,
    older_left: i64,
    older_gaps: String,
}

impl TryFrom<Row> for Cursor {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let older = row.older_from.map(|from| Older {
            from: Millis(from),
            until: Millis(row.older_until),
            total: number(row.older_total),
            left: number(row.older_left),
        });
        let gaps: Vec<(i64, i64)> =
            from_json("graph_folders", "older_gaps", &row.name, &row.older_gaps)?;
        let gap = |(from, until)| Gap { from: Millis(from), until: Millis(until) };
        Ok(Self {
            gaps: gaps.into_iter().map(gap).collect(),
            folder: row.name,
            delta_query: row.delta_query,
            swept_to: row.swept_to.map(Millis),
            backfill_from: Millis(row.backfill_from),
            older,
        })
    }
}

/// The folders of a mailbox that are read and how far: the watched one first, then the others.
pub async fn cursors(conn: &mut Conn, mailbox: &Mailbox) -> Result<Vec<Cursor>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT name, delta_query, swept_to, backfill_from,
                older_from, older_until, older_total, older_left, older_gaps
         FROM graph_folders
         WHERE tenant_id = $1 AND mailbox_id = $2
         ORDER BY CASE WHEN name = $3 THEN 0 ELSE 1 END, name",
    )
    .bind(mailbox.tenant.as_str())
    .bind(mailbox.id.as_str())
    .bind(&mailbox.folder)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Cursor::try_from).collect()
}

/// Moves the cursors of a folder on. False: the lease was lost.
pub async fn advance(conn: &mut Conn, held: &Held, cursor: &Cursor) -> Result<bool, StoreError> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let older = cursor.older;
    let gaps: Vec<(i64, i64)> = cursor.gaps.iter().map(|gap| (gap.from.0, gap.until.0)).collect();
    let done = sqlx::query(
        "UPDATE graph_folders
         SET delta_query = $1, swept_to = $2,
             older_from = $3, older_until = $4, older_total = $5, older_left = $6,
             older_gaps = $11
         WHERE tenant_id = $7 AND mailbox_id = $8 AND name = $9
           AND EXISTS (SELECT 1 FROM mailboxes WHERE id = $8 AND fence = $10)",
    )
    .bind(&cursor.delta_query)
    .bind(cursor.swept_to.map(|at| at.0))
    .bind(older.map(|it| it.from.0))
    .bind(older.map_or(0, |it| it.until.0))
    .bind(older.map_or(0, |it| number(it.total)))
    .bind(older.map_or(0, |it| number(it.left)))
    .bind(held.mailbox.tenant.as_str())
    .bind(held.mailbox.id.as_str())
    .bind(&cursor.folder)
    .bind(held.fence)
    .bind(to_json(&gaps))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Watches the folder that `mailbox` names from now on, reads these beside it, and no others; of new
/// ones the mail of as many days as of a new mailbox. What told of another watched folder ends. Takes the
/// mailbox from its worker, which begins anew with them.
pub async fn set_folders(
    conn: &mut Conn,
    mailbox: &Mailbox,
    others: &[String],
    now: Millis,
) -> Result<(), StoreError> {
    for known in cursors(conn, mailbox).await? {
        if known.folder != mailbox.folder && !others.contains(&known.folder) {
            sqlx::query(
                "DELETE FROM graph_folders
                 WHERE tenant_id = $1 AND mailbox_id = $2 AND name = $3",
            )
            .bind(mailbox.tenant.as_str())
            .bind(mailbox.id.as_str())
            .bind(&known.folder)
            .execute(&mut *conn)
            .await?;
        }
    }
    let from = now.plus_secs(-i64::from(mailbox.backfill_days) * 86_400);
    for folder in others.iter().chain([&mailbox.folder]) {
        add_folder(conn, &mailbox.tenant, &mailbox.id, folder, from).await?;
    }
    if mailboxes::set_watched(conn, mailbox).await? {
        end_subscription(conn, &mailbox.tenant, &mailbox.id, now).await?;
    }
    Ok(())
}

/// Adds a folder whose mail since `from` is read; one that is there stays as it is.
pub async fn add_folder(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
    folder: &str,
    from: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO graph_folders (mailbox_id, tenant_id, name, backfill_from)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (mailbox_id, name) DO NOTHING",
    )
    .bind(mailbox.as_str())
    .bind(tenant.as_str())
    .bind(folder)
    .bind(from.0)
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_that_touch_are_one_and_there_are_only_so_many() {
        let mut cursor = Cursor {
            folder: "inbox".to_owned(),
            delta_query: String::new(),
            swept_to: None,
            backfill_from: Millis(0),
            older: None,
            gaps: Vec::new(),
        };
        let gap = |from: i64, until: i64| Gap { from: Millis(from), until: Millis(until) };
        for (from, until) in [(0, 10), (10, 20), (15, 18), (30, 40)] {
            cursor.note_gap(gap(from, until));
        }
        assert_eq!(cursor.gaps, [gap(0, 20), gap(30, 40)]);
        assert!(cursor.is_behind());
        for number in 1..1000 {
            cursor.note_gap(gap(number * 100, number * 100 + 1));
        }
        assert_eq!(cursor.gaps.len(), MOST_GAPS);
        assert_eq!(cursor.gaps.last(), Some(&gap(9_800, 99_901)), "nothing is left out");
    }
}

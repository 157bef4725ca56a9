//! Which folders of a mailbox are read.

use super::Mailbox;
use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId};

/// How far the older mail of a mailbox is read, over all its folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backfill {
    /// How many messages are done.
    pub done: i64,
    /// Of how many.
    pub total: i64,
}

/// The folders that are read: the watched one first, then the others by name.
pub async fn folders(conn: &mut Conn, mailbox: &Mailbox) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT name FROM mailbox_folders
         WHERE tenant_id = $1 AND mailbox_id = $2
         ORDER BY CASE WHEN name = $3 THEN 0 ELSE 1 END, name",
    )
    .bind(mailbox.tenant.as_str())
    .bind(mailbox.id.as_str())
    .bind(&mailbox.folder)
    .fetch_all(conn)
    .await?)
}

/// How far older mail is read.
pub async fn backfill(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &MailboxId,
) -> Result<Backfill, StoreError> {
    let (done, total): (i64, i64) = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(backfill_done), 0) AS BIGINT),
                CAST(COALESCE(SUM(backfill_total), 0) AS BIGINT)
         FROM mailbox_folders WHERE tenant_id = $1 AND mailbox_id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_one(conn)
    .await?;
    Ok(Backfill { done, total })
}

/// Where a folder ended when somebody opened it: what has a higher number came since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEnd {
    /// Which folder.
    pub folder: String,
    /// Its numbering.
    pub uid_validity: u32,
    /// No message had a higher number.
    pub last_uid: u32,
}

/// Begins with what came since a folder was opened, if no older mail of its mailbox is to be read and it
/// was never read: however late the first look is, nothing that came by then counts as older.
pub async fn begin_after(
    conn: &mut Conn,
    (tenant, mailbox): (&TenantId, &MailboxId),
    end: &FolderEnd,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE mailbox_folders SET uid_validity = $1, last_uid = $2
         WHERE tenant_id = $3 AND mailbox_id = $4 AND name = $5 AND uid_validity IS NULL
           AND EXISTS (SELECT 1 FROM mailboxes WHERE id = $4 AND backfill_days = 0)",
    )
    .bind(i64::from(end.uid_validity))
    .bind(i64::from(end.last_uid))
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .bind(&end.folder)
    .execute(conn)
    .await?;
    Ok(())
}

/// Watches the folder that `mailbox` names from now on, reads these beside it, and no others; what is
/// known of the ones that stay is kept. Takes the mailbox from its worker, which begins anew with them.
pub async fn set_folders(
    conn: &mut Conn,
    mailbox: &Mailbox,
    others: &[String],
    now: Millis,
) -> Result<(), StoreError> {
    // The mailbox's row before those of its folders, as whoever reads it takes them.
    set_watched(conn, mailbox).await?;
    for known in folders(conn, mailbox).await? {
        if known != mailbox.folder && !others.contains(&known) {
            forget(conn, mailbox, &known).await?;
        }
    }
    for name in others.iter().chain([&mailbox.folder]) {
        add(conn, mailbox, name, now).await?;
    }
    Ok(())
}

/// Takes a mailbox from its worker, which begins anew with the watched folder that `mailbox` names; says
/// whether that is another one than before. Where that of another mailbox with this address is the
/// same, it is [`StoreError::is_unique_violation`].
pub(in crate::store) async fn set_watched(
    conn: &mut Conn,
    mailbox: &Mailbox,
) -> Result<bool, StoreError> {
    let place = (mailbox.tenant.as_str(), mailbox.id.as_str());
    let before: Option<String> =
        sqlx::query_scalar("SELECT folder FROM mailboxes WHERE tenant_id = $1 AND id = $2")
            .bind(place.0)
            .bind(place.1)
            .fetch_optional(&mut *conn)
            .await?;
    sqlx::query(
        "UPDATE mailboxes SET folder = $3, fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(place.0)
    .bind(place.1)
    .bind(&mailbox.folder)
    .execute(conn)
    .await?;
    Ok(before.is_some_and(|before| before != mailbox.folder))
}

/// Adds a folder whose mail of the mailbox's first days is read as well.
pub(super) async fn add(
    conn: &mut Conn,
    mailbox: &Mailbox,
    name: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mailbox_folders (mailbox_id, tenant_id, name, backfill_from)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (mailbox_id, name) DO NOTHING",
    )
    .bind(mailbox.id.as_str())
    .bind(mailbox.tenant.as_str())
    .bind(name)
    .bind(now.plus_secs(-i64::from(mailbox.backfill_days) * 86_400).0)
    .execute(conn)
    .await?;
    Ok(())
}

async fn forget(conn: &mut Conn, mailbox: &Mailbox, name: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM mailbox_folders WHERE tenant_id = $1 AND mailbox_id = $2 AND name = $3",
        "DELETE FROM withheld_messages WHERE tenant_id = $1 AND mailbox_id = $2 AND folder = $3",
    ] {
        sqlx::query(sql)
            .bind(mailbox.tenant.as_str())
            .bind(mailbox.id.as_str())
            .bind(name)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

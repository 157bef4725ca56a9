//! What ends by itself: the secret or certificate of a tenant's app registration, and the consent of
//! a person that is not used. Their admins are warned of each so many days before, once.

use crate::clock::Millis;
use crate::store::{Conn, Id, MailboxId, StoreError, TenantId};

/// What ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The secret or certificate of the app registration.
    App,
    /// The consent of the person whose mailbox it is.
    Consent(MailboxId),
}

/// Something that ends, and what was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What it is.
    pub subject: Subject,
    /// When it ends.
    pub at: Millis,
    /// For how many days before the end the last warning was; 0: there was none.
    pub warned_days: i64,
}

/// What of a tenant ends between `from` and `until`.
pub async fn endings(
    conn: &mut Conn,
    tenant: &TenantId,
    from: Millis,
    until: Millis,
) -> Result<Vec<Ending>, StoreError> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT '' AS mailbox_id, secret_expires_at AS ends_at, COALESCE(warned_days, 0)
         FROM graph_apps
         WHERE tenant_id = $1 AND secret_expires_at > $2 AND secret_expires_at <= $3
         UNION ALL
         SELECT mailbox_id, consent_ends_at, COALESCE(warned_days, 0)
         FROM graph_mailboxes
         WHERE tenant_id = $1 AND consent_ends_at > $2 AND consent_ends_at <= $3
         ORDER BY ends_at",
    )
    .bind(tenant.as_str())
    .bind(from.0)
    .bind(until.0)
    .fetch_all(conn)
    .await?;
    let ending = |(mailbox, at, warned_days): (String, i64, i64)| {
        let subject =
            if mailbox.is_empty() { Subject::App } else { Subject::Consent(Id::stored(mailbox)) };
        Ending { subject, at: Millis(at), warned_days }
    };
    Ok(rows.into_iter().map(ending).collect())
}

/// When the first of them ends, past or to come; none: nothing of the tenant ends.
pub async fn first_end(conn: &mut Conn, tenant: &TenantId) -> Result<Option<Millis>, StoreError> {
    let at: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(ends_at)
         FROM (SELECT secret_expires_at AS ends_at FROM graph_apps WHERE tenant_id = $1
               UNION ALL
               SELECT consent_ends_at FROM graph_mailboxes WHERE tenant_id = $1) AS ends",
    )
    .bind(tenant.as_str())
    .fetch_one(conn)
    .await?;
    Ok(at.map(Millis))
}

/// Notes that admins are warned `days` before. False: it was renewed, or somebody else was faster.
pub async fn note_warned(
    conn: &mut Conn,
    tenant: &TenantId,
    ending: &Ending,
    days: i64,
) -> Result<bool, StoreError> {
    let (sql, mailbox) = match &ending.subject {
        Subject::App => (
            "UPDATE graph_apps SET warned_days = $1
             WHERE tenant_id = $2 AND secret_expires_at = $3 AND COALESCE(warned_days, 0) = $4
               AND $5 = ''",
            "",
        ),
        Subject::Consent(mailbox) => (
            "UPDATE graph_mailboxes SET warned_days = $1
             WHERE tenant_id = $2 AND consent_ends_at = $3 AND COALESCE(warned_days, 0) = $4
               AND mailbox_id = $5",
            mailbox.as_str(),
        ),
    };
    let done = sqlx::query(sql)
        .bind(days)
        .bind(tenant.as_str())
        .bind(ending.at.0)
        .bind(ending.warned_days)
        .bind(mailbox)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes until when a person's consent lasts, now that it was used.
pub async fn consent_used(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
    until: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE graph_mailboxes SET consent_ends_at = $1, warned_days = NULL
         WHERE tenant_id = $2 AND mailbox_id = $3",
    )
    .bind(until.0)
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Until when the consent to read a mailbox lasts if it is not used; none: no person's is needed.
pub async fn consent_end(
    conn: &mut Conn,
    tenant: &TenantId,
    mailbox: &MailboxId,
) -> Result<Option<Millis>, StoreError> {
    let at: Option<Option<i64>> = sqlx::query_scalar(
        "SELECT consent_ends_at FROM graph_mailboxes WHERE tenant_id = $1 AND mailbox_id = $2",
    )
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(at.flatten().map(Millis))
}

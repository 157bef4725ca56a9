//! Until when the consent of a person lasts that is not used.

use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId};

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

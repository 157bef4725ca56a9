//! Has Graph tell no more of a mailbox that nobody looks at.

use super::access::{Keys, as_app};
use super::calls::Calls;
use super::fault::Fault;
use crate::store::graph::{self, Access};
use crate::store::{MailboxId, TenantId, mailboxes};

/// Ends a subscription: in the name of the person in whose name the mailbox is read, if it is still
/// there, else in the app's.
pub async fn unsubscribe(
    keys: &Keys,
    (tenant, mailbox): (&TenantId, &MailboxId),
    subscription: &str,
) -> Result<(), Fault> {
    let app = keys.app(tenant).await?;
    let mut conn = keys.db.read().await?;
    let access = graph::access_of(&mut conn, tenant, mailbox).await?;
    let found = mailboxes::get(&mut conn, tenant, mailbox).await?;
    drop(conn);
    let tokens = match (access, found) {
        (Some(Access::Delegated), Some(mailbox)) => keys.refreshed(&mailbox, &app).await?,
        _ => as_app(&keys.connector, &app, keys.clock.now()).await?,
    };
    Calls::new(&keys.connector, &app, "", &tokens.access)?.unsubscribe(subscription).await
}

//! Has Graph tell no more of a mailbox that nobody looks at.

use super::access::{Keys, as_app};
use super::calls::Calls;
use super::fault::Fault;
use super::strays;
use crate::store::graph::{self, Access};
use crate::store::{MailboxId, TenantId, mailboxes};

/// Ends a subscription: in the name of the person in whose name the mailbox is read, if it is still
/// there, else in the app's. Without an id it is those of the mailbox that nobody knows of; where somebody looks
/// at the mailbox, they are found without that.
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
    let is_looked_at = found.as_ref().is_some_and(|found| !found.paused);
    if subscription.is_empty() && is_looked_at {
        return Ok(());
    }
    let tokens = match (access, found) {
        (Some(Access::Delegated), Some(mailbox)) => keys.refreshed(&mailbox, &app).await?,
        _ => as_app(&keys.connector, &app, keys.clock.now()).await?,
    };
    let calls = Calls::new(&keys.connector, &app, "", &tokens.access)?;
    if subscription.is_empty() {
        return strays::end(&keys.connector, &calls, mailbox, "").await.map(drop);
    }
    calls.unsubscribe(subscription).await
}

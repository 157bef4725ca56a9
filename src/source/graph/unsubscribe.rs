//! Has Graph tell no more of a mailbox that nobody looks at.

use super::access::{Keys, as_app};
use super::calls::Calls;
use super::fault::Fault;
use crate::store::graph::{self, Access};
use crate::store::{MailboxId, TenantId};

/// Ends a subscription: in the name of the person in whose name the mailbox is read, if it is still
/// there, else in the app's.
pub async fn unsubscribe(
    keys: &Keys,
    (tenant, mailbox): (&TenantId, &MailboxId),
    subscription: &str,
) -> Result<(), Fault> {
    let app = keys.app(tenant).await?;
    let access = graph::access_of(&mut *keys.db.read().await?, tenant, mailbox).await?;
    let tokens = match access {
        Some(Access::Delegated) => keys.refreshed((tenant, mailbox), &app).await?,
        Some(Access::Application) | None => as_app(&keys.connector, &app, keys.clock.now()).await?,
    };
    Calls::new(&keys.connector, &app, "", &tokens.access)?.unsubscribe(subscription).await
}

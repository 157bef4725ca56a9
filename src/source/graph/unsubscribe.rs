//! Has Graph tell no more of a mailbox that nobody looks at.

use super::access::{Keys, as_app};
use super::calls::Calls;
use super::connector::Connector;
use super::fault::Fault;
use crate::clock::Clock;
use crate::store::graph::{self, Access};
use crate::store::{Db, MailboxId, TenantId};
use crate::vault::Vault;

/// Ends a subscription: in the name of the person in whose name the mailbox is read, if it is still
/// there, else in the app's.
pub async fn unsubscribe(
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    connector: &Connector,
    (tenant, mailbox): (&TenantId, &MailboxId),
    subscription: &str,
) -> Result<(), Fault> {
    let keys = Keys::new(db.clone(), vault.clone(), clock.clone(), connector.clone());
    let app = keys.app(tenant).await?;
    let access = graph::access_of(&mut *db.read().await?, tenant, mailbox).await?;
    let tokens = match access {
        Some(Access::Delegated) => keys.refreshed((tenant, mailbox), &app).await?,
        Some(Access::Application) | None => as_app(connector, &app, clock.now()).await?,
    };
    Calls::new(connector, &app, "", &tokens.access)?.unsubscribe(subscription).await
}

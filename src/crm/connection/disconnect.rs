//! What goes at once with a CRM that is disconnected, or in whose place another one is connected.

use crate::clock::Millis;
use crate::store::jobs;
use crate::store::{
    Conn, StoreError, TenantId, contacts, crm_connections, crm_writes, made_accounts, outdated,
    policies,
};

/// Disconnects the tenant's CRM; false if there is none. What was kept of it is not seen any more from
/// then on; it may be much, and [`sync`](crate::crm::sync::sync) erases it.
pub async fn remove(conn: &mut Conn, tenant: &TenantId, now: Millis) -> Result<bool, StoreError> {
    // What is being planned for it would be left otherwise.
    crm_connections::hold(conn, tenant).await?;
    forget(conn, tenant).await?;
    jobs::hurry(conn, tenant, jobs::Kind::ReadCrm, now).await?;
    crm_connections::remove(conn, tenant).await
}

/// Forgets what was planned and noted for a CRM that is not connected any more; what the contacts of lists have
/// of it goes with its records. Open suggestions, which were compared with these, are compared anew, and nobody accepts
/// one as a change of a record that is not seen any more.
pub(super) async fn forget(conn: &mut Conn, tenant: &TenantId) -> Result<(), StoreError> {
    contacts::mark_former(conn, tenant).await?;
    policies::forget_owner(conn, tenant).await?;
    made_accounts::forget_all(conn, tenant).await?;
    crm_writes::forget_all(conn, tenant).await?;
    outdated::mark_all(conn, tenant).await
}

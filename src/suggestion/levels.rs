//! How sure it must be that somebody is known, set by the tenant. What lies open was compared by what held
//! before: it is compared anew, so that nobody accepts as certain what is not any more.

use crate::clock::Millis;
use crate::matching::Thresholds;
use crate::store::audit::{self, Actor};
use crate::store::{Conn, StoreError, TenantId, jobs, match_models, outdated};

/// Sets from which probabilities a match is possible and exact; the open suggestions hear of it. What is so
/// already changes nothing for them.
pub async fn set_thresholds(
    conn: &mut Conn,
    tenant: &TenantId,
    thresholds: Thresholds,
    actor: &Actor,
    now: Millis,
) -> Result<(), StoreError> {
    if match_models::thresholds(conn, tenant).await? != thresholds {
        match_models::set_thresholds(conn, tenant, thresholds).await?;
        outdated::mark_all(conn, tenant).await?;
        // The job that reads the CRM compares anew, also where none is connected.
        jobs::hurry(conn, tenant, jobs::Kind::ReadCrm, now).await?;
    }
    audit::record(conn, tenant, actor, "matching.put", tenant.as_str(), now).await
}

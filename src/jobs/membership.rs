//! Follows the groups at Microsoft whose members' mailboxes are connected. What fails stands with the
//! group; the next look is an hour away.

use super::JobError;
use crate::clock::Millis;
use crate::source::graph::{Connector, Fault, meet};
use crate::store::{Db, TenantId, graph};
use crate::vault::Vault;
use tracing::{info, warn};

/// Looks at every group of a tenant; one that fails holds up no other.
pub(super) async fn look(
    db: &Db,
    vault: &Vault,
    connector: &Connector,
    tenant: &TenantId,
    now: Millis,
) -> Result<(), JobError> {
    let groups = graph::groups(&mut *db.read().await?, tenant).await?;
    for group in groups {
        match meet(db, vault, connector, &group, now).await {
            Ok(met) if met.joined + met.departed > 0 => {
                let (joined, departed) = (met.joined, met.departed);
                info!(group = %group.id, joined, departed, "the members of a group have changed");
            }
            Ok(_) => {}
            Err(Fault::Store(error)) => return Err(error.into()),
            Err(fault) => warn!(group = %group.id, "cannot look at a group: {fault}"),
        }
    }
    Ok(())
}

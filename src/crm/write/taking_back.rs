//! Taking a write back: by the mapping that it was made by. That says where in the record it stands, and
//! whether the record is as it was left, whatever the admin has said of the fields since.

use super::{End, Made, Mapped, hidden, unseen};
use crate::clock::Clock;
use crate::crm::http::Http;
use crate::crm::{Crm, CrmError, Update, Way, Written, connection};
use crate::store::crm_connections::CrmConnection;
use crate::store::crm_writes::CrmWrite;
use crate::store::{Db, TenantId};
use crate::vault::Vault;

/// Takes a write back. Taking it back again changes nothing.
pub(super) async fn take_back(
    http: &Http,
    (db, vault, clock): (&Db, &Vault, &Clock),
    tenant: &TenantId,
    (crm, connection): (&Crm, &CrmConnection),
    mut write: CrmWrite,
) -> Result<Made, CrmError> {
    let mapping = write.mapping.clone();
    let is_as_then = mapping.is_empty() || mapping == connection::noted_mapping(connection);
    let (mut then, mut from) = (None, String::new());
    if !is_as_then {
        then = Some(connection::open_by(http, db, vault, tenant, &mapping).await?);
        if !write.external_id.is_empty() {
            from = crm.get(&write.external_id).await?.map(|it| it.version).unwrap_or_default();
        }
    }
    let by = then.as_ref().unwrap_or(crm);
    let end = match write.before.clone() {
        None if write.is_seen() => hidden::remove(by, &write).await?,
        None => unseen::remove(db, clock, by, tenant, &mut write).await?,
        Some(before) => {
            let unlocked = connection::open_unlocked(http, db, vault, tenant, &mapping).await?;
            if write.is_seen() {
                let (id, version) = (&write.external_id, &write.version);
                let way = Way::Back { linked: Some(&write.linked) };
                let back =
                    Update { id, version, before: &write.after, after: &before, way, noting: None };
                End::written(unlocked.update(&back).await?.written)
            } else {
                unseen::revert((by, &unlocked), &before, &mut write).await?
            }
        }
    };
    let end = hidden::or_gone(by, &write, end).await?;
    let seen = if is_as_then { None } else { end.record_id() };
    let record = match seen {
        Some(id) => crm.get(id).await?,
        None => None,
    };
    let now = record.map(|record| Box::new(Mapped { from, record }));
    Ok(Made { write, end, now })
}

impl End {
    /// The CRM's id of the record that was seen.
    fn record_id(&self) -> Option<&str> {
        let Self::Written(written) = self else { return None };
        match &**written {
            Written::Done(record)
            | Written::Partly(record, _)
            | Written::Conflict(Some(record)) => Some(&record.id),
            Written::Conflict(None) | Written::Refused(_) => None,
        }
    }
}

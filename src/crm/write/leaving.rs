//! What an undone suggestion has still to be taken out of: until the CRM has done that, what is kept of a
//! record is not what it will be.

use crate::matching;
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::records::{self, CrmRecord};
use crate::store::{Conn, StoreError, SuggestionId, TenantId};

/// How it fares that what a suggestion wrote is taken out of the CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// Nothing is to be taken out.
    Nothing,
    /// It is to be taken out of what nobody has touched since: that will be as it was before.
    Untouched,
    /// It is to be taken out of a record that somebody has changed since, or removed.
    Changed,
    /// That has failed, and a rep can try it again.
    Stuck,
}

/// How it fares that what undoing a suggestion takes back is taken out of the CRM.
pub async fn leaving(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
) -> Result<Leaving, StoreError> {
    let Some(write) = crm_writes::of_suggestion(conn, tenant, suggestion).await? else {
        return Ok(Leaving::Nothing);
    };
    if write.is_still_there() {
        return Ok(Leaving::Stuck);
    } else if write.state != State::Undoing {
        return Ok(Leaving::Nothing);
    }
    let Some(record) = records::by_external_id(conn, tenant, &write.external_id).await? else {
        let is_made = write.before.is_none();
        return Ok(if is_made { Leaving::Untouched } else { Leaving::Changed });
    };
    let through = going_through(conn, tenant, &record).await?;
    let is_through = through.iter().any(|it| it.id == write.id);
    Ok(if is_through { Leaving::Untouched } else { Leaving::Changed })
}

/// A record as it will be once all that is to be taken out of it is.
pub async fn as_it_will_be(
    conn: &mut Conn,
    tenant: &TenantId,
    mut record: CrmRecord,
) -> Result<CrmRecord, StoreError> {
    for write in going_through(conn, tenant, &record).await? {
        if let Some(before) = &write.before {
            record.contact = matching::follow(&record.contact, &write.after, before);
        }
    }
    Ok(record)
}

/// What is to be taken out of a record and finds it as the one before has left it, in its order.
async fn going_through(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &CrmRecord,
) -> Result<Vec<CrmWrite>, StoreError> {
    let mut version = record.version.clone();
    let mut through = crm_writes::undoing(conn, tenant, &record.external_id).await?;
    through.retain(|write| {
        let fits = write.version == version;
        // Where nobody saw what a try has made of it, nothing is known of the next.
        if fits && !write.based_on.is_empty() {
            version.clone_from(&write.based_on);
        }
        fits
    });
    Ok(through)
}

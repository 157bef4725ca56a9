//! Taking back a write of which a try was begun and no end was seen: the CRM may have it or not.

use super::{End, create};
use crate::clock::Clock;
use crate::contact::Contact;
use crate::crm::{Crm, CrmError, New, Written};
use crate::store::crm_writes::{self, CrmWrite};
use crate::store::{Db, TenantId};

/// No record has it: with this version a record is looked at, and never changed.
const NO_VERSION: &str = "";

/// Removes the record that a try has made, if it has made one.
pub(super) async fn remove(
    db: &Db,
    clock: &Clock,
    crm: &Crm,
    tenant: &TenantId,
    write: &mut CrmWrite,
) -> Result<End, CrmError> {
    let (apart, theirs) = create::others(db, tenant, write).await?;
    let owner = Some(write.owner.as_str()).filter(|owner| !owner.is_empty());
    let new = New {
        owner: crm.owned_by(owner),
        tried: true,
        ..create::draft(write, &write.after, &apart, clock.now())
    };
    let mut made = crm.made(&new).await?;
    // It may have been made without an address that another has.
    let without_theirs = create::without_emails(&write.after, &theirs);
    let bare = Contact { emails: Vec::new(), ..write.after.clone() };
    for bare in [&without_theirs, &bare] {
        if made.is_none() && bare.emails.len() < write.after.emails.len() {
            made = crm.made(&New { contact: bare, ..new.clone() }).await?;
        }
    }
    let made = match made {
        Some(Written::Done(made)) => made,
        Some(unclear) => return Ok(End::written(unclear)),
        None => return Ok(End::Nothing),
    };
    let mut conn = db.read().await?;
    if crm_writes::claimed(&mut conn, tenant, &made.id, &write.id).await?.is_some() {
        return Ok(End::Nothing);
    }
    drop(conn);
    write.external_id.clone_from(&made.id);
    write.version.clone_from(&made.version);
    crm.delete(&made.id, &made.version).await.map(End::of_removal)
}

/// Brings a record back to what it was, if a try has changed it; by the way that is `unlocked` what that has
/// written can be taken out.
pub(super) async fn revert(
    (crm, unlocked): (&Crm, &Crm),
    write: &mut CrmWrite,
) -> Result<End, CrmError> {
    let Some(before) = &write.before else { return Ok(End::Nothing) };
    let id = &write.external_id;
    let now = match crm.update(id, NO_VERSION, before, &write.after).await? {
        Written::Done(now) | Written::Partly(now, _) if now.version != write.version => now,
        refused @ Written::Refused(_) => return Ok(End::written(refused)),
        Written::Conflict(None) if crm.may_hide(id).await? => return Ok(End::hidden()),
        _ => return Ok(End::Nothing),
    };
    let reverted = unlocked.update(id, &now.version, &write.after, before).await?;
    write.based_on = std::mem::replace(&mut write.version, now.version);
    Ok(End::written(reverted))
}

//! Taking back a write of which a try was begun and no end was seen: the CRM may have it or not.

use super::had::had;
use super::{End, create};
use crate::clock::Clock;
use crate::contact::Contact;
use crate::crm::{Crm, CrmError, New, Update, Way, Written};
use crate::matching::{self, Field};
use crate::store::crm_writes::{self, CrmWrite};
use crate::store::{Db, TenantId};

/// No record has it: with this version a record is looked at, and never changed.
const NO_VERSION: &str = "";

/// Removes the record that a try has made, if it has made one. What somebody has written into it since, a
/// person decides about.
pub(super) async fn remove(
    db: &Db,
    clock: &Clock,
    crm: &Crm,
    tenant: &TenantId,
    write: &mut CrmWrite,
) -> Result<End, CrmError> {
    if !write.is_tried() {
        return Ok(End::Nothing);
    }
    let (apart, theirs) = create::others(db, tenant, write).await?;
    let owner = Some(write.owner.as_str()).filter(|owner| !owner.is_empty());
    let new = New {
        owner: crm.owned_by(owner),
        ..create::draft(write, &write.after, &apart, clock.now())
    };
    let mut made = crm.made(&new).await?;
    // It may have been made without an address that another has.
    let without_theirs = create::without_emails(&write.after, &theirs);
    let bare = Contact { emails: Vec::new(), ..write.after.clone() };
    for bare in [&without_theirs, &bare] {
        let is_open = matches!(made, None | Some(Written::Conflict(_)));
        if is_open && bare.emails.len() < write.after.emails.len() {
            let without = crm.made(&New { contact: bare, ..new.clone() }).await?;
            made =
                if matches!(without, Some(Written::Done(_))) { without } else { made.or(without) };
        }
    }
    let (made, is_ours) = match made {
        Some(Written::Done(made)) => (made, true),
        Some(Written::Conflict(Some(made))) => (made, false),
        Some(unclear) => return Ok(End::written(unclear)),
        None if new.lately => return Err(CrmError::Unseen),
        None => return Ok(End::Nothing),
    };
    let mut conn = db.read().await?;
    if crm_writes::claimed(&mut conn, tenant, &made.id, &write.id).await?.is_some() {
        return Ok(End::Nothing);
    }
    drop(conn);
    if !is_ours || says_more(&made.contact, &write.after) {
        return Ok(End::written(Written::Conflict(Some(made))));
    }
    write.external_id.clone_from(&made.id);
    write.version.clone_from(&made.version);
    crm.delete(&made.id, &made.version).await.map(End::of_removal)
}

/// Whether a record says what it was not made with. What its company is called, the CRM may say otherwise.
fn says_more(record: &Contact, made_of: &Contact) -> bool {
    let company = Field::Organizations.as_str();
    matching::news(record, made_of).iter().any(|key| !key.starts_with(company))
}

/// Brings a record back to what it was `before`, if a try has changed it; by the way that is `unlocked` what
/// that has written can be taken out. Where somebody has changed what it may have written, a person decides.
pub(super) async fn revert(
    (crm, unlocked): (&Crm, &Crm),
    before: &Contact,
    write: &mut CrmWrite,
) -> Result<End, CrmError> {
    if !write.was_asked_for() {
        return Ok(End::Nothing);
    }
    // What the record had of what comes is not of the write, nor is any of it that was not asked for.
    let is_changed = write.is_tried();
    let before = match &write.known {
        _ if !is_changed => write.after.clone(),
        Some(known) => had(before, &write.after, known),
        None => before.clone(),
    };
    let before = &*write.before.insert(before);
    let id = &write.external_id;
    let way = Way::Forth { tried: write.known.as_ref() };
    let look = Update { id, version: NO_VERSION, before, after: &write.after, way, noting: None };
    let now = match crm.update(&look).await?.written {
        Written::Done(now) | Written::Partly(now, _)
            if now.version != write.version || !is_changed =>
        {
            now
        }
        refused @ Written::Refused(_) => return Ok(End::written(refused)),
        Written::Conflict(None) if crm.may_hide(id).await? => return Ok(End::hidden()),
        Written::Conflict(Some(now))
            if now.version != write.version && has_some(&now.contact, before, &write.after) =>
        {
            return Ok(End::written(Written::Conflict(Some(now))));
        }
        _ => return Ok(End::Nothing),
    };
    // HubSpot is asked to bring somebody to a company only after that is noted.
    let linked = matches!(crm, Crm::HubSpot(_)).then_some(write.linked.as_str());
    let (version, way) = (&now.version, Way::Back { linked });
    let back = Update { id, version, before: &write.after, after: before, way, noting: None };
    let reverted = unlocked.update(&back).await?.written;
    if !is_changed {
        // Others have brought it from the version that the rep compared with to this one.
        write.version.clone_from(version);
    }
    write.based_on = std::mem::replace(&mut write.version, now.version);
    Ok(End::written(reverted))
}

/// Whether a record has something of what a write brings; or, where it only takes, lacks something of that.
fn has_some(record: &Contact, before: &Contact, after: &Contact) -> bool {
    let (comes, goes) = (matching::news(after, before), matching::news(before, after));
    let (lacks, lost) = (matching::news(after, record), matching::news(before, record));
    if comes.is_empty() {
        goes.iter().any(|key| lost.contains(key))
    } else {
        comes.iter().any(|key| !lacks.contains(key))
    }
}

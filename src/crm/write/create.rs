//! Making a record of somebody who is nobody else: neither whom another write has made, nor whom the
//! rep keeps apart, nor whoever else writes from the same shared mailbox.

use crate::contact::{Contact, PersonName};
use crate::crm::{Crm, CrmError, Record, Written};
use crate::matching::fold::fold;
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::{Db, TenantId, kept_apart};

/// What is told of a record that lacks an address.
const SHARED: &str = "it is made without the e-mail address that another contact of the CRM has";

/// Makes a record. One that another write has made is somebody who is there already, and no try of
/// this one; while it is being taken back, it is waited for.
pub(super) async fn create(
    db: &Db,
    crm: &Crm,
    tenant: &TenantId,
    write: &CrmWrite,
) -> Result<Written, CrmError> {
    let (key, at, contact) = (write.id.as_str(), write.created_at, &write.after);
    let mut written = crm.create(key, at, contact).await?;
    if let Written::Conflict(Some(there)) = &written
        && is_another(db, tenant, write, there).await?
    {
        let mut bare = contact.clone();
        let has = |email: &str| there.contact.emails.iter().any(|it| it.value.key() == email);
        bare.emails.retain(|email| !has(&email.value.key()));
        if bare.emails.len() < contact.emails.len() {
            written = lacking_address(crm.create(key, at, &bare).await?);
        }
    }
    let (Written::Done(record) | Written::Partly(record, _)) = &written else {
        return Ok(written);
    };
    let mut conn = db.read().await?;
    match crm_writes::claimed(&mut conn, tenant, &record.id, &write.id).await? {
        None => Ok(written),
        Some(State::Undoing) => Err(CrmError::Earlier),
        Some(_) => Ok(Written::Conflict(Some(record.clone()))),
    }
}

/// Whether somebody who has an address of the contact is another person: a rep has said so, or it is
/// a mailbox that several people share.
async fn is_another(
    db: &Db,
    tenant: &TenantId,
    write: &CrmWrite,
    there: &Record,
) -> Result<bool, CrmError> {
    if write.after.own_emails().next().is_none() && !same_name(&write.after, &there.contact) {
        return Ok(true);
    }
    let mut conn = db.read().await?;
    let apart = kept_apart::records_of(&mut conn, tenant, &write.contact).await?;
    Ok(apart.contains(&there.id))
}

fn same_name(one: &Contact, other: &Contact) -> bool {
    let name = |of: &Contact| {
        let PersonName { full, given, family, .. } = of.name.as_ref()?.value.clone();
        Some(fold(&given.zip(family).map_or(full, |(given, family)| format!("{given} {family}"))))
    };
    name(one) == name(other)
}

fn lacking_address(written: Written) -> Written {
    match written {
        Written::Done(record) => Written::Partly(record, SHARED.to_owned()),
        Written::Partly(record, left_out) => {
            Written::Partly(record, format!("{left_out}; {SHARED}"))
        }
        written => written,
    }
}

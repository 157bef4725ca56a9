//! Making a record of somebody who is nobody else: neither whom another write has made, nor whom the
//! rep keeps apart, nor whoever else writes from the same shared mailbox.

use crate::clock::Clock;
use crate::contact::{Contact, PersonName};
use crate::crm::http::Http;
use crate::crm::{Crm, CrmError, New, Record, Written, made, owner};
use crate::matching::fold::fold;
use crate::store::audit::Actor;
use crate::store::crm_connections::CrmConnection;
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::{Db, TenantId, kept_apart, suggestions};

/// What is told of a record that lacks an address.
const SHARED: &str = "it is made without the e-mail address that another contact of the CRM has";

/// Makes a record, which belongs to whom the tenant's policy names, with its company if that says so. One
/// that another write has made is somebody who is there already, and no try of this one; while it is
/// being taken back, it is waited for.
pub(super) async fn create(
    http: &Http,
    db: &Db,
    clock: &Clock,
    tenant: &TenantId,
    (crm, connection): (&Crm, &CrmConnection),
    write: &mut CrmWrite,
) -> Result<Written, CrmError> {
    let found = suggestions::get(&mut *db.read().await?, tenant, &write.suggestion).await?;
    let by = found.and_then(|suggestion| Actor::parse(&suggestion.decided_by?));
    let assigned = owner::assign(http, db, tenant, (crm, connection), by.as_ref()).await?;
    let contact = &write.after;
    let mut new = New {
        key: write.id.as_str(),
        planned_at: write.created_at,
        contact,
        owner: crm.owned_by(assigned.id.as_deref()),
        account: None,
    };
    let employer = made::employer(db, clock, tenant, crm, (&write.id, &new)).await?;
    new.account.clone_from(&employer.account);
    let mut written = crm.create(&new).await?;
    if let Written::Conflict(Some(there)) = &written
        && is_another(db, tenant, write, there).await?
    {
        let mut bare = contact.clone();
        let has = |email: &str| there.contact.emails.iter().any(|it| it.value.key() == email);
        bare.emails.retain(|email| !has(&email.value.key()));
        if bare.emails.len() < contact.emails.len() {
            let new = New { contact: &bare, ..new.clone() };
            written = crm.create(&new).await?.telling(Some(SHARED.to_owned()));
        }
    }
    let company = employer.account.filter(|_| employer.is_made);
    write.account = company.map(|account| account.id).unwrap_or_default();
    let (Written::Done(record) | Written::Partly(record, _)) = &written else {
        return Ok(written);
    };
    let mut conn = db.read().await?;
    match crm_writes::claimed(&mut conn, tenant, &record.id, &write.id).await? {
        None => {
            write.owner = assigned.id.unwrap_or_default();
            Ok(written.telling(assigned.told).telling(employer.told))
        }
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

//! Making a record of somebody who is nobody else: neither whom another write has made, nor whom the
//! rep keeps apart, nor whoever else writes from the same shared mailbox.

use super::same;
use crate::clock::{Clock, Millis};
use crate::contact::{Contact, PersonName};
use crate::crm::http::Http;
use crate::crm::noting::{Noting, Stands};
use crate::crm::{Crm, CrmError, New, Record, Written, made, owner};
use crate::matching::fold::fold;
use crate::store::audit::Actor;
use crate::store::crm_connections::CrmConnection;
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::{Db, StoreError, TenantId, kept_apart, records, suggestions};
use std::collections::BTreeSet;
use std::slice;

/// So many seconds after it was asked for, what a CRM makes of that is there, and its search knows it.
const LAG: i64 = 2 * 60;

/// What is told of a record that lacks an address.
pub(in crate::crm) const SHARED: &str =
    "it is made without the e-mail address that another contact of the CRM has";

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
    let (apart, theirs) = others(db, tenant, write).await?;
    if let Some(there) = same::there(db, crm, tenant, write, &apart).await? {
        return Ok(Written::Conflict(Some(there)));
    }
    let found = suggestions::get(&mut *db.read().await?, tenant, &write.suggestion).await?;
    let by = found.and_then(|suggestion| Actor::parse(&suggestion.decided_by?));
    let assigned = owner::assign(http, db, tenant, (crm, connection), by.as_ref()).await?;
    let contact = &write.after;
    let mut new = New {
        owner: crm.owned_by(assigned.id.as_deref()),
        ..draft(write, contact, &apart, clock.now())
    };
    let employer = made::employer(db, clock, tenant, crm, (&write.id, &new)).await?;
    new.account.clone_from(&employer.account);
    let owner = assigned.id.as_deref().filter(|_| crm.hides()).unwrap_or_default();
    let stands = Stands::of(write);
    new.noting = Some(Noting { db, clock, tenant, write: &write.id, owner, stands: &stands });
    let bare = without_emails(contact, &theirs);
    let mut written = if bare.emails.len() == contact.emails.len() {
        crm.create(&new).await?
    } else {
        create_without(crm, &new, &bare).await?
    };
    if let Written::Conflict(Some(there)) = &written
        && (!new.may_be(&there.id) || is_another(write, there))
    {
        let bare = without_emails(contact, slice::from_ref(&there.contact));
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

/// What a write is to make of a contact, as nobody's and at no company.
pub(super) fn draft<'a>(
    write: &'a CrmWrite,
    contact: &'a Contact,
    apart: &'a [String],
    now: Millis,
) -> New<'a> {
    let tried = write.is_tried();
    New {
        key: write.id.as_str(),
        planned_at: write.created_at,
        contact,
        owner: None,
        noting: None,
        account: None,
        tried,
        lately: tried && now < write.tried_at.plus_secs(LAG),
        apart,
    }
}

/// Whom a rep keeps apart from a write's contact: the CRM's ids of their records, and what these say.
pub(super) async fn others(
    db: &Db,
    tenant: &TenantId,
    write: &CrmWrite,
) -> Result<(Vec<String>, Vec<Contact>), StoreError> {
    let mut conn = db.read().await?;
    let ids = kept_apart::records_of(&mut conn, tenant, &write.contact).await?;
    let mut theirs = Vec::new();
    for id in &ids {
        theirs.extend(records::by_external_id(&mut conn, tenant, id).await?.map(|it| it.contact));
    }
    Ok((ids, theirs))
}

/// A contact without the e-mail addresses that one of the others has.
pub(super) fn without_emails(contact: &Contact, others: &[Contact]) -> Contact {
    let mut bare = contact.clone();
    let theirs = others.iter().flat_map(|other| &other.emails).map(|it| it.value.key());
    let theirs: BTreeSet<String> = theirs.collect();
    bare.emails.retain(|email| !theirs.contains(&email.value.key()));
    bare
}

/// Makes a record without the addresses of those who are kept apart from it; unless somebody else is
/// there who has them too, and may be the one.
async fn create_without(crm: &Crm, new: &New<'_>, bare: &Contact) -> Result<Written, CrmError> {
    let without = New { contact: bare, ..new.clone() };
    let is_ours = new.tried && matches!(crm.made(&without).await?, Some(Written::Done(_)));
    if !is_ours && crm.is_there(new).await? {
        return crm.create(new).await;
    }
    Ok(crm.create(&without).await?.telling(Some(SHARED.to_owned())))
}

/// Whether somebody who has an address of the contact is another person: it is a mailbox that several
/// people share.
fn is_another(write: &CrmWrite, there: &Record) -> bool {
    write.after.own_emails().next().is_none() && !same_name(&write.after, &there.contact)
}

fn same_name(one: &Contact, other: &Contact) -> bool {
    let name = |of: &Contact| {
        let PersonName { full, given, family, .. } = of.name.as_ref()?.value.clone();
        Some(fold(&given.zip(family).map_or(full, |(given, family)| format!("{given} {family}"))))
    };
    name(one) == name(other)
}

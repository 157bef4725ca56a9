//! What a rep accepted, into the CRM, and out again.
//!
//! ```text
//! accept -> waiting -> written           undo -> undoing -> undone
//!                   -> conflict (the rep decides anew)    -> failed (the record changed since)
//!                   -> failed (given up)
//! ```
//!
//! A write is planned in the transaction of the decision. A new record is made under the write's own
//! id, and an update names the version it was made for, so that a crash or a second try never makes
//! a second record and never overwrites what somebody else wrote.

use super::http::Http;
use super::sync::keep_one;
use super::{Crm, CrmError, New, Record, Written, connection, made, owner};
use crate::clock::{Clock, Millis};
use crate::contact::Contact;
use crate::store::audit::Actor;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::crm_connections::CrmConnection;
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::jobs::{self, NewJob};
use crate::store::{
    Conn, Db, StoreError, SuggestionId, TenantId, WriteId, crm_connections, records, suggestions,
};
use crate::vault::Vault;

/// Plans to write an accepted contact, if a CRM is connected. `before` is the contact that the rep
/// compared with.
pub async fn plan(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
    before: Option<&Contact>,
    accepted: &AcceptedContact,
    now: Millis,
) -> Result<(), StoreError> {
    if crm_connections::get(conn, tenant).await?.is_none() {
        return Ok(());
    }
    let record = match &accepted.record {
        Some(id) => records::get(conn, tenant, id).await?.filter(|it| !it.version.is_empty()),
        None => None,
    };
    let (before, external_id, version) = match record {
        Some(record) => {
            (Some(before.unwrap_or(&record.contact).clone()), record.external_id, record.version)
        }
        None => (None, String::new(), String::new()),
    };
    let write = CrmWrite {
        id: WriteId::new(),
        suggestion: suggestion.clone(),
        contact: accepted.id.clone(),
        external_id,
        version,
        based_on: String::new(),
        owner: String::new(),
        account: String::new(),
        before,
        after: accepted.contact.clone(),
        state: State::Waiting,
        detail: String::new(),
        created_at: now,
        changed_at: now,
    };
    crm_writes::insert(conn, tenant, &write).await?;
    jobs::enqueue(conn, &NewJob::write_crm(tenant, &write.id, now), now).await?;
    Ok(())
}

/// Takes back what accepting a suggestion wrote, or will write.
pub async fn withdraw(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(write) = crm_writes::of_suggestion(conn, tenant, suggestion).await? else {
        return Ok(());
    };
    let to = match write.state {
        State::Waiting => State::Cancelled,
        State::Written => State::Undoing,
        _ => return Ok(()),
    };
    let from = write.state;
    let write = CrmWrite { state: to, changed_at: now, ..write };
    if crm_writes::settle(conn, tenant, &write, from).await? && to == State::Undoing {
        jobs::enqueue(conn, &NewJob::write_crm(tenant, &write.id, now), now).await?;
    }
    Ok(())
}

/// What the CRM made of a write; to be settled.
#[derive(Debug)]
pub struct Made {
    write: CrmWrite,
    /// `None`: the record is gone, as it should be.
    written: Option<Written>,
}

/// Makes a write, or takes it back, as its state says. Making it again changes nothing. `None`: there
/// is nothing to be made.
pub async fn make(
    http: &Http,
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    tenant: &TenantId,
    id: &WriteId,
) -> Result<Option<Made>, CrmError> {
    let write = crm_writes::get(&mut *db.read().await?, tenant, id).await?;
    let Some(mut write) = write.filter(|it| matches!(it.state, State::Waiting | State::Undoing))
    else {
        return Ok(None);
    };
    let (crm, connection) = connection::open(http, db, vault, tenant).await?;
    let result = match (write.state, &write.before) {
        (State::Waiting, None) => {
            let made = create(http, db, clock, tenant, (&crm, &connection), &mut write);
            Box::pin(made).await.map(Some)
        }
        (State::Waiting, Some(before)) => {
            crm.update(&write.external_id, &write.version, before, &write.after).await.map(Some)
        }
        (_, None) => crm.delete(&write.external_id, &write.version).await,
        (_, Some(before)) => {
            crm.update(&write.external_id, &write.version, &write.after, before).await.map(Some)
        }
    };
    let noted = result.as_ref().map(|_| ());
    connection::note(db, tenant, &connection, noted, clock.now()).await?;
    Ok(Some(Made { written: result?, write }))
}

/// Makes a record, which belongs to whom the tenant's policy names, with its company if that says so.
async fn create(
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
    let mut new = New {
        key: write.id.as_str(),
        planned_at: write.created_at,
        contact: &write.after,
        owner: crm.owned_by(assigned.id.as_deref()),
        account: None,
    };
    let employer = made::employer(db, clock, tenant, crm, (&write.id, &new)).await?;
    new.account.clone_from(&employer.account);
    let written = crm.create(&new).await?;
    if matches!(written, Written::Done(_) | Written::Partly(..)) {
        write.owner = assigned.id.unwrap_or_default();
    }
    let made = employer.account.filter(|_| employer.is_made);
    write.account = made.map(|account| account.id).unwrap_or_default();
    Ok(written.telling(assigned.told).telling(employer.told))
}

/// Notes what came of a write. Some: the record has changed since the rep compared, and they should
/// decide this suggestion anew.
pub async fn settle(
    conn: &mut Conn,
    tenant: &TenantId,
    made: Made,
    now: Millis,
) -> Result<Option<SuggestionId>, StoreError> {
    let Made { write, written } = made;
    let from = write.state;
    let mut settled = CrmWrite { changed_at: now, detail: String::new(), ..write };
    let mut anew = None;
    match written {
        Some(Written::Done(record)) => done(conn, tenant, &mut settled, &record, now).await?,
        Some(Written::Partly(record, left_out)) => {
            settled.detail = left_out;
            done(conn, tenant, &mut settled, &record, now).await?;
        }
        Some(Written::Refused(why)) => {
            settled.state = State::Failed;
            settled.detail = why;
        }
        None => {
            settled.state = State::Undone;
            if !settled.account.is_empty() {
                settled.detail = "the company that was made for it stays in the CRM".into();
            }
            forget(conn, tenant, &settled.external_id).await?;
        }
        Some(Written::Conflict(there)) => {
            match &there {
                // Whoever wanted a new record hears which one is there already.
                Some(record) if settled.before.is_none() && from == State::Waiting => {
                    link(conn, tenant, &settled, record, now).await?;
                }
                Some(record) => {
                    keep_one(conn, tenant, record, now).await?;
                }
                None => forget(conn, tenant, &settled.external_id).await?,
            }
            if from == State::Waiting {
                settled.state = State::Conflict;
                settled.detail = if settled.before.is_none() {
                    "the CRM has a record of this person already".into()
                } else {
                    "the record has changed in the CRM meanwhile".into()
                };
                anew = Some(settled.suggestion.clone());
            } else {
                settled.state = State::Failed;
                settled.detail =
                    "the record was changed in the CRM after it was written: it was left as it is"
                        .into();
            }
        }
    }
    // Whoever took the decision back while the CRM was written finds it written.
    if crm_writes::settle(conn, tenant, &settled, from).await? {
        return Ok(anew);
    }
    if settled.state == State::Written {
        settled.state = State::Undoing;
        if crm_writes::settle(conn, tenant, &settled, State::Cancelled).await? {
            jobs::enqueue(conn, &NewJob::write_crm(tenant, &settled.id, now), now).await?;
        }
    }
    Ok(None)
}

async fn done(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &mut CrmWrite,
    record: &Record,
    now: Millis,
) -> Result<(), StoreError> {
    if write.state == State::Waiting {
        write.state = State::Written;
        write.based_on = std::mem::take(&mut write.version);
    } else {
        write.state = State::Undone;
        let (from, to) = (&write.based_on, &record.version);
        crm_writes::is_again(conn, tenant, &record.id, from, to).await?;
    }
    write.external_id.clone_from(&record.id);
    write.version.clone_from(&record.version);
    link(conn, tenant, write, record, now).await
}

/// Keeps the record as it is now, and notes that the contact is the one of it.
async fn link(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &CrmWrite,
    record: &Record,
    now: Millis,
) -> Result<(), StoreError> {
    let id = keep_one(conn, tenant, record, now).await?;
    if let Some(contact) = contacts::get(conn, tenant, &write.contact).await?
        && contact.record.as_ref() != Some(&id)
    {
        let linked = AcceptedContact { record: Some(id), ..contact };
        contacts::put(conn, tenant, &linked).await?;
    }
    Ok(())
}

async fn forget(conn: &mut Conn, tenant: &TenantId, external_id: &str) -> Result<(), StoreError> {
    if let Some(record) = records::by_external_id(conn, tenant, external_id).await? {
        super::keep::forget(conn, tenant, &record.id).await?;
    }
    Ok(())
}

/// Says of a write that it will not be made; `reason` is one sentence without personal data.
pub async fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    reason: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(write) = crm_writes::get(conn, tenant, id).await? else { return Ok(()) };
    let from = write.state;
    if matches!(from, State::Waiting | State::Undoing) {
        let failed =
            CrmWrite { state: State::Failed, detail: reason.to_owned(), changed_at: now, ..write };
        crm_writes::settle(conn, tenant, &failed, from).await?;
    }
    Ok(())
}

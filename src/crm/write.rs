//! What a rep accepted, into the CRM, and out again.
//!
//! ```text
//! accept -> waiting -> written                   undo -> undoing -> undone
//!                   -> conflict (the rep decides anew)           -> failed (undo tries it again)
//!                   -> failed (given up; the rep decides anew)   -> cancelled (it was never made)
//!                   -> cancelled (undone before it was begun)
//! ```
//!
//! A write is planned in the transaction of the decision. A new record is made under the write's own
//! id, and an update names the version it was made for, so that a crash or a second try never makes
//! a second record and never overwrites what somebody else wrote. What is decided about one person is
//! written in that order: a write waits for the earlier ones, and goes on with what they have made.

mod create;
mod had;
mod hidden;
mod leaving;
mod same;
mod settle;
mod taking_back;
mod unseen;

pub(super) use create::SHARED;
pub use leaving::{Leaving, as_it_will_be, leaving};
pub use settle::{give_up, settle};

use super::http::Http;
use super::noting::{Noting, Stands};
use super::{CrmError, Record, Update, Way, Written, connection};
use crate::clock::{Clock, Millis};
use crate::contact::Contact;
use crate::matching;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::jobs::{self, NewJob};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::records::CrmRecord;
use crate::store::{
    Conn, Db, StoreError, SuggestionId, TenantId, WriteId, crm_connections, records,
};
use crate::vault::Vault;
use std::collections::BTreeSet;

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
    // Whoever disconnects at this moment erases what is planned here, or nothing is planned.
    crm_connections::hold(conn, tenant).await?;
    if crm_connections::get(conn, tenant).await?.is_none() {
        return Ok(());
    }
    let record = match &accepted.record {
        Some(id) => records::get(conn, tenant, id).await?.filter(|it| !it.version.is_empty()),
        None => None,
    };
    let (before, external_id, version, known) = match record {
        Some(record) => {
            let record = as_it_will_be(conn, tenant, record).await?;
            let before = before.unwrap_or(&record.contact);
            let before = if crm_writes::waiting(conn, tenant, &accepted.id).await?.is_empty() {
                in_crm(conn, tenant, (before, &accepted.contact), &record).await?
            } else {
                // All of it is in the CRM by then; what is not, its own write tells.
                before.clone()
            };
            let behind = contacts::behind(conn, tenant, &accepted.id).await?;
            let known = behind.unwrap_or(record.contact);
            (Some(before), record.external_id, record.version, Some(known))
        }
        None => (None, String::new(), String::new(), None),
    };
    let last = crm_writes::last_turn(conn, tenant, &accepted.id, suggestion).await?;
    let write = CrmWrite {
        id: WriteId::new(),
        suggestion: suggestion.clone(),
        contact: accepted.id.clone(),
        external_id,
        version,
        based_on: String::new(),
        owner: String::new(),
        account: String::new(),
        linked: String::new(),
        mapping: String::new(),
        before,
        dates: None,
        after: accepted.contact.clone(),
        known,
        state: State::Waiting,
        begun: false,
        tried_at: Millis(0),
        withdrawn: false,
        erased: false,
        detail: String::new(),
        created_at: now,
        changed_at: turn(now, last),
    };
    crm_writes::insert(conn, tenant, &write).await?;
    jobs::enqueue(conn, &NewJob::write_crm(tenant, &write.id, now), now).await?;
    Ok(())
}

/// What the CRM has of a contact: what it did not take before is written now, if it can be. A name is
/// one, however the CRM writes it, and taken back it is written so again; and an address that several people
/// read, or that another record has, stays out of this one.
pub(super) async fn in_crm(
    conn: &mut Conn,
    tenant: &TenantId,
    (contact, after): (&Contact, &Contact),
    record: &CrmRecord,
) -> Result<Contact, StoreError> {
    let mut lacking: BTreeSet<String> =
        matching::news(contact, &record.contact).into_iter().collect();
    lacking.remove(matching::Field::Name.as_str());
    for (place, email) in (1..).zip(&contact.emails) {
        let alone = Contact { emails: vec![email.clone()], ..Contact::default() };
        let mut keys = matching::keys(&alone);
        keys.retain(|key| key.starts_with("e:"));
        let owners = match_keys::owners(conn, tenant, &keys).await?;
        let is_another = |(kind, id, _): &(OwnerKind, String, String)| {
            *kind == OwnerKind::Record && id != record.id.as_str()
        };
        if keys.is_empty() || owners.iter().any(is_another) {
            lacking.remove(&format!("{}/{place}", matching::Field::Emails.as_str()));
        }
    }
    let mut there = matching::without(contact, &lacking);
    let name = |of: &Contact| of.name.as_ref().map(|name| name.value.clone());
    if name(contact) != name(after) {
        there.name.clone_from(&record.contact.name);
    }
    Ok(there)
}

/// A turn after the last one.
fn turn(now: Millis, last: Option<Millis>) -> Millis {
    last.map_or(now, |last| now.max(Millis(last.0.saturating_add(1))))
}

/// How often a write is looked at that its job settles at the same moment.
const LOOKS: usize = 3;

/// Takes back what accepting a suggestion wrote, or will write. Where taking it back has failed, it is
/// tried again. False: there is nothing to be taken back.
pub async fn withdraw(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
    now: Millis,
) -> Result<bool, StoreError> {
    for _ in 0..LOOKS {
        let Some(write) = crm_writes::of_suggestion(conn, tenant, suggestion).await? else {
            return Ok(false);
        };
        let id = &write.id;
        let last = crm_writes::last_turn(conn, tenant, &write.contact, suggestion).await?;
        let turn = turn(now, last);
        match write.state {
            State::Waiting => {
                if crm_writes::cancel(conn, tenant, id, now).await? {
                    return Ok(true);
                }
                // The CRM may have it. Its job, which is not done yet, looks what came of it.
                if crm_writes::withdraw(conn, tenant, id, write.state, turn).await? {
                    jobs::hurry_one(conn, tenant, jobs::Kind::WriteCrm, id.as_str(), now).await?;
                    return Ok(true);
                }
            }
            _ if write.erased => return Ok(false),
            State::Written | State::Failed if write.state == State::Written || write.withdrawn => {
                if crm_writes::withdraw(conn, tenant, id, write.state, turn).await? {
                    jobs::enqueue(conn, &NewJob::write_crm(tenant, id, now), now).await?;
                    return Ok(true);
                }
            }
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// Whether what a suggestion wrote to the CRM is there, and can be taken back no more, since its values are
/// erased.
pub async fn is_erased(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
) -> Result<bool, StoreError> {
    let last = crm_writes::of_suggestion(conn, tenant, suggestion).await?;
    Ok(last.is_some_and(|write| {
        write.erased && (write.state == State::Written || write.is_still_there())
    }))
}

/// Tries once more to take back what could not be taken back. False: there is no such write.
pub async fn withdraw_again(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
    now: Millis,
) -> Result<bool, StoreError> {
    if leaving(conn, tenant, suggestion).await? != Leaving::Stuck {
        return Ok(false);
    }
    withdraw(conn, tenant, suggestion, now).await
}

/// What the CRM made of a write; to be settled.
#[derive(Debug, Clone)]
pub struct Made {
    write: CrmWrite,
    end: End,
    /// How the record is by the mapping that is now, where the write was taken back by another one.
    now: Option<Box<Mapped>>,
}

/// A record by the mapping that is now, which is not the one that a write was made by.
#[derive(Debug, Clone)]
struct Mapped {
    /// The version that it had before.
    from: String,
    /// The record after.
    record: Record,
}

/// How a try ended.
#[derive(Debug, Clone)]
enum End {
    /// The CRM has answered.
    Written(Box<Written>),
    /// The record is gone, as it should be.
    Removed,
    /// There is nothing to be taken back: the CRM never got it.
    Nothing,
}

impl End {
    fn written(written: Written) -> Self {
        Self::Written(Box::new(written))
    }

    /// What came of removing a record.
    fn of_removal(written: Option<Written>) -> Self {
        written.map_or(Self::Removed, Self::written)
    }
}

/// Why a write is not taken back whose values are erased.
const ERASED: &str = "what it wrote is not known any more: it cannot be taken back";

/// Makes a write, or takes it back, as its state says. Making it again changes nothing. `None`: there
/// is nothing to be made. [`CrmError::Earlier`]: it is not its turn.
pub async fn make(
    http: &Http,
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    tenant: &TenantId,
    id: &WriteId,
) -> Result<Option<Made>, CrmError> {
    let mut conn = db.read().await?;
    let write = crm_writes::get(&mut conn, tenant, id).await?;
    let Some(mut write) = write.filter(|it| it.state.is_pending()) else { return Ok(None) };
    if same::is_preceded(&mut conn, tenant, &write).await? {
        return Err(CrmError::Earlier);
    }
    drop(conn);
    if write.erased {
        // Without its values a change of a record looks like a record that was made.
        let refused = Written::Refused(ERASED.to_owned());
        return Ok(Some(Made { write, end: End::written(refused), now: None }));
    }
    let (crm, connection) = connection::open(http, db, vault, tenant).await?;
    if write.state != State::Waiting {
        let back =
            taking_back::take_back(http, (db, vault, clock), tenant, (&crm, &connection), write);
        let result = Box::pin(back).await;
        let noted = result.as_ref().map(|_| ());
        connection::note(db, tenant, &connection, noted, clock.now()).await?;
        return result.map(Some);
    }
    let noted = connection::noted_mapping(&connection);
    let begins = write.before.is_none() || !write.begun || write.mapping != noted;
    write.mapping = noted;
    if begins && !same::begin(db, tenant, &write).await? {
        let now = crm_writes::get(&mut *db.read().await?, tenant, id).await?;
        // A rep has taken it back just now, and relies on this job for what an earlier try has made.
        let is_pending = now.is_some_and(|it| it.state.is_pending());
        return if is_pending { Err(CrmError::Earlier) } else { Ok(None) };
    }
    let result = match &write.before {
        None => {
            let (to, write) = ((&crm, &connection), &mut write);
            let made = create::create(http, db, clock, tenant, to, write);
            Box::pin(made).await.map(End::written)
        }
        Some(before) => {
            let tried = write.known.as_ref().filter(|_| write.is_tried());
            let way = Way::Forth { tried };
            let (id, version, after) = (&write.external_id, &write.version, &write.after);
            let stands = Stands::of(&write);
            let (write_id, owner) = (&write.id, "");
            let noting = Noting { db, clock, tenant, write: write_id, owner, stands: &stands };
            let noting = Some(noting);
            let updated = crm.update(&Update { id, version, before, after, way, noting }).await;
            updated.map(|updated| End::written(had::note(&mut write, updated)))
        }
    };
    let result = match result {
        Ok(end) => hidden::or_gone(&crm, &write, end).await,
        failed => failed,
    };
    let noted = result.as_ref().map(|_| ());
    connection::note(db, tenant, &connection, noted, clock.now()).await?;
    Ok(Some(Made { end: result?, write, now: None }))
}

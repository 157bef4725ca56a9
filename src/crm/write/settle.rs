//! What comes of a write: in the database, for those that wait for it, and for the rep.

use super::{End, Made, same};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::crm::keep::After;
use crate::crm::sync::keep_one;
use crate::crm::{Record, Written, follow, keep};
use crate::matching::{Dates, Said};
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::jobs::{self, NewJob};
use crate::store::{
    Conn, StoreError, SuggestionId, TenantId, WriteId, contacts, lists, outdated, records,
    suggestions,
};

/// Notes what came of a write. The suggestions that it answers are to be decided anew, in this order:
/// the CRM has not taken them, or their record has changed since the rep compared.
pub async fn settle(
    conn: &mut Conn,
    tenant: &TenantId,
    made: Made,
    now: Millis,
) -> Result<Vec<SuggestionId>, StoreError> {
    let Made { write, end, now: mapped } = made;
    lock(conn, tenant, &write.suggestion).await?;
    let (from, named) = (write.state, write.external_id.clone());
    let (settled, seen) = judge(write, end, now);
    if !crm_writes::settle(conn, tenant, &settled, from).await? {
        return withdrawn_meanwhile(conn, tenant, settled, now).await;
    }
    match seen {
        Seen::There(record, made_on) => {
            let (brought, dates) = brought(conn, tenant, &settled, from).await?;
            let said = Said { contact: &brought, dates: &dates };
            let is_back = from == State::Undoing && settled.dates.is_some();
            let (said, was) = if is_back { (None, Some(said)) } else { (Some(said), None) };
            let after = After { made_for: Some(&settled.contact), said, was };
            if from == State::Waiting {
                hand_on(conn, tenant, &settled, &record).await?;
            } else {
                let (from, to) = (&settled.based_on, &record.version);
                crm_writes::is_again(conn, tenant, &record.id, from, to).await?;
            }
            let (made_on, record) =
                mapped.map_or((made_on, record), |mapped| (mapped.from, mapped.record));
            crm_writes::raise(conn, tenant, &record.id, &made_on, &record.version).await?;
            go_over(conn, tenant, (&named, after), &record, now).await?;
            link(conn, tenant, (&settled, after), &record, now).await?;
        }
        Seen::Changed(Some(record)) => {
            let after = After { made_for: Some(&settled.contact), ..After::default() };
            let record = mapped.map_or(record, |mapped| mapped.record);
            if settled.before.is_none() && from == State::Waiting {
                // Whoever wanted a new record hears which one is there already.
                link(conn, tenant, (&settled, after), &record, now).await?;
            } else if !settled.external_id.is_empty() && record.id != settled.external_id {
                go_over(conn, tenant, (&named, after), &record, now).await?;
                link(conn, tenant, (&settled, after), &record, now).await?;
            } else {
                keep_one(conn, tenant, &record, After::default(), now).await?;
            }
        }
        Seen::Changed(None) => forget(conn, tenant, &settled.external_id, now).await?,
        Seen::Nothing => {}
    }
    let anew = if from == State::Waiting && settled.state != State::Written {
        decide_anew(conn, tenant, &settled, now).await?
    } else {
        Vec::new()
    };
    after(conn, tenant, &settled, now).await?;
    Ok(anew)
}

/// What comes after a write that is settled: its contact follows its record again, a suggestion that was
/// taken back is compared with that, and the next write has its turn.
async fn after(
    conn: &mut Conn,
    tenant: &TenantId,
    settled: &CrmWrite,
    now: Millis,
) -> Result<(), StoreError> {
    follow::contact(conn, tenant, &settled.contact, now).await?;
    outdated::mark_one(conn, tenant, &settled.suggestion).await?;
    call_next(conn, tenant, settled, now).await
}

/// What was seen of the record.
enum Seen {
    /// It is as it should be; the write was made on this version.
    There(Record, String),
    /// It is otherwise, or gone.
    Changed(Option<Record>),
    /// It was not seen.
    Nothing,
}

/// The write as it is to be noted.
fn judge(write: CrmWrite, end: End, now: Millis) -> (CrmWrite, Seen) {
    let from = write.state;
    let mut settled = CrmWrite { changed_at: now, detail: String::new(), ..write };
    let written = match end {
        End::Written(written) => *written,
        End::Nothing => {
            settled.state = State::Cancelled;
            return (settled, Seen::Nothing);
        }
        End::Removed => {
            settled.state = State::Undone;
            if !settled.account.is_empty() {
                settled.detail = "the company that was made for it stays in the CRM".into();
            }
            return (settled, Seen::Changed(None));
        }
    };
    let (record, left_out) = match written {
        Written::Done(record) => (record, String::new()),
        Written::Partly(record, left_out) => (record, left_out),
        Written::Refused(why) => {
            settled.state = State::Failed;
            settled.detail = why;
            return (settled, Seen::Nothing);
        }
        Written::Conflict(there) => {
            let is_another = |there: &Record| there.id != settled.external_id;
            let is_another =
                there.as_ref().is_some_and(is_another) && !settled.external_id.is_empty();
            let told = if is_another && from == State::Undoing {
                "the record has become another one in the CRM (merged or converted): that was left as it is"
            } else if is_another {
                "the record has become another one in the CRM (merged or converted) meanwhile"
            } else if from == State::Undoing && settled.is_seen() {
                "the record was changed in the CRM after it was written: it was left as it is"
            } else if from == State::Undoing {
                "the record was changed in the CRM before anybody saw whether it was written: it was left \
                 as it is"
            } else if settled.before.is_none() {
                "the CRM has a record of this person already"
            } else {
                "the record has changed in the CRM meanwhile"
            };
            settled.state = if from == State::Undoing { State::Failed } else { State::Conflict };
            settled.detail = told.into();
            return (settled, Seen::Changed(there));
        }
    };
    settled.detail = left_out;
    let is_another = !settled.external_id.is_empty() && settled.external_id != record.id;
    let made_on = std::mem::replace(&mut settled.version, record.version.clone());
    if from == State::Waiting && is_another {
        // What it was merged into had all of it before: no version of that is what we have left.
        settled.version.clear();
    }
    if from == State::Waiting {
        settled.state = State::Written;
        settled.based_on.clone_from(&made_on);
    } else {
        settled.state = State::Undone;
    }
    settled.external_id.clone_from(&record.id);
    (settled, Seen::There(record, made_on))
}

/// The rep has taken the decision back while the CRM was asked: what it has got is taken back at once, and what it may
/// have got of an earlier try is looked for; otherwise there is nothing to be taken back.
async fn withdrawn_meanwhile(
    conn: &mut Conn,
    tenant: &TenantId,
    settled: CrmWrite,
    now: Millis,
) -> Result<Vec<SuggestionId>, StoreError> {
    let Some(there) = crm_writes::get(conn, tenant, &settled.id).await? else {
        return Ok(Vec::new());
    };
    if there.state != State::Undoing {
        return Ok(Vec::new());
    }
    let is_written = settled.state == State::Written;
    let is_open = is_written || there.was_asked_for();
    let settled = if is_open && !is_written {
        CrmWrite { account: settled.account, ..there }
    } else {
        let state = if is_written { State::Undoing } else { State::Cancelled };
        CrmWrite { state, changed_at: there.changed_at, ..settled }
    };
    if crm_writes::settle(conn, tenant, &settled, State::Undoing).await? {
        if is_open {
            jobs::enqueue(conn, &NewJob::write_crm(tenant, &settled.id, now), now).await?;
        } else {
            after(conn, tenant, &settled, now).await?;
        }
    }
    Ok(Vec::new())
}

/// Lets what waits of the same contact go on with the record as this write has left it.
async fn hand_on(
    conn: &mut Conn,
    tenant: &TenantId,
    made: &CrmWrite,
    record: &Record,
) -> Result<(), StoreError> {
    let mut before = made.after.clone();
    for next in crm_writes::waiting(conn, tenant, &made.contact).await? {
        if next.external_id.is_empty() {
            let place = (record.id.as_str(), record.version.as_str());
            let what = (&before, &record.contact);
            crm_writes::hand_on(conn, tenant, &next.id, place, what).await?;
        }
        before = next.after;
    }
    Ok(())
}

/// A write that the CRM has not taken takes with it those that were decided after it, with its values
/// in view; the last of them is to be decided anew first.
async fn decide_anew(
    conn: &mut Conn,
    tenant: &TenantId,
    failed: &CrmWrite,
    now: Millis,
) -> Result<Vec<SuggestionId>, StoreError> {
    let mut anew = Vec::new();
    for later in crm_writes::waiting(conn, tenant, &failed.contact).await?.into_iter().rev() {
        let detail = "an earlier change of this contact could not be written".to_owned();
        let state = State::Conflict;
        let later = CrmWrite { state, detail, changed_at: now, ..later };
        if crm_writes::settle(conn, tenant, &later, State::Waiting).await? {
            anew.push(later.suggestion);
        }
    }
    anew.push(failed.suggestion.clone());
    Ok(anew)
}

/// Lets the job of the write whose turn is next run now, and those that wait to make who may be the same
/// person. Its own job, which ends here or right after, is taken in its place among them, as whoever hurries
/// all of them does: none waits for the other.
async fn call_next(
    conn: &mut Conn,
    tenant: &TenantId,
    settled: &CrmWrite,
    now: Millis,
) -> Result<(), StoreError> {
    let mut next: Vec<WriteId> =
        crm_writes::next_of(conn, tenant, settled).await?.into_iter().collect();
    if settled.before.is_none() {
        for other in same::contacts(conn, tenant, settled).await? {
            let waiting = crm_writes::waiting(conn, tenant, &other).await?;
            next.extend(waiting.into_iter().next().map(|write| write.id));
        }
    }
    if !next.is_empty() {
        next.push(settled.id.clone());
    }
    next.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    next.dedup();
    for next in next {
        jobs::hurry_one(conn, tenant, jobs::Kind::WriteCrm, next.as_str(), now).await?;
    }
    Ok(())
}

/// What a write has left in a record, and how old that is: where it is taken back, as old as it was before, if that was
/// noted.
async fn brought(
    conn: &mut Conn,
    tenant: &TenantId,
    settled: &CrmWrite,
    from: State,
) -> Result<(Contact, Dates), StoreError> {
    if from == State::Undoing {
        let before = settled.before.clone().unwrap_or_default();
        return Ok((before, settled.dates.clone().unwrap_or_default()));
    }
    let suggestion = suggestions::get(conn, tenant, &settled.suggestion).await?;
    let dates = suggestion.map(|suggestion| suggestion.dates).unwrap_or_default();
    Ok((settled.after.clone(), dates.typed(&settled.after, settled.created_at)))
}

/// Keeps the record as it is now, and notes that the contact is the one of it.
async fn link(
    conn: &mut Conn,
    tenant: &TenantId,
    (write, after): (&CrmWrite, After<'_>),
    record: &Record,
    now: Millis,
) -> Result<(), StoreError> {
    let id = keep_one(conn, tenant, record, after, now).await?;
    if let Some(contact) = contacts::get(conn, tenant, &write.contact).await?
        && contact.record.as_ref() != Some(&id)
    {
        contacts::link(conn, tenant, &contact.id, &id).await?;
        if write.state != State::Written {
            // It has followed nothing of this record, which somebody else has made.
            contacts::set_behind(conn, tenant, &contact.id, Some(&Contact::default())).await?;
        }
    }
    Ok(())
}

/// Lets what is known of the record that a write named go over to the one that it has become, if it has.
async fn go_over(
    conn: &mut Conn,
    tenant: &TenantId,
    (named, after): (&str, After<'_>),
    record: &Record,
    now: Millis,
) -> Result<(), StoreError> {
    if named.is_empty() || named == record.id {
        return Ok(());
    }
    keep_one(conn, tenant, record, after, now).await?;
    keep::moved(conn, tenant, (named, &record.id), now).await
}

async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    now: Millis,
) -> Result<(), StoreError> {
    if let Some(record) = records::by_external_id(conn, tenant, external_id).await? {
        keep::forget(conn, tenant, &record.id, now).await?;
    }
    Ok(())
}

/// Keeps decisions about the list away: what they plan must see what is settled here.
async fn lock(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
) -> Result<(), StoreError> {
    if let Some(suggestion) = suggestions::get(conn, tenant, suggestion).await? {
        lists::lock(conn, tenant, &suggestion.list).await?;
    }
    Ok(())
}

/// Says of a write that it will not be made; `reason` is one sentence without personal data. The
/// suggestions that it answers are to be decided anew, in this order.
pub async fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    reason: &str,
    now: Millis,
) -> Result<Vec<SuggestionId>, StoreError> {
    let Some(seen) = crm_writes::get(conn, tenant, id).await? else { return Ok(Vec::new()) };
    lock(conn, tenant, &seen.suggestion).await?;
    // A rep may have taken it back, for which there is no job but this one.
    let Some(write) = crm_writes::get(conn, tenant, id).await? else { return Ok(Vec::new()) };
    let from = write.state;
    if !from.is_pending() {
        return Ok(Vec::new());
    }
    let failed =
        CrmWrite { state: State::Failed, detail: reason.to_owned(), changed_at: now, ..write };
    if !crm_writes::settle(conn, tenant, &failed, from).await? {
        return Ok(Vec::new());
    }
    let anew = match from {
        State::Waiting => decide_anew(conn, tenant, &failed, now).await?,
        _ => Vec::new(),
    };
    after(conn, tenant, &failed, now).await?;
    Ok(anew)
}

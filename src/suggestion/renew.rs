//! What an open suggestion hears: somebody whom it may be has come to the CRM or the list, has changed
//! there, or is gone.
//!
//! | who is it now | and | so |
//! | --- | --- | --- |
//! | a contact of the list, or a CRM record | it has all values, or they were turned down | it is closed, and says why |
//! | a contact of the list, or a CRM record | it has all values because taking them back has failed | it stays, so that a rep can try that again |
//! | whoever it was before it was accepted | it was undone, and the CRM is still to be told so | it stays as it is until that is done |
//! | a contact of the list, or a CRM record | there is something new | `update`, compared with what that says now |
//! | a contact of the list whose record was deleted in the CRM | | `new`, and says so |
//! | nobody | | `new` |
//!
//! Whoever changes a record or contact marks such suggestions (`store::outdated`), however many there are;
//! here each is compared anew in a short transaction of its own. One that is accepted before its turn comes
//! is compared anew first, so that nobody accepts what they have not seen.

use super::compare::compare;
use super::judge::{Beliefs, Judge};
use super::people::{Known, People, Standing};
use super::{news, offer};
use crate::clock::{Clock, Millis};
use crate::crm;
use crate::crm::write::Leaving;
use crate::matching::{self, Level};
use crate::store::audit::{self, Actor};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::suggestions::{self, GONE, Kind, State, Suggestion};
use crate::store::{
    Conn, ContactId, Db, RecordId, StoreError, SuggestionId, TenantId, contacts, lists, outdated,
    records, repeated,
};
use std::convert::Infallible;
use std::time::Duration;

/// How many are looked up at once.
const SLICE: i64 = 64;

/// How long nobody looks while records are read.
const PAUSE: Duration = Duration::from_secs(2);

/// Why a suggestion is closed of which everything is known by now.
const ALL_KNOWN: &str = "everything it says is known by now";

/// Compares anew every suggestion of a tenant that is marked; called after records were read, imported
/// or written. One that cannot be read stays marked, so that nobody accepts it unseen, and holds up no other.
pub async fn renew(db: &Db, tenant: &TenantId, clock: &Clock) -> Result<(), StoreError> {
    let mut last = None;
    loop {
        let marked = outdated::some(&mut *db.read().await?, tenant, last.as_ref(), SLICE).await?;
        let Some(end) = marked.last() else { return Ok(()) };
        last = Some(end.clone());
        for id in &marked {
            match repeated(|| renew_marked(db, tenant, id, clock.now())).await {
                Err(error @ StoreError::Row { .. }) => {
                    tracing::warn!(suggestion = %id, %error, "a suggestion is not compared anew");
                }
                done => done?,
            }
        }
    }
}

async fn renew_marked(
    db: &Db,
    tenant: &TenantId,
    id: &SuggestionId,
    now: Millis,
) -> Result<(), StoreError> {
    // Where the power fails, the mark is back with what is lost.
    let mut tx = db.begin_repeatable().await?;
    renew_one(&mut tx, tenant, id, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Compares anew while something is done that takes long, as reading all records does; what goes wrong
/// here stops nothing there.
pub async fn renew_meanwhile<T>(
    db: &Db,
    tenant: &TenantId,
    clock: &Clock,
    work: impl Future<Output = T>,
) -> T {
    tokio::select! {
        done = work => done,
        never = keep_renewing(db, tenant, clock) => match never {},
    }
}

async fn keep_renewing(db: &Db, tenant: &TenantId, clock: &Clock) -> Infallible {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = renew(db, tenant, clock).await {
            tracing::warn!(%error, "suggestions are compared anew later");
        }
    }
}

/// Compares a suggestion anew that somebody is about to accept, if it is marked. True: it is not what
/// they have seen.
pub async fn is_otherwise(
    db: &Db,
    tenant: &TenantId,
    id: &SuggestionId,
    now: Millis,
) -> Result<bool, StoreError> {
    if !outdated::is_marked(&mut *db.read().await?, tenant, id).await? {
        return Ok(false);
    }
    let mut tx = db.begin_write().await?;
    let otherwise = renew_one(&mut tx, tenant, id, now).await?;
    tx.commit().await?;
    Ok(otherwise)
}

/// Compares a suggestion anew if it is marked. True: it is not what it was.
pub(super) async fn renew_one(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    now: Millis,
) -> Result<bool, StoreError> {
    if let Some(seen) = suggestions::get(conn, tenant, id).await? {
        lists::lock(conn, tenant, &seen.list).await?;
    }
    if !outdated::take(conn, tenant, id).await? {
        return Ok(false);
    }
    let found = suggestions::get(conn, tenant, id).await?;
    match found.filter(|found| found.state == State::Open) {
        Some(open) => Box::pin(compare_anew(conn, open, now)).await,
        None => Ok(false),
    }
}

/// Compares a suggestion that a rep has just opened again with whoever is known now: while it was decided
/// nobody did. It stays, whatever it says, as the rep wants it; `gone`: the person was deleted in the CRM
/// meanwhile.
pub(super) async fn opened_again(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    gone: bool,
) -> Result<(), StoreError> {
    let found = suggestions::get(conn, tenant, id).await?;
    let Some(open) = found.filter(|found| found.state == State::Open) else { return Ok(()) };
    if crm::write::leaving(conn, tenant, id).await? == Leaving::Untouched {
        return Ok(());
    }
    let people = known_now(conn, &open).await?;
    let still = still(&open, &people);
    let mut renewed = against(&still, people, open.changed_at);
    if gone && renewed.kind == Kind::New {
        renewed.match_reasons = vec![GONE.to_owned()];
    }
    if renewed != open {
        suggestions::renew(conn, &renewed).await?;
    }
    Ok(())
}

/// Whom a suggestion may be now.
async fn known_now(conn: &mut Conn, open: &Suggestion) -> Result<People, StoreError> {
    let (tenant, list) = (&open.tenant, &open.list);
    let beliefs = Beliefs::of(conn, tenant).await?;
    let mut people = Box::pin(People::like(conn, (tenant, list), &beliefs, &open.contact)).await?;
    if people.known.is_none() {
        people.known = linked(conn, open, &beliefs).await?;
    }
    Ok(people)
}

async fn compare_anew(conn: &mut Conn, open: Suggestion, now: Millis) -> Result<bool, StoreError> {
    let leaving = crm::write::leaving(conn, &open.tenant, &open.id).await?;
    if leaving == Leaving::Untouched {
        return Ok(false); // marked again when that is done
    }
    let people = known_now(conn, &open).await?;
    let changed_at = now.max(Millis(open.changed_at.0.saturating_add(1)));
    let still = still(&open, &people);
    let places = news::places(&still.contact, &people);
    if !offer::is_worth_a_look(&places, &people) && leaving == Leaving::Nothing {
        let closed = Suggestion { changed_at, ..open };
        suggestions::close(conn, &closed, ALL_KNOWN).await?;
        match_keys::remove(conn, &closed.tenant, OwnerKind::Suggestion, closed.id.as_str()).await?;
        tell(conn, &closed, "suggestion.close").await?;
        return Ok(true);
    }
    let renewed = against(&still, people, changed_at);
    if is_of_the_same(conn, &renewed, &open).await? && !asks_more(&renewed, &open) {
        // What is known beside it may be otherwise: nobody need look at that again.
        let same = Suggestion { changed_at: open.changed_at, ..renewed };
        if same != open {
            suggestions::renew(conn, &same).await?;
            lists::touch(conn, &same.tenant, &same.list).await?;
        }
        return Ok(false);
    }
    suggestions::renew(conn, &renewed).await?;
    tell(conn, &renewed, "suggestion.change").await?;
    Ok(true)
}

/// Whether a suggestion is compared with whom it was compared with before: a record and the list's contact
/// of it are one person.
async fn is_of_the_same(
    conn: &mut Conn,
    renewed: &Suggestion,
    open: &Suggestion,
) -> Result<bool, StoreError> {
    let (Some(now), Some(before)) = (&renewed.known_id, &open.known_id) else {
        return Ok(renewed.known_id == open.known_id);
    };
    for (contact, record) in [(now, before), (before, now)] {
        let Some(contact) = ContactId::parse(contact) else { continue };
        let found = contacts::get(conn, &open.tenant, &contact).await?;
        let of = found.and_then(|found| found.record);
        if of.is_some_and(|of| of.as_str() == record) {
            return Ok(true);
        }
    }
    Ok(now == before)
}

/// Whether a rep is asked what they were not asked before: how sure it is who that is, or whether a value may
/// take the place of one that they have not seen.
fn asks_more(renewed: &Suggestion, open: &Suggestion) -> bool {
    let rows = |of: &Suggestion| -> Vec<[Option<String>; 2]> {
        let differing = compare(of).into_iter().filter(|row| row.differs);
        differing.map(|row| [row.suggested, row.known]).collect()
    };
    let before = rows(open);
    (renewed.kind, renewed.match_level) != (open.kind, open.match_level)
        || rows(renewed).iter().any(|row| !before.contains(row))
}

/// The suggestion with what it still says of these people.
fn still(open: &Suggestion, people: &People) -> Suggestion {
    let known = people.certainly_known().map(Known::said);
    Suggestion { contact: news::still_said(open, known), ..open.clone() }
}

/// The suggestion compared with whoever is known.
fn against(open: &Suggestion, people: People, changed_at: Millis) -> Suggestion {
    let standing = Known::standing(people.known, people.gone.as_ref());
    let Standing { kind, known, known_id, level, mut reasons, evidence } = standing;
    // Whom only the CRM had, nobody else remembers.
    if kind == Kind::New && open.kind == Kind::New && reasons.is_empty() {
        reasons.clone_from(&open.match_reasons);
    }
    Suggestion {
        kind,
        known,
        known_id,
        match_level: level,
        match_reasons: reasons,
        match_evidence: evidence,
        changed_at,
        ..open.clone()
    }
}

/// Whom the CRM said a suggestion is of, although nothing else says so, as they are now.
async fn linked(
    conn: &mut Conn,
    open: &Suggestion,
    beliefs: &Beliefs,
) -> Result<Option<Known>, StoreError> {
    let tenant = &open.tenant;
    let is_linked = open.kind == Kind::Update && open.match_level == Level::None;
    let Some(id) = open.known_id.as_ref().filter(|_| is_linked) else { return Ok(None) };
    let record = match RecordId::parse(id) {
        Some(record) => records::get(conn, tenant, &record).await?.map(|record| record.contact),
        None => None,
    };
    let contact = match ContactId::parse(id).filter(|_| record.is_none()) {
        Some(contact) => {
            let found = contacts::get(conn, tenant, &contact).await?;
            found.filter(|found| !found.is_gone()).map(|found| found.contact)
        }
        None => record,
    };
    let Some(contact) = contact else { return Ok(None) };
    let owners = match_keys::owners(conn, tenant, &matching::keys(&open.contact)).await?;
    let judge = Judge::of(beliefs, &open.contact, &owners);
    Ok(Some(Known::judged(&judge, id.clone(), contact)))
}

async fn tell(
    conn: &mut Conn,
    suggestion: &Suggestion,
    action: &'static str,
) -> Result<(), StoreError> {
    let Suggestion { tenant, list, id, changed_at, .. } = suggestion;
    lists::touch(conn, tenant, list).await?;
    audit::record(conn, tenant, &Actor::Worker, action, id.as_str(), *changed_at).await
}

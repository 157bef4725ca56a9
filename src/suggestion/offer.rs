//! What a contact that was read becomes: a suggestion, a change of an open one, or nothing.
//!
//! | who is it | and | so |
//! | --- | --- | --- |
//! | anybody | a signature of these values came before | nothing |
//! | a contact of the list, or a CRM record | it has all values, or they were turned down | nothing |
//! | the person of an open suggestion | there is something new | that suggestion is brought up to date |
//! | a contact of the list, or a CRM record | there is something new | `update`, less the blanks that the tenant's policy fills |
//! | somebody whose suggestion was turned down | there is nothing that was not turned down | nothing |
//! | a contact of the list whom the CRM had, and who was deleted there | there is something that was not decided about | `new`, and says so |
//! | somebody else | | `new` |
//!
//! What newer mail of the same person, or what somebody has typed in the CRM since, says otherwise is never
//! something new.

use super::fill;
use super::judge::{Beliefs, Judge};
use super::news::{self, News};
use super::people::{Known, People, Standing};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::mail::Sender;
use crate::matching::{self, Dates, Said};
use crate::store::audit::{self, Actor};
use crate::store::match_keys::{self, Owner, OwnerKind, Sharing};
use crate::store::suggestions::{self, Kind, State, Suggestion};
use crate::store::{Conn, ListId, StoreError, SuggestionId, TenantId, Writes, lists};
use crate::vault::HashKey;
use std::collections::BTreeSet;

/// What became of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Offered {
    New(SuggestionId),
    Update(SuggestionId),
    Nothing,
}

/// Where a contact is offered, and whether its message proves whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) list: &'a ListId,
    pub(super) hash_key: &'a HashKey,
    pub(super) beliefs: &'a Beliefs,
    pub(super) sender: Sender,
    /// When the message came.
    pub(super) received: Millis,
}

/// Offers a contact to a list, within the transaction in which its message is finished. What is left
/// in `writes` is still to be written there.
pub(super) async fn offer(
    conn: &mut Conn,
    place: Place<'_>,
    contact: Contact,
    now: Millis,
    writes: &mut Writes,
) -> Result<Offered, StoreError> {
    let fingerprint = fingerprint(place.hash_key, &contact);
    let dates = Dates::of(&contact, place.received);
    let signature = Said { contact: &contact, dates: &dates };
    // Whoever else brings the same person to the same list at this moment waits here.
    lists::lock(conn, place.tenant, place.list).await?;
    let (tenant, list) = (place.tenant, place.list);
    let keys = matching::keys(&contact);
    let Sharing { owners, same } =
        match_keys::sharing(conn, tenant, &keys, list, &fingerprint).await?;
    let before = match same {
        Some(same) => suggestions::get(conn, tenant, &same).await?,
        None => None,
    };
    if let Some(before) = before.as_ref().filter(|before| before.state != State::Expired) {
        news::confirm([before].into_iter(), signature, writes);
        return Ok(Offered::Nothing);
    }
    let judge = Judge::of(place.beliefs, &contact, &owners);
    let mut people = People::among(conn, (tenant, list), &judge, owners).await?;
    news::confirm(people.waiting.iter().chain(&people.decided), signature, writes);
    let News { contact, places: news } = News::of(contact, place.received, &people);
    if !is_worth_a_look(&news, &people) {
        return Ok(Offered::Nothing);
    }
    let filled = match place.sender {
        Sender::Proven => fill::places(conn, place.tenant, &people, &contact, &news).await?,
        Sender::Unproven => BTreeSet::new(),
    };
    let rest: Vec<String> = news.into_iter().filter(|key| !filled.contains(key)).collect();
    let has_rest = is_worth_a_look(&rest, &people);
    let base = match (people.open.take(), before) {
        (Some(open), Some(expired)) => {
            // The fingerprint moves to the open one.
            suggestions::remove_expired(conn, place.tenant, &expired.id).await?;
            Some(open)
        }
        (open, expired) => open.or(expired),
    };
    let is_open = base.as_ref().is_some_and(|base| base.state == State::Open);
    let is_apart = !filled.is_empty() && (has_rest || is_open);
    if is_apart
        && let Some(known) = &mut people.known
        && let Some(apart) =
            Box::pin(fill_apart(conn, place, known, &contact, filled.clone(), now, writes)).await?
        && !has_rest
    {
        return Ok(Offered::Update(apart));
    }
    let is_there = base.is_some();
    let Some(suggestion) = draft(place, base, (people.known, people.gone), contact, now) else {
        return Ok(Offered::Nothing);
    };
    write(conn, &suggestion, is_there, &fingerprint, now, writes).await?;
    if !filled.is_empty() && !is_apart {
        std::mem::take(writes).run(conn).await?;
        Box::pin(fill::fill(conn, place.tenant, &suggestion.id, filled, now)).await?;
    }
    Ok(match suggestion.kind {
        Kind::New => Offered::New(suggestion.id),
        Kind::Update => Offered::Update(suggestion.id),
    })
}

/// Fills blanks of the known person by a suggestion of their own, beside the one that stays open.
/// `None`: such a suggestion was there before, and a rep decides about all.
async fn fill_apart(
    conn: &mut Conn,
    place: Place<'_>,
    known: &mut Known,
    contact: &Contact,
    filled: BTreeSet<String>,
    now: Millis,
    writes: &mut Writes,
) -> Result<Option<SuggestionId>, StoreError> {
    let mut rest: BTreeSet<String> = matching::news(contact, &known.contact).into_iter().collect();
    rest.retain(|key| !filled.contains(key));
    // The places of a contact that has fewer values are other ones: all that it has beyond what is
    // known is filled.
    let contact = matching::without(contact, &rest);
    let filled = matching::news(&contact, &known.contact).into_iter().collect();
    let fingerprint = fingerprint(place.hash_key, &contact);
    if suggestions::by_fingerprint(conn, place.tenant, place.list, &fingerprint).await?.is_some() {
        return Ok(None);
    }
    let Some(apart) = draft(place, None, (Some(known.clone()), None), contact, now) else {
        return Ok(None);
    };
    write(conn, &apart, false, &fingerprint, now, writes).await?;
    std::mem::take(writes).run(conn).await?;
    let Some(after) = fill::fill(conn, place.tenant, &apart.id, filled, now).await? else {
        return Ok(None);
    };
    known.contact = after;
    Ok(Some(apart.id))
}

/// The keyed hash by which the same values are known again.
fn fingerprint(hash_key: &HashKey, contact: &Contact) -> String {
    let parts = matching::normal_form(contact);
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    hash_key.digest("contact", &parts)
}

/// A web site alone is no reason to interrupt a rep about somebody who is known.
pub(super) fn is_worth_a_look(news: &[String], people: &People) -> bool {
    let is_known = people.known.is_some() || !people.decided.is_empty();
    news.iter().any(|key| !is_known || !key.starts_with("links/"))
}

/// The suggestion as it is to be written: the open (or expired) one with the newer values, or a
/// new one. None if the open one has all of them already.
fn draft(
    place: Place<'_>,
    base: Option<Suggestion>,
    (known, gone): (Option<Known>, Option<Known>),
    contact: Contact,
    now: Millis,
) -> Option<Suggestion> {
    let dates = Dates::of(&contact, place.received);
    let (id, created_at, changed_at, contact, dates) = match base {
        Some(open) => {
            let contact = matching::newer(open.said(), Said { contact: &contact, dates: &dates });
            if open.state == State::Open && matching::news(&contact, &open.contact).is_empty() {
                return None;
            }
            let changed_at = now.max(Millis(open.changed_at.0.saturating_add(1)));
            let dates = if open.state == State::Open { open.dates.later(&dates) } else { dates };
            (open.id, open.created_at, changed_at, contact, dates)
        }
        None => (SuggestionId::new(), now, now, contact, dates),
    };
    let Standing { kind, known, known_id, level, reasons, evidence } =
        Known::standing(known, gone.as_ref());
    Some(Suggestion {
        id,
        tenant: place.tenant.clone(),
        list: place.list.clone(),
        kind,
        state: State::Open,
        contact,
        known,
        known_id,
        match_level: level,
        match_reasons: reasons,
        match_evidence: evidence,
        contact_id: None,
        before_accept: None,
        decided_by: None,
        dates,
        created_at,
        changed_at,
    })
}

/// Writes a suggestion, most of it with `writes`; `is_there`: it was there a moment ago, and may have been decided since.
async fn write(
    conn: &mut Conn,
    suggestion: &Suggestion,
    is_there: bool,
    fingerprint: &str,
    now: Millis,
    writes: &mut Writes,
) -> Result<(), StoreError> {
    let Suggestion { tenant, list, id, .. } = suggestion;
    let keys = matching::keys(&suggestion.contact);
    let action = if is_there && suggestions::refresh(conn, suggestion, fingerprint).await? {
        match_keys::remove(conn, tenant, OwnerKind::Suggestion, id.as_str()).await?;
        "suggestion.change"
    } else {
        writes.add(suggestions::inserting(suggestion, fingerprint));
        "suggestion.create"
    };
    for adding in match_keys::adding(tenant, Owner::suggestion(id, list), &keys) {
        writes.add(adding);
    }
    writes.add(lists::touching(tenant, list));
    writes.add(audit::recording(tenant, &Actor::Worker, action, id.as_str(), now));
    Ok(())
}

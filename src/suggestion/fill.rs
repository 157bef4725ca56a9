//! Blanks of a certainly known person that a signature fills without a rep, where the tenant lets it.
//!
//! What is filled is a suggestion of its own, accepted by the policy, so that it is listed and can be
//! undone like every other; what differs stays open for a rep. Never for who is only possibly known
//! or known twice, never over a value, never by mail whose sender is not proven, and never what waits
//! for a rep already: who undoes a filled value keeps it undone.

use super::decide::{self, DecideError};
use super::people::People;
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::{self, Choice, Take};
use crate::store::audit::Actor;
use crate::store::{Conn, StoreError, SuggestionId, TenantId, contacts, policies};
use std::collections::BTreeSet;

/// The places among the `news` of a contact that the tenant's policy fills.
pub(super) async fn places(
    conn: &mut Conn,
    tenant: &TenantId,
    people: &People,
    contact: &Contact,
    news: &[String],
) -> Result<BTreeSet<String>, StoreError> {
    let known = people.certainly_known().filter(|_| people.certain == 1);
    let Some(known) = known else { return Ok(BTreeSet::new()) };
    let policies = policies::get(conn, tenant).await?;
    let Some(confidence) = policies.fill_blanks.confidence() else { return Ok(BTreeSet::new()) };
    let mut places = matching::blanks(contact, &known.contact, confidence);
    places.retain(|place| news.contains(place));
    for waiting in &people.waiting {
        let beyond = matching::news(contact, &waiting.contact);
        places.retain(|place| beyond.contains(place));
    }
    Ok(places)
}

/// Accepts these values of a suggestion in the name of the policy, and gives the contact as it is
/// then. `None`: it cannot be accepted, and stays open for a rep.
pub(super) async fn fill(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
    places: BTreeSet<String>,
    now: Millis,
) -> Result<Option<Contact>, StoreError> {
    let choice = Choice { take: Take::Keys(places), ..Choice::default() };
    // Its list is locked, so that nobody decides meanwhile; any other refusal comes before a write.
    match decide::accept(conn, tenant, suggestion, &choice, &Actor::Policy, now).await {
        Ok(contact) => {
            let filled = contacts::get(conn, tenant, &contact).await?;
            Ok(filled.map(|filled| filled.contact))
        }
        Err(DecideError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

//! Accepting, dismissing, and taking either back. Each function is called in a transaction of the
//! caller, who commits if it answers `Ok` and drops it otherwise.

mod anew;
mod may;
mod target;

pub use anew::decide_anew;
pub use may::may_accept;

use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::{self, BadChoice, Choice};
use crate::store::audit::{self, Actor};
use crate::store::suggestions::{self, Decision, State, Suggestion};
use crate::store::webhooks::{self, Event};
use crate::store::{
    Conn, ContactId, Obstacle, RecordId, StoreError, SuggestionId, TenantId, crm_connections,
    kept_apart, lists, tenants,
};
use crate::suggestion::apart;
use crate::suggestion::renew::{opened_again, renew_one};
use crate::{crm, followup};
use target::Target;

/// Why a decision was not taken; each sentence is for the user.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The tenant has no such suggestion.
    #[error("there is no such suggestion")]
    NotFound,
    /// Only an open suggestion can be accepted or dismissed.
    #[error("this suggestion is {} already; load the list again", .0.as_str())]
    NotOpen(State),
    /// Only an accepted or dismissed suggestion can be opened again.
    #[error("this suggestion is {}: there is nothing to undo", .0.as_str())]
    NotDecided(State),
    /// A suggestion that was turned down long ago, or whose contact was removed, has no values any
    /// more.
    #[error("this suggestion's values were deleted")]
    Forgotten,
    /// A newer signature came while the rep was looking, or what is known has changed.
    #[error("a newer signature or the CRM has changed this suggestion; look at it again")]
    Changed,
    /// The contact that accepting made was changed after it.
    #[error("the contact was changed after this suggestion; undo the later change first")]
    ContactChanged,
    /// What accepting wrote to the CRM is not known any more.
    #[error(
        "what this wrote to the CRM was long ago, and its values were deleted: it cannot be undone; \
         change the record in the CRM"
    )]
    TooLate,
    /// The tenant lets admins accept only.
    #[error(
        "only an admin may accept here, or take that back; ask one, or have the policy changed"
    )]
    NotAllowed,
    /// The choice does not fit the suggestion.
    #[error(transparent)]
    Choice(#[from] BadChoice),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A deadlock ends one of those who decide and read at the same moment: they decide once more.
impl Obstacle for DecideError {
    fn may_pass_if_repeated(&self) -> bool {
        matches!(self, Self::Store(error) if error.may_pass_if_repeated())
    }
}

/// Takes a suggestion over, whole or in part, into a contact of its list.
pub async fn accept(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    choice: &Choice,
    actor: &Actor,
    now: Millis,
) -> Result<ContactId, DecideError> {
    let mut suggestion = locked(conn, tenant, id).await?;
    // Whoever disconnects the CRM at this moment marks the contact that is made here, or what the CRM said is not
    // seen any more.
    crm_connections::hold(conn, tenant).await?;
    if !Box::pin(may_accept(conn, tenant, actor)).await? {
        return Err(DecideError::NotAllowed);
    }
    if suggestion.state != State::Open {
        return Err(DecideError::NotOpen(suggestion.state));
    }
    if Box::pin(renew_one(conn, tenant, id, now)).await? {
        return Err(DecideError::Changed);
    }
    let mut target = chosen(conn, &suggestion, choice).await?;
    let was_former = match target.contact() {
        Some(contact) => {
            let letter = Some(&suggestion.contact);
            Box::pin(crm::former::forget_in(conn, tenant, contact, letter, now)).await?
        }
        None => false,
    };
    if was_former {
        suggestion = locked(conn, tenant, id).await?;
        target = chosen(conn, &suggestion, choice).await?;
    }
    let country = tenants::get(conn, tenant).await?.map(|tenant| tenant.region).unwrap_or_default();
    let contact = matching::merge(target.known(), &suggestion.contact, choice, &country)?;
    let at = target.after(after(now, suggestion.changed_at));
    let (before, last) = (target.before().cloned(), target.changed_at());
    let accepted = target.become_contact(suggestion.list.clone(), contact, at);
    target::write(conn, tenant, &accepted, last).await?;
    apart::remember(conn, &suggestion, &accepted.id, choice.apart).await?;
    let decision = Decision {
        from: State::Open,
        to: State::Accepted,
        contact: Some(&accepted.id),
        before: before.as_ref(),
        by: Some(actor),
        at,
    };
    write_down(conn, &suggestion, &decision, actor, "suggestion.accept").await?;
    if was_former {
        // Nor is what the former CRM said kept beside it, which it was compared with.
        let told = Suggestion { before_accept: before.clone(), ..suggestion.clone() };
        suggestions::retell(conn, &told).await?;
    }
    let id = &suggestion.id;
    Box::pin(crm::write::plan(conn, tenant, id, before.as_ref(), &accepted, now)).await?;
    if *actor != Actor::Policy {
        // Nobody has decided to write to this person.
        followup::plan(conn, tenant, &accepted.id, &accepted.contact, now).await?;
    }
    let (contact, suggestion) = (accepted.id.clone(), id.clone());
    let event = Event::ContactAccepted { contact, suggestion, at: now };
    webhooks::tell(conn, tenant, &event, now).await?;
    Ok(accepted.id)
}

/// What a choice changes, if it was made of what the suggestion still is.
async fn chosen(
    conn: &mut Conn,
    suggestion: &Suggestion,
    choice: &Choice,
) -> Result<Target, DecideError> {
    if choice.seen.is_some_and(|seen| seen != suggestion.changed_at.0) {
        return Err(DecideError::Changed);
    }
    if choice.apart {
        return Ok(Target::New);
    }
    Ok(Box::pin(Target::of(conn, suggestion)).await?)
}

/// What accepting would make of the contact, without doing it: the record that it is of, the contact
/// as it is known, and as it would be.
pub async fn preview(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    choice: &Choice,
) -> Result<(Option<RecordId>, Option<Contact>, Contact), DecideError> {
    let found = suggestions::get(conn, tenant, id).await?;
    let suggestion = found.ok_or(DecideError::NotFound)?;
    let target = chosen(conn, &suggestion, choice).await?;
    let country = tenants::get(conn, tenant).await?.map(|tenant| tenant.region).unwrap_or_default();
    let contact = matching::merge(target.known(), &suggestion.contact, choice, &country)?;
    Ok((target.record().cloned(), target.known().cloned(), contact))
}

/// Turns a suggestion down. None of its values is suggested to this list again.
pub async fn dismiss(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    actor: &Actor,
    now: Millis,
) -> Result<(), DecideError> {
    let suggestion = locked(conn, tenant, id).await?;
    if suggestion.state != State::Open {
        return Err(DecideError::NotOpen(suggestion.state));
    }
    let decision = Decision {
        from: State::Open,
        to: State::Dismissed,
        contact: None,
        before: None,
        by: Some(actor),
        at: after(now, suggestion.changed_at),
    };
    write_down(conn, &suggestion, &decision, actor, "suggestion.dismiss").await
}

/// Opens a decided suggestion again, compared with whoever is known now; the contact is as it was before,
/// or gone if there was none.
pub async fn undo(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    actor: &Actor,
    now: Millis,
) -> Result<(), DecideError> {
    let suggestion = locked(conn, tenant, id).await?;
    let mut gone = false;
    match suggestion.state {
        State::Accepted | State::Dismissed if suggestion.contact == Contact::default() => {
            return Err(DecideError::Forgotten);
        }
        State::Accepted if !Box::pin(may_accept(conn, tenant, actor)).await? => {
            return Err(DecideError::NotAllowed);
        }
        State::Accepted | State::Open if crm::write::is_erased(conn, tenant, id).await? => {
            return Err(DecideError::TooLate);
        }
        State::Accepted => {
            gone = target::put_back(conn, &suggestion, now).await?;
            let withdrawn = crm::write::withdraw(conn, tenant, id, now).await?;
            if !withdrawn && crm::write::is_erased(conn, tenant, id).await? {
                return Err(DecideError::TooLate); // just now
            }
            kept_apart::forget(conn, tenant, &suggestion.id).await?;
            if let Some(contact) = &suggestion.contact_id {
                crm::follow::contact(conn, tenant, contact, now).await?;
            }
        }
        State::Dismissed => {}
        State::Open if undo_again(conn, tenant, id, actor, now).await? => return Ok(()),
        State::Open | State::Expired => return Err(DecideError::NotDecided(suggestion.state)),
    }
    let decision = Decision {
        from: suggestion.state,
        to: State::Open,
        contact: None,
        before: None,
        by: None,
        at: after(now, suggestion.changed_at),
    };
    write_down(conn, &suggestion, &decision, actor, "suggestion.undo").await?;
    Box::pin(opened_again(conn, tenant, id, gone)).await?;
    tell_undone(conn, &suggestion, now).await
}

/// Has the tenant's webhook told that an acceptance was taken back.
async fn tell_undone(
    conn: &mut Conn,
    accepted: &Suggestion,
    now: Millis,
) -> Result<(), DecideError> {
    let Some(contact) = &accepted.contact_id else { return Ok(()) };
    let (contact, suggestion) = (contact.clone(), accepted.id.clone());
    let event = Event::ContactUndone { contact, suggestion, at: now };
    Ok(webhooks::tell(conn, &accepted.tenant, &event, now).await?)
}

/// Tries once more to take out of the CRM what undoing a suggestion could not take out of it. False:
/// there is nothing of the kind. [`DecideError::TooLate`]: it is there for good.
pub async fn undo_again(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    actor: &Actor,
    now: Millis,
) -> Result<bool, DecideError> {
    let suggestion = locked(conn, tenant, id).await?;
    if suggestion.state != State::Open || !Box::pin(may_accept(conn, tenant, actor)).await? {
        return Ok(false);
    }
    let again = crm::write::withdraw_again(conn, tenant, id, now).await?;
    if again {
        audit::record(conn, tenant, actor, "suggestion.undo", id.as_str(), now).await?;
    } else if crm::write::is_erased(conn, tenant, id).await? {
        return Err(DecideError::TooLate);
    }
    Ok(again)
}

/// The suggestion, once nobody else can change its list.
async fn locked(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
) -> Result<Suggestion, DecideError> {
    let seen = suggestions::get(conn, tenant, id).await?.ok_or(DecideError::NotFound)?;
    lists::lock(conn, tenant, &seen.list).await?;
    suggestions::get(conn, tenant, id).await?.ok_or(DecideError::NotFound)
}

async fn write_down(
    conn: &mut Conn,
    suggestion: &Suggestion,
    decision: &Decision<'_>,
    actor: &Actor,
    action: &'static str,
) -> Result<(), DecideError> {
    let Suggestion { tenant, id, list, .. } = suggestion;
    if !suggestions::decide(conn, tenant, id, decision).await? {
        return Err(DecideError::Changed);
    }
    lists::touch(conn, tenant, list).await?;
    audit::record(conn, tenant, actor, action, id.as_str(), decision.at).await?;
    Ok(())
}

/// A time that is not before `now` and after `last`: what changes twice within a millisecond must
/// not look unchanged.
fn after(now: Millis, last: Millis) -> Millis {
    now.max(Millis(last.0.saturating_add(1)))
}

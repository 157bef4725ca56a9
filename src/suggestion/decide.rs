//! Accepting, dismissing, and taking either back. Each function is called in a transaction of the
//! caller, who commits if it answers `Ok` and drops it otherwise.

use crate::clock::Millis;
use crate::contact::Contact;
use crate::followup;
use crate::matching::{self, BadChoice, Choice};
use crate::store::audit::{self, Actor};
use crate::store::contacts::{self, AcceptedContact};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::suggestions::{self, Decision, State, Suggestion};
use crate::store::{
    Conn, ContactId, RecordId, StoreError, SuggestionId, TenantId, lists, records, tenants,
};

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
    /// A suggestion that was turned down long ago has no values any more.
    #[error("this suggestion's values were deleted: its time was up")]
    Forgotten,
    /// A newer signature came while the rep was looking.
    #[error("a newer signature has changed this suggestion; look at it again")]
    Changed,
    /// The contact that accepting made was changed after it.
    #[error("the contact was changed after this suggestion; undo the later change first")]
    ContactChanged,
    /// The choice does not fit the suggestion.
    #[error(transparent)]
    Choice(#[from] BadChoice),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    let suggestion = locked(conn, tenant, id).await?;
    if suggestion.state != State::Open {
        return Err(DecideError::NotOpen(suggestion.state));
    }
    if choice.seen.is_some_and(|seen| seen != suggestion.changed_at.0) {
        return Err(DecideError::Changed);
    }
    let target = if choice.apart { Target::New } else { target(conn, &suggestion).await? };
    let country = tenants::get(conn, tenant).await?.map(|tenant| tenant.region).unwrap_or_default();
    let contact = matching::merge(target.known(), &suggestion.contact, choice, &country)?;
    let at = later(now, &target, &suggestion);
    let before = target.before().cloned();
    let accepted = target.accepted(suggestion.list.clone(), contact, at);
    contacts::put(conn, tenant, &accepted).await?;
    let keys = matching::keys(&accepted.contact);
    match_keys::put(conn, tenant, OwnerKind::Contact, accepted.id.as_str(), &keys).await?;
    let decision = Decision {
        from: State::Open,
        to: State::Accepted,
        contact: Some(&accepted.id),
        before: before.as_ref(),
        by: Some(actor),
        at,
    };
    write_down(conn, &suggestion, &decision, actor, "suggestion.accept").await?;
    followup::plan(conn, tenant, &accepted.id, &accepted.contact, now).await?;
    Ok(accepted.id)
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

/// Opens a decided suggestion again; the contact is as it was before, or gone if there was none.
pub async fn undo(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    actor: &Actor,
    now: Millis,
) -> Result<(), DecideError> {
    let suggestion = locked(conn, tenant, id).await?;
    match suggestion.state {
        State::Accepted => put_back(conn, &suggestion, now).await?,
        State::Dismissed if suggestion.contact == Contact::default() => {
            return Err(DecideError::Forgotten);
        }
        State::Dismissed => {}
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
    write_down(conn, &suggestion, &decision, actor, "suggestion.undo").await
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

fn later(now: Millis, target: &Target, suggestion: &Suggestion) -> Millis {
    let now = after(now, suggestion.changed_at);
    match target {
        Target::Contact(contact) => after(now, contact.changed_at),
        Target::Record(..) | Target::New => now,
    }
}

/// What accepting changes.
enum Target {
    Contact(Box<AcceptedContact>),
    Record(RecordId, Box<Contact>),
    New,
}

/// The known contact or record as it is now; if it is gone, a new contact.
async fn target(conn: &mut Conn, suggestion: &Suggestion) -> Result<Target, StoreError> {
    let Some(known) = &suggestion.known_id else { return Ok(Target::New) };
    let tenant = &suggestion.tenant;
    if let Some(id) = ContactId::parse(known)
        && let Some(contact) = contacts::get(conn, tenant, &id).await?
    {
        return Ok(Target::Contact(Box::new(contact)));
    }
    let Some(id) = RecordId::parse(known) else { return Ok(Target::New) };
    if let Some(contact) = contacts::by_record(conn, tenant, &suggestion.list, &id).await? {
        return Ok(Target::Contact(Box::new(contact)));
    }
    Ok(match records::get(conn, tenant, &id).await? {
        Some(record) => Target::Record(record.id, Box::new(record.contact)),
        None => Target::New,
    })
}

impl Target {
    fn known(&self) -> Option<&Contact> {
        match self {
            Self::Contact(contact) => Some(&contact.contact),
            Self::Record(_, contact) => Some(contact),
            Self::New => None,
        }
    }

    /// The contact as it is before, for undo; a record's copy did not exist.
    fn before(&self) -> Option<&Contact> {
        match self {
            Self::Contact(contact) => Some(&contact.contact),
            Self::Record(..) | Self::New => None,
        }
    }

    fn accepted(self, list: crate::store::ListId, contact: Contact, at: Millis) -> AcceptedContact {
        match self {
            Self::Contact(old) => AcceptedContact { contact, changed_at: at, ..*old },
            Self::Record(id, _) => AcceptedContact { record: Some(id), ..fresh(list, contact, at) },
            Self::New => fresh(list, contact, at),
        }
    }
}

fn fresh(list: crate::store::ListId, contact: Contact, at: Millis) -> AcceptedContact {
    let id = ContactId::new();
    AcceptedContact { id, list, record: None, contact, created_at: at, changed_at: at }
}

async fn put_back(
    conn: &mut Conn,
    suggestion: &Suggestion,
    now: Millis,
) -> Result<(), DecideError> {
    let tenant = &suggestion.tenant;
    let Some(id) = &suggestion.contact_id else { return Ok(()) };
    let Some(current) = contacts::get(conn, tenant, id).await? else { return Ok(()) };
    if suggestions::accepted_after(conn, tenant, id, suggestion.changed_at).await? {
        return Err(DecideError::ContactChanged);
    }
    followup::withdraw(conn, tenant, id, now).await?;
    match &suggestion.before_accept {
        Some(before) => {
            let changed_at = after(now, current.changed_at);
            let back = AcceptedContact { contact: before.clone(), changed_at, ..current };
            contacts::put(conn, tenant, &back).await?;
            let keys = matching::keys(before);
            match_keys::put(conn, tenant, OwnerKind::Contact, id.as_str(), &keys).await?;
        }
        None => {
            contacts::remove(conn, tenant, id).await?;
            match_keys::remove(conn, tenant, OwnerKind::Contact, id.as_str()).await?;
        }
    }
    Ok(())
}

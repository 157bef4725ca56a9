//! A decision that the CRM has overtaken: the record changed between the rep's look and our write.

use super::{DecideError, after, locked, target, tell_undone, write_down};
use crate::clock::Millis;
use crate::crm;
use crate::matching::{self, Said};
use crate::store::audit::Actor;
use crate::store::contacts;
use crate::store::match_keys;
use crate::store::outdated;
use crate::store::suggestions::{self, Decision, State};
use crate::store::{Conn, StoreError, SuggestionId, TenantId, records};
use crate::suggestion::judge::{Beliefs, Judge};
use crate::suggestion::news;

/// Opens accepted suggestions again, in this order, each compared with its contact as it is now, which
/// follows its record, or with the record. A contact that was changed by a later decision keeps that.
pub async fn decide_anew(
    conn: &mut Conn,
    tenant: &TenantId,
    ids: &[SuggestionId],
    now: Millis,
) -> Result<(), StoreError> {
    for id in ids {
        // Any other error: decided otherwise meanwhile, which is the newer word.
        if let Err(DecideError::Store(error)) = open_again(conn, tenant, id, now).await {
            return Err(error);
        }
    }
    Ok(())
}

async fn open_again(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    now: Millis,
) -> Result<(), DecideError> {
    let suggestion = locked(conn, tenant, id).await?;
    if suggestion.state != State::Accepted {
        return Err(DecideError::NotDecided(suggestion.state));
    }
    let contact = match &suggestion.contact_id {
        Some(contact) => contacts::get(conn, tenant, contact).await?,
        None => None,
    };
    let record = match contact.as_ref().and_then(|contact| contact.record.as_ref()) {
        Some(record) => records::get(conn, tenant, record).await?,
        None => None,
    };
    match target::put_back(conn, &suggestion, now).await {
        Ok(_) | Err(DecideError::ContactChanged) => {}
        Err(error) => return Err(error),
    }
    let at = after(now, suggestion.changed_at);
    let decision = Decision {
        from: State::Accepted,
        to: State::Open,
        contact: None,
        before: None,
        by: None,
        at,
    };
    write_down(conn, &suggestion, &decision, &Actor::Worker, "suggestion.anew").await?;
    tell_undone(conn, &suggestion, now).await?;
    let contact = match contact {
        Some(contact) => {
            crm::follow::contact(conn, tenant, &contact.id, now).await?;
            contacts::get(conn, tenant, &contact.id).await?
        }
        None => None,
    };
    let known = match (&contact, &record) {
        (Some(contact), _) => Some((contact.id.as_str(), &contact.contact)),
        (None, Some(record)) => Some((record.id.as_str(), &record.contact)),
        (None, None) => None,
    };
    let matched = match known {
        Some((_, known)) => {
            let owners =
                match_keys::owners(conn, tenant, &matching::keys(&suggestion.contact)).await?;
            let beliefs = Beliefs::of(conn, tenant).await?;
            Judge::of(&beliefs, &suggestion.contact, &owners).judge(known)
        }
        None => matching::Match::none(),
    };
    let dates = record.as_ref().map(|record| record.dates.clone()).unwrap_or_default();
    let said = known.map(|(_, contact)| Said { contact, dates: &dates });
    let still = news::still_said(&suggestion, said);
    suggestions::compare_anew(conn, tenant, id, known, &matched).await?;
    if still != suggestion.contact {
        suggestions::say(conn, tenant, id, &still).await?;
    }
    if contact.is_none() && record.is_some() {
        // Who was to be made is there already, and may be known with all that they sign.
        outdated::mark_one(conn, tenant, id).await?;
    }
    if let Some(gone) = contact.as_ref().filter(|contact| contact.is_gone()) {
        outdated::mark(conn, tenant, &[gone.id.as_str()], &[]).await?;
    }
    Ok(())
}

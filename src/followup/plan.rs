//! Whether an accepted contact gets a follow-up, and when.

use crate::clock::Millis;
use crate::contact::{Contact, EmailAddress};
use crate::mail::Policy;
use crate::store::jobs::{Kind, NewJob};
use crate::store::{
    Conn, ContactId, FollowUpId, StoreError, TenantId, exclusions, followups, jobs, technical_users,
};

/// Plans the follow-up of a contact that was accepted, in the transaction that accepts it, to be
/// sent when the time to undo is over. `None`: follow-ups are switched off, the contact has no
/// address or an excluded one, or the address has had its follow-up.
pub async fn plan(
    conn: &mut Conn,
    tenant: &TenantId,
    contact_id: &ContactId,
    contact: &Contact,
    now: Millis,
) -> Result<Option<FollowUpId>, StoreError> {
    let user = technical_users::get(conn, tenant).await?;
    let (Some(user), Some(address)) = (user.filter(|user| user.enabled), contact.emails.first())
    else {
        return Ok(None);
    };
    let address = &address.value;
    if address.key() == user.from_address.key() || is_excluded(conn, tenant, address).await? {
        return Ok(None);
    }
    let Some(id) = followups::plan(conn, tenant, contact_id, address, now).await? else {
        return Ok(None);
    };
    let at = now.plus_secs(user.delay_seconds.into());
    jobs::enqueue(conn, &NewJob::send_follow_up(tenant, &id, at), now).await?;
    Ok(Some(id))
}

/// Withdraws a contact's follow-up if it was not sent yet; accepting the contact again plans it
/// anew.
pub async fn withdraw(
    conn: &mut Conn,
    tenant: &TenantId,
    contact_id: &ContactId,
    now: Millis,
) -> Result<(), StoreError> {
    for id in followups::cancel(conn, tenant, contact_id, now).await? {
        jobs::remove_queued(conn, tenant, Kind::SendFollowUp, id.as_str()).await?;
    }
    Ok(())
}

/// Forgets a contact's follow-ups with their addresses, sent or not. What waits is not sent.
pub async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    contact_id: &ContactId,
) -> Result<(), StoreError> {
    for id in followups::forget(conn, tenant, contact_id).await? {
        jobs::remove_queued(conn, tenant, Kind::SendFollowUp, id.as_str()).await?;
    }
    Ok(())
}

/// Whether the tenant excludes an address, by itself or by its domain. Its own domains count.
pub(super) async fn is_excluded(
    conn: &mut Conn,
    tenant: &TenantId,
    address: &EmailAddress,
) -> Result<bool, StoreError> {
    let found = exclusions::list(conn, tenant).await?;
    let exclusions = found.into_iter().map(|exclusion| exclusion.pattern).collect();
    Ok(Policy { exclusions, ..Policy::default() }.excludes(address))
}

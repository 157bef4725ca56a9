//! What came from a CRM that is not connected any more goes with it, out of the contacts of lists too: what
//! only its records said, there and in what is kept of decisions. What a letter said that was accepted, or a
//! human typed, stays. Nobody waits for that with a decision: of whom one is about, it goes first.

use crate::clock::Millis;
use crate::contact::{Contact, Origin};
use crate::matching;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::match_keys::{self, Owner};
use crate::store::suggestions::{self, State, Suggestion};
use crate::store::{
    Conn, ContactId, Db, RecordId, StoreError, TenantId, lists, outdated, records, repeated,
};
use std::time::Duration;
use tokio::time::timeout;

/// How long an admin waits at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes out of a tenant's contacts what only former CRMs have said. One that cannot be read stays marked, and
/// holds up no other.
pub(super) async fn forget(db: &Db, tenant: &TenantId, now: Millis) -> Result<(), StoreError> {
    let mut last = None;
    loop {
        let next = contacts::next_former(&mut *db.read().await?, tenant, last.as_ref()).await?;
        let Some(id) = next else { return Ok(()) };
        match repeated(|| Box::pin(forget_of(db, tenant, &id, now))).await {
            Err(error @ StoreError::Row { .. }) => {
                tracing::warn!(contact = %id, %error, "a contact keeps what a former CRM said");
            }
            done => done?,
        }
        last = Some(id);
    }
}

async fn forget_of(
    db: &Db,
    tenant: &TenantId,
    id: &ContactId,
    now: Millis,
) -> Result<(), StoreError> {
    let mut tx = db.begin_write().await?;
    if let Some(seen) = contacts::get(&mut tx, tenant, id).await? {
        lists::lock(&mut tx, tenant, &seen.list).await?;
        forget_in(&mut tx, tenant, id, None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes out of a contact what only former CRMs have said, and not the `letter` that is being accepted; whoever asks for
/// it keeps decisions about its list away. False: it is not marked, and as it was.
pub async fn forget_in(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ContactId,
    letter: Option<&Contact>,
    now: Millis,
) -> Result<bool, StoreError> {
    if !contacts::take_former(conn, tenant, id).await? {
        return Ok(false);
    }
    if let Some(contact) = contacts::get(conn, tenant, id).await? {
        strip(conn, tenant, contact, letter, now).await?;
    }
    Ok(true)
}

/// As `forget`, for the admin who has just disconnected a CRM or connected another one, and waits for it. What takes
/// longer the job does that reads the CRM.
pub async fn forget_soon(db: &Db, tenant: &TenantId, now: Millis) {
    if let Ok(Err(error)) = timeout(PATIENCE, forget(db, tenant, now)).await {
        tracing::warn!(%tenant, %error, "what a former CRM said goes later");
    }
}

async fn strip(
    conn: &mut Conn,
    tenant: &TenantId,
    found: AcceptedContact,
    letter: Option<&Contact>,
    now: Millis,
) -> Result<(), StoreError> {
    // One of a file, or of the CRM that is connected now.
    let record = match &found.record {
        Some(record) => records::get(conn, tenant, record).await?.map(|record| record.contact),
        None => None,
    };
    let about = suggestions::about(conn, tenant, found.id.as_str()).await?;
    let accepted = about.iter().filter(|it| it.contact_id.as_ref() == Some(&found.id));
    let accepted = accepted.filter(|it| it.state == State::Accepted).map(|it| &it.contact);
    let letters: Vec<&Contact> = accepted.chain(letter).collect();
    let own = |contact: &Contact| matching::without_crm(contact, record.as_ref(), &letters);
    let (contact, seen) = (own(&found.contact), found.changed_at);
    for suggestion in &about {
        retell(conn, suggestion, suggestion.before_accept.as_ref().map(own)).await?;
    }
    let (id, list) = (found.id.clone(), found.list.clone());
    if contact != found.contact {
        let changed_at = now.max(Millis(seen.0.saturating_add(1)));
        let stripped = AcceptedContact { contact, changed_at, ..found };
        contacts::replace(conn, tenant, &stripped, seen).await?;
        let keys = matching::keys(&stripped.contact);
        match_keys::put(conn, tenant, Owner::contact(&id, &list), &keys).await?;
    }
    lists::touch(conn, tenant, &list).await?;
    outdated::mark(conn, tenant, &[id.as_str()], &[]).await
}

/// Takes a record's name out of the suggestions that have it because a rep did not want the letter's.
pub(super) async fn unname(
    conn: &mut Conn,
    tenant: &TenantId,
    record: &RecordId,
) -> Result<(), StoreError> {
    let is_named = |it: &Suggestion| it.contact.name.as_ref().map(|name| name.origin);
    for seen in suggestions::about(conn, tenant, record.as_str()).await? {
        if is_named(&seen) == Some(Origin::Crm) {
            lists::lock(conn, tenant, &seen.list).await?;
            if let Some(there) = suggestions::get(conn, tenant, &seen.id).await? {
                retell(conn, &there, there.before_accept.clone()).await?;
            }
        }
    }
    Ok(())
}

/// Lets a suggestion say what its letters said, and the contact `before` it was accepted.
async fn retell(
    conn: &mut Conn,
    there: &Suggestion,
    before: Option<Contact>,
) -> Result<(), StoreError> {
    let contact = matching::without_crm(&there.contact, None, &[]);
    let told = Suggestion { contact, before_accept: before, ..there.clone() };
    if told.contact != there.contact {
        let keys = matching::keys(&told.contact);
        let owner = Owner::suggestion(&told.id, &told.list);
        match_keys::put(conn, &told.tenant, owner, &keys).await?;
    }
    suggestions::retell(conn, &told).await
}

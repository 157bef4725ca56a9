//! Of whom nothing is read any more: what was suggested of them before is forgotten. Accepted contacts stay until
//! somebody removes them.

use super::retention::forget_one;
use crate::clock::Millis;
use crate::contact::{Contact, Origin};
use crate::crm::write::{self, Leaving};
use crate::mail::Policy;
use crate::store::audit::Actor;
use crate::store::suggestions::{self, State, Suggestion};
use crate::store::{Db, StoreError, TenantId, lists, repeated};

/// How many suggestions are looked at, and forgotten in one transaction, so that mail is not kept waiting.
const BATCH: i64 = 200;

/// Forgets the suggestions that nobody accepted of authors at an address or a domain; those of which an undo is to be
/// done in the CRM still go with retention.
pub async fn forget_excluded(
    db: &Db,
    tenant: &TenantId,
    pattern: &str,
    actor: &Actor,
    now: Millis,
) -> Result<(), StoreError> {
    let policy = Policy { exclusions: vec![pattern.to_owned()], ..Policy::default() };
    for state in [State::Open, State::Dismissed] {
        let mut before = None;
        loop {
            let mut conn = db.read().await?;
            let before_last = before.as_ref();
            let mut some =
                suggestions::page(&mut conn, tenant, None, Some(state), before_last, BATCH).await?;
            drop(conn);
            let Some(last) = some.last() else { break };
            before = Some(last.id.clone());
            some.retain(|one| is_of_excluded(&policy, &one.contact));
            some.sort_unstable_by(|one, other| one.list.as_str().cmp(other.list.as_str()));
            repeated(|| forget(db, tenant, &some, actor, now)).await?;
        }
    }
    Ok(())
}

/// Whether an author is excluded, as screening would say of the message.
fn is_of_excluded(policy: &Policy, contact: &Contact) -> bool {
    let mut of_author = contact.emails.iter().filter(|email| email.origin == Origin::Header);
    of_author.any(|email| policy.excludes(&email.value))
}

async fn forget(
    db: &Db,
    tenant: &TenantId,
    some: &[Suggestion],
    actor: &Actor,
    now: Millis,
) -> Result<(), StoreError> {
    if some.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin_write().await?;
    for lists in some.chunk_by(|one, other| one.list == other.list) {
        let Some(Suggestion { list, .. }) = lists.first() else { continue };
        lists::lock(&mut tx, tenant, list).await?;
        for one in lists {
            // What is still to be taken out of the CRM can be tried again only while it is there.
            if write::leaving(&mut tx, tenant, &one.id).await? != Leaving::Nothing {
                continue;
            }
            forget_one(&mut tx, tenant, &one.id, Millis(i64::MAX), (actor, now)).await?;
        }
        lists::touch(&mut tx, tenant, list).await?;
    }
    Ok(tx.commit().await?)
}

//! Who owns a record that accepting makes, as the tenant's policy says.

use super::http::Http;
use super::sessions::key;
use super::{Crm, CrmError, Owner};
use crate::store::audit::Actor;
use crate::store::crm_connections::CrmConnection;
use crate::store::policies::{self, NewOwner};
use crate::store::{Db, TenantId, users};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So long it is good what a CRM has told of its owners.
const FRESH: Duration = Duration::from_mins(15);
/// So long nobody is looked for again who is not among them: somebody may just have been added.
const NEW: Duration = Duration::from_mins(1);
/// Connections whose owners are kept in mind.
const MANY: usize = 1_000;

/// Who is to own a new record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assigned {
    /// The CRM's id of them; `None`: whoever the CRM says.
    pub(super) id: Option<String>,
    /// Why it is not whom the policy names, as a sentence.
    pub(super) told: Option<String>,
}

/// Who is to own a record that is made because `by` accepted it.
pub(super) async fn assign(
    http: &Http,
    db: &Db,
    tenant: &TenantId,
    (crm, connection): (&Crm, &CrmConnection),
    by: Option<&Actor>,
) -> Result<Assigned, CrmError> {
    let mut conn = db.read().await?;
    let rule = policies::get(&mut conn, tenant).await?.owner;
    if rule == NewOwner::Crm || crm.owner_field().is_none() {
        return Ok(Assigned::default());
    }
    let wanted = match (rule, by) {
        (NewOwner::Fixed(id), _) => Wanted::Id(id),
        (_, Some(Actor::User(id))) => match users::get(&mut conn, tenant, id).await? {
            Some(user) => Wanted::Address(user.email.as_str().to_owned()),
            None => return Ok(left_to_the_crm("who accepted is no user any more")),
        },
        _ => return Ok(left_to_the_crm("no user has accepted it")),
    };
    drop(conn);
    let CrmConnection { kind, url, username, .. } = connection;
    let account = key(&[tenant.as_str(), kind.as_str(), url, username]);
    for age in [FRESH, NEW] {
        let owners = http.owners().of(&account, age, crm.owners()).await?;
        match wanted.among(&owners).as_slice() {
            [] => {}
            [owner] => return Ok(Assigned { id: Some(owner.id.clone()), told: None }),
            _ => {
                return Ok(left_to_the_crm(
                    "several of the CRM's users have the address of who accepted",
                ));
            }
        }
    }
    Ok(left_to_the_crm(match wanted {
        Wanted::Id(_) => "the CRM has no owner of the id that the policy names",
        Wanted::Address(_) => "no user of the CRM has the address of who accepted",
    }))
}

fn left_to_the_crm(why: &str) -> Assigned {
    Assigned { id: None, told: Some(format!("{why}: the CRM said who owns the record")) }
}

/// Whom the policy names.
enum Wanted {
    Id(String),
    Address(String),
}

impl Wanted {
    fn among<'a>(&self, owners: &'a [Owner]) -> Vec<&'a Owner> {
        let is_meant = |owner: &&Owner| match self {
            Self::Id(id) => owner.id == *id,
            Self::Address(email) => owner.email.trim().to_lowercase() == email.to_lowercase(),
        };
        owners.iter().filter(is_meant).collect()
    }
}

/// Owners, and when they were asked for.
type Kept = (Instant, Arc<[Owner]>);

/// Who can own records of connected CRMs, asked of them once in a while; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners(Arc<Mutex<HashMap<String, Kept>>>);

impl Owners {
    /// The owners of an account, as they were no longer than `age` ago, or else as `read` gets them.
    async fn of(
        &self,
        account: &str,
        age: Duration,
        read: impl Future<Output = Result<Vec<Owner>, CrmError>>,
    ) -> Result<Arc<[Owner]>, CrmError> {
        if let Some((at, owners)) = self.kept(account)
            && at.elapsed() < age
        {
            return Ok(owners);
        }
        let (at, owners): Kept = (Instant::now(), read.await?.into());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MANY {
            kept.clear();
        }
        kept.insert(account.to_owned(), (at, Arc::clone(&owners)));
        Ok(owners)
    }

    fn kept(&self, account: &str) -> Option<Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn owner(id: &str, email: &str) -> Owner {
        Owner { id: id.into(), name: String::new(), email: email.into() }
    }

    #[test]
    fn an_owner_is_meant_by_the_id_or_the_address_in_any_case() {
        let owners = [owner("1", "Rita@a.example "), owner("2", ""), owner("3", "rita@a.example")];
        let meant = |wanted: Wanted| {
            wanted.among(&owners).into_iter().map(|it| it.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(meant(Wanted::Id("2".into())), ["2"]);
        assert_eq!(meant(Wanted::Address("RITA@a.example".into())), ["1", "3"]);
        assert_eq!(meant(Wanted::Address("rita@b.example".into())), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn owners_are_asked_for_once_in_a_while() {
        let (known, asked) = (Owners::default(), AtomicUsize::new(0));
        let of = async |account: &str, age| {
            let read = async {
                asked.fetch_add(1, Ordering::Relaxed);
                Ok(vec![owner(account, "")])
            };
            known.of(account, age, read).await.expect("they are told")[0].id.clone()
        };
        assert_eq!((of("a", FRESH).await, of("a", NEW).await), ("a".into(), "a".into()));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        tokio::time::sleep(NEW).await;
        assert_eq!((of("a", FRESH).await, of("b", FRESH).await), ("a".into(), "b".into()));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        of("a", NEW).await;
        tokio::time::sleep(FRESH).await;
        of("a", FRESH).await;
        assert_eq!(asked.load(Ordering::Relaxed), 4);
    }
}

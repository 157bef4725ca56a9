//! What reading a message depends on besides the message.

use super::{Intake, IntakeError};
use crate::mail::Policy;
use crate::signature::Hints;
use crate::store::{Conn, TenantId, exclusions, messages, tenants};
use crate::suggestion::judge::Beliefs;
use crate::vault::HashKey;
use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

/// What a tenant decides and knows.
pub(super) struct Context {
    pub(super) hash_key: HashKey,
    pub(super) hints: Hints,
    pub(super) policy: Policy,
}

/// What taking a message needs that its source tells of as it comes.
pub enum Ahead {
    /// Looked up while it was still being fetched.
    Known(Box<Known>),
    /// As it was for the last message: this one is here already, and is read so while it is looked up whether
    /// that is still right.
    Guessed(Guess),
}

/// What was looked up.
pub struct Known {
    pub(super) context: Arc<Context>,
    pub(super) beliefs: Beliefs,
    /// Whether the message may be read before it is known which one it is: none of the tenant's is
    /// known to be harmful.
    pub(super) at_once: bool,
}

/// What was looked up for the last message, if it could be read at once.
pub struct Guess(pub(super) Option<Arc<Context>>);

impl Intake {
    /// Looks up what a message of the tenant that is about to come will need.
    pub async fn look_ahead(&self, tenant: &TenantId) -> Result<Ahead, IntakeError> {
        Ok(Ahead::Known(Box::new(self.known(tenant).await?)))
    }

    /// What a message of the tenant that has just come may need.
    pub fn guess(&self, tenant: &TenantId) -> Ahead {
        Ahead::Guessed(Guess(self.last().get(tenant).cloned()))
    }

    pub(super) async fn known(&self, tenant: &TenantId) -> Result<Known, IntakeError> {
        let mut conn = self.db.read().await?;
        let context = Arc::new(self.context(&mut conn, tenant).await?);
        let beliefs = Beliefs::of(&mut conn, tenant).await?;
        let at_once = !messages::is_any_harmful(&mut conn, tenant).await?;
        if at_once {
            self.last().insert(tenant.clone(), Arc::clone(&context));
        } else {
            self.last().remove(tenant);
        }
        Ok(Known { context, beliefs, at_once })
    }

    /// What reading a message of the tenant depends on, as it is now.
    pub(super) async fn context(
        &self,
        conn: &mut Conn,
        tenant: &TenantId,
    ) -> Result<Context, IntakeError> {
        let (region, exclusions) =
            exclusions::with_region(conn, tenant).await?.ok_or(IntakeError::NoTenant)?;
        let mut policy =
            Policy { authserv_ids: self.settings.authserv_ids.clone(), ..Policy::default() };
        for exclusion in exclusions {
            let to = if exclusion.own { &mut policy.own_domains } else { &mut policy.exclusions };
            to.push(exclusion.pattern);
        }
        let hash_key = self.hash_key(conn, tenant).await?;
        Ok(Context { hash_key, hints: Hints { region: Some(region), ..Hints::default() }, policy })
    }

    /// The tenant's hash key, which never changes.
    async fn hash_key(&self, conn: &mut Conn, tenant: &TenantId) -> Result<HashKey, IntakeError> {
        if let Some(key) = self.known_hash_key(tenant) {
            return Ok(key);
        }
        let key = tenants::hash_key(conn, &self.vault, tenant).await?;
        let key = key.ok_or(IntakeError::NoTenant)?;
        let mut known = self.hash_keys.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(tenant.clone(), key.clone());
        Ok(key)
    }

    /// The key if it was asked for before. The lock ends here: no one waits while holding it.
    fn known_hash_key(&self, tenant: &TenantId) -> Option<HashKey> {
        self.hash_keys.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }

    /// What messages of each tenant were read with last, if they could be read at once.
    pub(super) fn last(&self) -> MutexGuard<'_, HashMap<TenantId, Arc<Context>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// Whether a message is read alike with both, of one tenant.
    pub(super) fn reads_like(&self, other: &Self) -> bool {
        self.policy == other.policy && self.hints == other.hints
    }
}

//! The refresh token of a mailbox is exchanged for an access token.
//!
//! A sign-in service may let each refresh token be exchanged once only. So one task at a time does,
//! wherever it runs; the token that comes instead is saved before the access token is used; and
//! neither a worker that stops or loses the mailbox nor a browser that goes away ends an exchange
//! half-way, because the token before may be worth nothing by then.

use super::client::Tokens;
use crate::clock::{Clock, Millis};
use crate::store::{Db, MailboxId, StoreError, TenantId, mailboxes, oauth};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// After so many seconds an exchange is another's to begin; longer than asking for a token and saving
/// what came takes.
const EXCHANGE_SECS: i64 = 60;

/// How often it is looked whether another exchange has ended, and how often in all.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 240;

/// How often it is tried to save what came, a second apart.
const SAVES: u32 = 15;

/// Why nothing came of an exchange, beside what the sign-in service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoExchange {
    /// The mailbox is gone, or was given another consent or password meanwhile.
    #[error("the mailbox was removed or changed meanwhile")]
    Gone,
    /// Others are at it, for longer than is waited for.
    #[error("signing in is not possible for now; it is tried again by itself")]
    Unavailable,
}

/// Whose refresh token.
type Whose = (TenantId, MailboxId);

/// Exchanges refresh tokens; clones know of each other's exchanges.
#[derive(Debug, Clone)]
pub struct Exchanges {
    db: Db,
    vault: Vault,
    clock: Clock,
    under_way: TaskTracker,
}

impl Exchanges {
    /// Of the mailboxes in a database.
    pub fn new(db: Db, vault: Vault, clock: Clock) -> Self {
        Self { db, vault, clock, under_way: TaskTracker::new() }
    }

    /// Exchanges a mailbox's refresh token by `ask`, in a task of its own: whoever waits for it may go
    /// away. Fails as `ask` does, with the database, or because there is no such exchange to be made.
    pub async fn make<E, A>(
        &self,
        whose: Whose,
        ask: impl FnOnce(SecretString) -> A + Send + 'static,
    ) -> Result<Tokens, E>
    where
        A: Future<Output = Result<Tokens, E>> + Send,
        E: From<NoExchange> + From<StoreError> + From<VaultError> + Send + 'static,
    {
        let exchanges = self.clone();
        let made = self.under_way.spawn(async move { exchanges.exchange(&whose, ask).await });
        made.await.unwrap_or_else(|_| Err(NoExchange::Unavailable.into()))
    }

    /// Waits until those that are under way have ended. Others may begin all the same.
    pub async fn finish(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }

    async fn exchange<E, A>(
        &self,
        whose: &Whose,
        ask: impl FnOnce(SecretString) -> A,
    ) -> Result<Tokens, E>
    where
        A: Future<Output = Result<Tokens, E>>,
        E: From<NoExchange> + From<StoreError> + From<VaultError>,
    {
        let until = self.begin::<E>(whose).await?;
        let answer = match self.stored::<E>(whose).await {
            Ok(token) => ask(token).await,
            Err(error) => Err(error),
        };
        let next = answer.as_ref().ok().and_then(|tokens| tokens.refresh.as_ref());
        let mut tries = 1;
        let ours = loop {
            match self.end(whose, until, next).await {
                // What came is all there is: the token before may not work any more.
                Err(error) if next.is_some() && tries < SAVES => {
                    tries += 1;
                    warn!(mailbox = %whose.1, %error, "cannot save a new consent; tried again");
                    sleep(Duration::from_secs(1)).await;
                }
                ended => break ended?,
            }
        };
        if ours { answer } else { Err(NoExchange::Gone.into()) }
    }

    /// Waits until nobody else exchanges this mailbox's token, and begins.
    async fn begin<E>(&self, (tenant, id): &Whose) -> Result<Millis, E>
    where
        E: From<NoExchange> + From<StoreError>,
    {
        for _ in 0..LOOKS {
            let now = self.clock.now();
            let until = now.plus_secs(EXCHANGE_SECS);
            let mut tx = self.db.begin_write().await?;
            let began = oauth::begin_exchange(&mut tx, tenant, id, until, now).await?;
            let there = began || mailboxes::get(&mut tx, tenant, id).await?.is_some();
            tx.commit().await.map_err(StoreError::from)?;
            match (began, there) {
                (true, _) => return Ok(until),
                (false, false) => return Err(NoExchange::Gone.into()),
                (false, true) => sleep(LOOK_EVERY).await,
            }
        }
        Err(NoExchange::Unavailable.into())
    }

    async fn stored<E>(&self, (tenant, id): &Whose) -> Result<SecretString, E>
    where
        E: From<NoExchange> + From<StoreError> + From<VaultError>,
    {
        let mut conn = self.db.read().await?;
        let stored = mailboxes::password(&mut conn, &self.vault, tenant, id).await?;
        stored.ok_or_else(|| NoExchange::Gone.into())
    }

    /// Saves what came. False: it is another's mailbox by now.
    async fn end(
        &self,
        (tenant, id): &Whose,
        until: Millis,
        next: Option<&SecretString>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let ours = oauth::end_exchange(&mut tx, &self.vault, (tenant, id), until, next).await?;
        tx.commit().await?;
        Ok(ours)
    }
}

//! The refresh token of a mailbox is exchanged for an access token.
//!
//! A sign-in service may let each refresh token be exchanged once only, and end the consent if one is
//! shown twice. So one task at a time does, wherever it runs; the token that comes instead is saved before
//! the access token is used; and neither a worker that stops or loses the mailbox, a browser that goes
//! away, a process that ends nor an outage of the database ends an exchange half-way, because the token
//! before may be worth nothing by then.

use super::client::Tokens;
use crate::clock::{Clock, Millis};
use crate::store::oauth::{self, Begun, Exchange};
use crate::store::{Db, MailboxId, StoreError, TenantId};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

/// By then an exchange has ended, unless whoever began it died or cannot save what came.
const EXCHANGE_SECS: i64 = 40;

/// For how long one that should have ended is waited for once it is found so: whoever lives and has
/// got a token saves it meanwhile, also when the database comes back from an outage.
const GRACE: Duration = Duration::from_secs(20);

/// How often it is looked whether another exchange has ended, and how often in all.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 280;

/// How long one try to save what came may take, how soon the next is made, both together well within
/// [`GRACE`], and for how long.
const SAVE: Duration = Duration::from_secs(10);
const SAVE_EVERY: Duration = Duration::from_secs(1);
const SAVING: Duration = Duration::from_hours(1);

/// How long those under way are waited for in the end: as long as a sign-in service may take, and the
/// database then.
const LAST: Duration = Duration::from_secs(30);

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

/// Whose refresh token, and which sign-in service gave it (empty: Microsoft, of a mailbox read through
/// Graph).
type Whose = (TenantId, MailboxId, String);

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

    /// Waits until those that are under way have ended, if that does not take too long. Nobody is to
    /// begin another.
    pub async fn finish(&self) {
        self.under_way.close();
        if timeout(LAST, self.under_way.wait()).await.is_err() {
            let exchanges = self.under_way.len();
            error!(
                exchanges,
                "tokens that were being exchanged are lost; consents may have to be given again"
            );
        }
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
        let exchange = self.begin::<E>(whose).await?;
        let answer = match self.stored(whose, &exchange).await {
            Ok(token) => ask(token).await,
            Err(error) => Err(error.into()),
        };
        let next = answer.as_ref().ok().and_then(|tokens| tokens.refresh.as_ref());
        let ours = match next {
            Some(next) => self.save(whose, &exchange, next).await,
            None => self.end(whose, &exchange, None).await?,
        };
        if ours { answer } else { Err(NoExchange::Gone.into()) }
    }

    /// Waits until nobody else exchanges this mailbox's token, and begins.
    async fn begin<E>(&self, (tenant, id, service): &Whose) -> Result<Exchange, E>
    where
        E: From<NoExchange> + From<StoreError>,
    {
        let mut overdue: Option<(Millis, Instant)> = None;
        for _ in 0..LOOKS {
            let now = self.clock.now();
            let abandoned = overdue.filter(|(_, since)| since.elapsed() >= GRACE);
            let abandoned = abandoned.map(|(theirs, _)| theirs);
            let until = now.plus_secs(EXCHANGE_SECS);
            let mut tx = self.db.begin_write().await?;
            let whose = (tenant, id, service.as_str());
            let begun = oauth::begin_exchange(&mut tx, whose, until, abandoned).await?;
            tx.commit().await.map_err(StoreError::from)?;
            match begun {
                Begun::Ours(exchange) => return Ok(exchange),
                Begun::NoMailbox => return Err(NoExchange::Gone.into()),
                Begun::Theirs(theirs) if theirs > now => overdue = None,
                Begun::Theirs(theirs) => {
                    let known = overdue.filter(|(known, _)| *known == theirs);
                    overdue = Some(known.unwrap_or((theirs, Instant::now())));
                }
            }
            sleep(LOOK_EVERY).await;
        }
        Err(NoExchange::Unavailable.into())
    }

    async fn stored(
        &self,
        (tenant, id, _): &Whose,
        exchange: &Exchange,
    ) -> Result<SecretString, VaultError> {
        let mut conn = self.db.read().await?;
        oauth::exchanged(&mut conn, &self.vault, (tenant, id), exchange).await
    }

    /// Saves what came, which is all there is: the token before may not work any more. False: it is
    /// another's mailbox by now, or the database was away for too long.
    async fn save(&self, whose: &Whose, exchange: &Exchange, next: &SecretString) -> bool {
        let (began, mailbox) = (Instant::now(), &whose.1);
        while began.elapsed() < SAVING {
            match timeout(SAVE, self.end(whose, exchange, Some(next))).await {
                Ok(Ok(ours)) => return ours,
                Ok(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(%mailbox, error, "cannot save a new consent; tried again");
                }
                Err(_) => {
                    warn!(%mailbox, "the database takes no new consent in time; tried again");
                }
            }
            sleep(SAVE_EVERY).await;
        }
        error!(%mailbox, "a new consent could not be saved: it may have to be given again");
        false
    }

    async fn end(
        &self,
        (tenant, id, _): &Whose,
        exchange: &Exchange,
        next: Option<&SecretString>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let whose = (tenant, id);
        let ours = oauth::end_exchange(&mut tx, &self.vault, whose, exchange, next).await?;
        tx.commit().await?;
        Ok(ours)
    }
}

//! What opens a mailbox: its password, or an access token that a person's consent gives.
//!
//! A refresh token is exchanged by one task at a time, wherever it runs; the one that comes instead
//! is saved before the access token is used; and neither a worker that stops nor a browser that goes
//! away ends an exchange half-way, because the token before may be worth nothing by then.

use super::connect::Connector;
use super::settings::{Credential, Settings};
use crate::clock::{Clock, Millis};
use crate::source::oauth::{Grant, NoApp, Registered, Services, TokenError, Tokens};
use crate::store::mailboxes::{self, Mailbox, State};
use crate::store::{Db, StoreError, oauth};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::sleep;

/// A token is renewed so many seconds before it ends.
const MARGIN: i64 = 120;

/// After so many seconds an exchange is another's to begin; longer than asking for a token takes.
const EXCHANGE_SECS: i64 = 60;

/// How often it is looked whether another exchange has ended, and how often in all.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 240;

/// Why a mailbox cannot be signed in to.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The mailbox is gone, or was given another consent or password meanwhile.
    #[error("the mailbox was removed or changed meanwhile")]
    Gone,
    /// The sign-in service gives no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The tenant has no app registration there.
    #[error("no app registration at {0} is entered for this tenant: enter client id and secret")]
    NoApp(String),
    /// The operator has no such service.
    #[error("the sign-in service {0} is not configured: ask the operator to add it")]
    NoService(String),
    /// The stored password or token cannot be opened.
    #[error("the stored password or consent cannot be opened: enter or give it again")]
    Vault(#[source] VaultError),
    /// The database failed.
    #[error("the database failed; it is tried again by itself")]
    Store(#[from] StoreError),
    /// It cannot be done now.
    #[error("signing in is not possible for now; it is tried again by itself")]
    Unavailable,
}

impl NoKey {
    /// The mailbox's state after it.
    pub(super) fn state(&self) -> State {
        match self {
            Self::Gone | Self::Store(_) | Self::Unavailable => State::Connecting,
            Self::Token(TokenError::Throttled(_)) => State::Throttled,
            Self::Token(TokenError::Unreachable | TokenError::Odd) => State::Unreachable,
            Self::Token(_) | Self::NoApp(_) | Self::NoService(_) => State::NeedsConsent,
            Self::Vault(_) => State::WrongPassword,
        }
    }
}

impl From<VaultError> for NoKey {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            error if error.is_lost() => Self::Vault(error),
            _ => Self::Unavailable,
        }
    }
}

impl From<NoApp> for NoKey {
    fn from(error: NoApp) -> Self {
        match error {
            NoApp::Service(name) => Self::NoService(name),
            NoApp::App(name) => Self::NoApp(name),
            NoApp::Vault(error) => error.into(),
        }
    }
}

/// An access token and until when it is used.
#[derive(Debug, Clone)]
pub(super) struct Token {
    secret: SecretString,
    until: Millis,
}

/// Gets what opens mailboxes.
#[derive(Debug, Clone)]
pub struct Keys {
    db: Db,
    vault: Vault,
    clock: Clock,
    services: Option<Services>,
}

impl Keys {
    /// With the sign-in services that `connector` knows.
    pub fn new(db: Db, vault: Vault, clock: Clock, connector: &Connector) -> Self {
        Self { db, vault, clock, services: connector.services().cloned() }
    }

    /// What it takes to connect to a mailbox now.
    pub async fn settings(&self, mailbox: &Mailbox) -> Result<Settings, NoKey> {
        self.settings_with(mailbox, &mut None).await
    }

    /// Likewise, with a token that was got before if it is still good.
    pub(super) async fn settings_with(
        &self,
        mailbox: &Mailbox,
        kept: &mut Option<Token>,
    ) -> Result<Settings, NoKey> {
        let credential = if mailbox.oauth_service.is_empty() {
            Credential::Password(self.stored(mailbox).await?)
        } else {
            Credential::AccessToken(self.token(mailbox, kept).await?)
        };
        Ok(Settings {
            host: mailbox.host.clone(),
            port: mailbox.port,
            security: mailbox.security,
            username: mailbox.username.clone(),
            credential,
            folder: mailbox.folder.clone(),
        })
    }

    async fn stored(&self, mailbox: &Mailbox) -> Result<SecretString, NoKey> {
        let mut conn = self.db.read().await?;
        let (tenant, id) = (&mailbox.tenant, &mailbox.id);
        let stored = mailboxes::password(&mut conn, &self.vault, tenant, id).await?;
        stored.ok_or(NoKey::Gone)
    }

    async fn token(
        &self,
        mailbox: &Mailbox,
        kept: &mut Option<Token>,
    ) -> Result<SecretString, NoKey> {
        let now = self.clock.now();
        if let Some(token) = kept.as_ref().filter(|token| now < token.until) {
            return Ok(token.secret.clone());
        }
        // In a task of its own: whoever waits for it may go away.
        let exchange = self.clone().exchange(mailbox.clone());
        let tokens = tokio::spawn(exchange).await.unwrap_or(Err(NoKey::Unavailable))?;
        let until = now.plus_secs(tokens.lifetime_seconds - MARGIN);
        Ok(kept.insert(Token { secret: tokens.access, until }).secret.clone())
    }

    async fn exchange(self, mailbox: Mailbox) -> Result<Tokens, NoKey> {
        let place = (&mailbox.tenant, &mailbox.id);
        let until = self.begin(&mailbox).await?;
        let answer = self.ask(&mailbox).await;
        let next = answer.as_ref().ok().and_then(|tokens| tokens.refresh.as_ref());
        let mut tx = self.db.begin_write().await?;
        let ours = oauth::end_exchange(&mut tx, &self.vault, place, until, next).await?;
        tx.commit().await.map_err(StoreError::from)?;
        if ours { answer } else { Err(NoKey::Gone) }
    }

    /// Waits until nobody else exchanges this mailbox's token, and begins.
    async fn begin(&self, mailbox: &Mailbox) -> Result<Millis, NoKey> {
        let (tenant, id) = (&mailbox.tenant, &mailbox.id);
        for _ in 0..LOOKS {
            let now = self.clock.now();
            let until = now.plus_secs(EXCHANGE_SECS);
            let mut tx = self.db.begin_write().await?;
            let began = oauth::begin_exchange(&mut tx, tenant, id, until, now).await?;
            let there = began || mailboxes::get(&mut tx, tenant, id).await?.is_some();
            tx.commit().await.map_err(StoreError::from)?;
            match (began, there) {
                (true, _) => return Ok(until),
                (false, false) => return Err(NoKey::Gone),
                (false, true) => sleep(LOOK_EVERY).await,
            }
        }
        Err(NoKey::Unavailable)
    }

    async fn ask(&self, mailbox: &Mailbox) -> Result<Tokens, NoKey> {
        let name = &mailbox.oauth_service;
        let token = self.stored(mailbox).await?;
        let (services, at) = (self.services.as_ref(), (&self.db, &self.vault));
        let app = Registered::find(services, at, &mailbox.tenant, name).await?;
        // Tokens are shown to the server that the operator has configured for the service, only.
        if app.service().imap() != Some((&mailbox.host, mailbox.port)) {
            return Err(NoKey::NoService(name.clone()));
        }
        let grant = Grant::Refresh { token: &token };
        Ok(app.ask(&grant, self.clock.now()).await?)
    }
}

//! What opens a mailbox: its password, or an access token that a person's consent gives.

use super::connect::Connector;
use super::settings::{Credential, Settings};
use crate::clock::{Clock, Millis};
use crate::source::oauth::{
    Exchanges, Grant, NoApp, NoExchange, Registered, Services, TokenError, Tokens,
};
use crate::store::mailboxes::{self, Mailbox, State};
use crate::store::{Db, StoreError};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;

/// A token is renewed so many seconds before it ends.
const MARGIN: i64 = 120;

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

impl From<NoExchange> for NoKey {
    fn from(error: NoExchange) -> Self {
        match error {
            NoExchange::Gone => Self::Gone,
            NoExchange::Unavailable => Self::Unavailable,
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
    exchanges: Exchanges,
}

impl Keys {
    /// With the sign-in services that `connector` knows, and the tokens that `exchanges` gets there.
    pub fn new(
        db: Db,
        vault: Vault,
        clock: Clock,
        connector: &Connector,
        exchanges: Exchanges,
    ) -> Self {
        Self { db, vault, clock, services: connector.services().cloned(), exchanges }
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
        let service = self.services.as_ref().and_then(|all| all.get(&mailbox.oauth_service));
        let username = service.map_or(&*mailbox.username, |service| {
            service.name_for_imap(&mailbox.username, &mailbox.address)
        });
        Ok(Settings {
            host: mailbox.host.clone(),
            port: mailbox.port,
            security: mailbox.security,
            username: username.to_owned(),
            credential,
            folder: mailbox.folder.clone(),
        })
    }

    async fn stored(&self, mailbox: &Mailbox) -> Result<SecretString, NoKey> {
        let mut conn = self.db.read().await?;
        let stored = mailboxes::password(&mut conn, &self.vault, mailbox).await?;
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
        let (keys, asked) = (self.clone(), mailbox.clone());
        let ask = move |token| async move { keys.ask(&asked, &token).await };
        let tokens: Tokens = self.exchanges.make::<NoKey, _>(mailbox, ask).await?;
        let until = now.plus_secs(tokens.lifetime_seconds - MARGIN);
        Ok(kept.insert(Token { secret: tokens.access, until }).secret.clone())
    }

    async fn ask(&self, mailbox: &Mailbox, token: &SecretString) -> Result<Tokens, NoKey> {
        let name = &mailbox.oauth_service;
        let (services, at) = (self.services.as_ref(), (&self.db, &self.vault));
        let app = Registered::find(services, at, &mailbox.tenant, name).await?;
        // Tokens are shown to the server that the operator has configured for the service, only.
        if app.service().imap() != Some((&mailbox.host, mailbox.port)) {
            return Err(NoKey::NoService(name.clone()));
        }
        Ok(app.ask(&Grant::Refresh { token }, self.clock.now()).await?)
    }
}

//! The tokens that open mailboxes. An app's own is shared by all mailboxes of its tenant, a person's
//! belongs to one; each is asked for by one task at a time.

use super::connect::CONSENT_LIFE;
use super::connector::Connector;
use super::fault::Fault;
use crate::clock::{Clock, Millis};
use crate::source::oauth::{Exchanges, Grant, Party, Proof, TokenError, Tokens};
use crate::store::graph::{self, Access, App};
use crate::store::mailboxes::Held;
use crate::store::{Db, MailboxId, StoreError, TenantId};
use crate::vault::Vault;
use secrecy::SecretString;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A token is renewed so many seconds before it ends.
const MARGIN: i64 = 120;

/// What stands for the token endpoint among the mailboxes that an app asks about; no mailbox has such
/// a name.
const TOKENS: &str = "*tokens*";

/// A token and until when it is used.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    until: Millis,
    /// Which version of the app registration it was got with.
    app_changed_at: Millis,
}

impl Token {
    fn new(tokens: &Tokens, app: &App, now: Millis) -> Self {
        Self {
            secret: tokens.access.clone(),
            until: now.plus_secs(tokens.lifetime_seconds - MARGIN),
            app_changed_at: app.changed_at,
        }
    }

    fn is_good(&self, app: &App, now: Millis) -> bool {
        now < self.until && self.app_changed_at == app.changed_at
    }
}

/// A place for one token; who looks for one waits for who gets one.
type Place = Arc<tokio::sync::Mutex<Option<Token>>>;

/// Gets and keeps the tokens that open mailboxes, in memory only. One serves a whole process.
pub struct Keys {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) connector: Connector,
    of_apps: Mutex<HashMap<TenantId, Place>>,
    exchanges: Exchanges,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// With the tokens that `exchanges` gets for persons' consents.
    pub fn new(
        db: Db,
        vault: Vault,
        clock: Clock,
        connector: Connector,
        exchanges: Exchanges,
    ) -> Self {
        Self { db, vault, clock, connector, of_apps: Mutex::default(), exchanges }
    }

    /// A token for a mailbox. `own` is the mailbox's place for a person's token.
    pub(super) async fn for_mailbox(
        &self,
        held: &Held,
        access: Access,
        app: &App,
        own: &mut Option<Token>,
    ) -> Result<SecretString, Fault> {
        let now = self.clock.now();
        match access {
            Access::Application => {
                let place = self.place_of(&held.mailbox.tenant);
                let mut kept = place.lock().await;
                if let Some(token) = kept.as_ref().filter(|token| token.is_good(app, now)) {
                    return Ok(token.secret.clone());
                }
                let token = Token::new(&as_app(&self.connector, app, now).await?, app, now);
                Ok(kept.insert(token).secret.clone())
            }
            Access::Delegated => {
                if let Some(token) = own.as_ref().filter(|token| token.is_good(app, now)) {
                    return Ok(token.secret.clone());
                }
                let whose = (&held.mailbox.tenant, &held.mailbox.id);
                let token = Token::new(&self.refreshed(whose, app).await?, app, now);
                Ok(own.insert(token).secret.clone())
            }
        }
    }

    /// Throws a token away that Graph does not accept.
    pub(super) async fn forget(&self, tenant: &TenantId, own: &mut Option<Token>) {
        *own = None;
        *self.place_of(tenant).lock().await = None;
    }

    fn place_of(&self, tenant: &TenantId) -> Place {
        let mut places = self.of_apps.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(places.entry(tenant.clone()).or_default())
    }

    /// Exchanges a person's refresh token, and notes that the consent was used.
    pub(super) async fn refreshed(
        &self,
        (tenant, id): (&TenantId, &MailboxId),
        app: &App,
    ) -> Result<Tokens, Fault> {
        let now = self.clock.now();
        let (connector, app) = (self.connector.clone(), app.clone());
        let exchange = move |token: SecretString| async move {
            ask(&connector, &app, &Grant::Refresh { token: &token }, now).await
        };
        let whose = (tenant.clone(), id.clone(), String::new());
        let tokens = self.exchanges.make::<Fault, _>(whose, exchange).await?;
        if tokens.refresh.is_some() {
            let mut tx = self.db.begin_write().await?;
            graph::consent_used(&mut tx, tenant, id, now.plus_secs(CONSENT_LIFE)).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(tokens)
    }

    /// The tenant's app registration.
    pub(super) async fn app(&self, tenant: &TenantId) -> Result<App, Fault> {
        let mut conn = self.db.read().await?;
        graph::app(&mut conn, &self.vault, tenant).await?.ok_or(Fault::NoApp)
    }
}

/// Signs in as the app itself.
pub(super) async fn as_app(connector: &Connector, app: &App, now: Millis) -> Result<Tokens, Fault> {
    ask(connector, app, &Grant::ClientCredentials { scope: connector.scope() }, now).await
}

/// Asks the directory of an app for tokens, in the app's name; not before it may be asked again.
pub(super) async fn ask(
    connector: &Connector,
    app: &App,
    grant: &Grant<'_>,
    now: Millis,
) -> Result<Tokens, Fault> {
    let proof = Proof::entered(app.secret.clone()).map_err(|_| TokenError::Unusable)?;
    let party = Party { client_id: &app.client_id, proof: &proof };
    let gate = connector.gates().to(app, TOKENS);
    gate.check().map_err(TokenError::Throttled)?;
    let tokens = connector.tokens().ask(&connector.token_url(app), &party, grant, now).await;
    if let Err(TokenError::Throttled(wait)) = &tokens {
        gate.close(*wait);
    }
    Ok(tokens?)
}

//! Access to an account by a person's consent.
//!
//! A refresh token is exchanged by one task at a time, wherever it runs; the one that comes instead is
//! saved before the access token is used; and a worker that stops does not end an exchange half-way,
//! because the token before may be worth nothing by then. Access tokens are in memory only.

use super::CrmError;
use super::connection::password;
use super::http::Http;
use crate::clock::{Clock, Millis};
use crate::config::Service;
use crate::source::oauth::{Grant, NoApp, Registered, TokenError, Tokens};
use crate::store::crm_connections::{self, CrmConnection, Kind};
use crate::store::{Db, StoreError, TenantId, crm_tokens};
use crate::vault::{Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use url::Url;
use zeroize::Zeroizing;

/// A token is renewed so many seconds before it ends.
const MARGIN: i64 = 120;
/// After so many seconds an exchange is another's to begin; longer than asking for a token takes.
const EXCHANGE_SECS: i64 = 60;
/// How often it is looked whether another exchange has ended, and how often in all.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 240;

/// The access tokens that are good, by tenant; clones share them.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<HashMap<String, Access>>>);

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Kept {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Access>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Access {
    token: Zeroizing<String>,
    /// The connection that it is of.
    changed_at: Millis,
    until: Instant,
}

/// Gets access to the account of one tenant.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) http: Http,
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) tenant: TenantId,
    /// The connection that the consent was given to.
    pub(super) changed_at: Millis,
}

impl Keys {
    pub(super) fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    /// An access token that is good for a while.
    pub(super) async fn access(&self) -> Result<Zeroizing<String>, CrmError> {
        if let Some(token) = self.kept() {
            return Ok(token);
        }
        // In a task of its own: whoever waits for it may go away.
        let exchange = tokio::spawn(self.clone().exchange());
        exchange.await.unwrap_or_else(|_| Err(unavailable()))
    }

    /// Does not use this token any more.
    pub(super) fn forget(&self, token: &str) {
        self.http.kept().all().retain(|_, access| access.token.as_str() != token);
    }

    fn kept(&self) -> Option<Zeroizing<String>> {
        let kept = self.http.kept().all();
        let access = kept.get(self.tenant.as_str())?;
        let is_good = access.changed_at == self.changed_at && Instant::now() < access.until;
        is_good.then(|| access.token.clone())
    }

    async fn exchange(self) -> Result<Zeroizing<String>, CrmError> {
        let until = match self.begin().await? {
            Begun::Ours(until) => until,
            Begun::Done(token) => return Ok(token),
        };
        let answer = self.ask().await;
        let next = answer.as_ref().ok().and_then(|tokens| tokens.refresh.as_ref());
        let mut tx = self.db.begin_write().await?;
        let ours =
            crm_tokens::end_exchange(&mut tx, &self.vault, &self.tenant, until, next).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let tokens = answer?;
        if !ours {
            return Err(unavailable());
        }
        let token = Zeroizing::new(tokens.access.expose_secret().to_owned());
        let life = u64::try_from(tokens.lifetime_seconds - MARGIN).unwrap_or(0);
        let until = Instant::now() + Duration::from_secs(life);
        let access = Access { token: token.clone(), changed_at: self.changed_at, until };
        self.http.kept().all().insert(self.tenant.to_string(), access);
        Ok(token)
    }

    /// Waits until nobody else exchanges this connection's token, and begins, unless that brought one.
    async fn begin(&self) -> Result<Begun, CrmError> {
        for _ in 0..LOOKS {
            if let Some(token) = self.kept() {
                return Ok(Begun::Done(token));
            }
            let now = Clock::system().now();
            let (tenant, changed_at, until) =
                (&self.tenant, self.changed_at, now.plus_secs(EXCHANGE_SECS));
            let mut tx = self.db.begin_write().await?;
            let began = crm_tokens::begin_exchange(&mut tx, tenant, changed_at, until, now).await?;
            let there = crm_connections::get(&mut tx, tenant).await?;
            tx.commit().await.map_err(StoreError::from)?;
            if began {
                return Ok(Begun::Ours(until));
            }
            if there.is_none_or(|there| there.changed_at != changed_at) {
                return Err(unavailable());
            }
            sleep(LOOK_EVERY).await;
        }
        Err(unavailable())
    }

    async fn ask(&self) -> Result<Tokens, CrmError> {
        let connection = crm_connections::get(&mut *self.db.read().await?, &self.tenant).await?;
        let connection = connection.ok_or(CrmError::NotConnected)?;
        let at = (&self.db, &self.vault);
        let app = entry(&self.http, at, &self.tenant, connection.kind).await?;
        // Tokens are shown to the API that the operator has configured for the service, only.
        if address(app.service()) != Url::parse(&connection.url).ok() {
            return Err(CrmError::Refused(
                "its address is no longer the configured one: give the consent again".into(),
            ));
        }
        let token = password(&self.db, &self.vault, &self.tenant, &connection).await?;
        let token = SecretString::from(token.as_str());
        let grant = Grant::Refresh { token: &token };
        Ok(app.ask(&grant, Clock::system().now()).await?)
    }
}

enum Begun {
    /// It is ours until then.
    Ours(Millis),
    /// Somebody else's has just ended, with this.
    Done(Zeroizing<String>),
}

/// The keys to a connection that a consent opens; `None`: a password or token opens it.
pub(super) fn of(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    connection: &CrmConnection,
) -> Option<Keys> {
    (!connection.oauth_service.is_empty()).then(|| Keys {
        http: http.clone(),
        db: db.clone(),
        vault: vault.clone(),
        tenant: tenant.clone(),
        changed_at: connection.changed_at,
    })
}

/// The tenant's app at the sign-in service of a kind of CRM.
pub(super) async fn entry<'a>(
    http: &'a Http,
    at: (&Db, &Vault),
    tenant: &TenantId,
    kind: Kind,
) -> Result<Registered<'a>, CrmError> {
    let found = Registered::find(http.services(), at, tenant, kind.as_str()).await;
    let found = found.map_err(|error| match error {
        NoApp::Vault(VaultError::Store(error)) => error.into(),
        NoApp::Vault(error) if error.is_lost() => CrmError::NoPassword,
        NoApp::Vault(_) => unavailable(),
        error @ (NoApp::Service(_) | NoApp::App(_)) => CrmError::Refused(error.to_string()),
    })?;
    if address(found.service()).is_none() {
        return Err(CrmError::Refused(NoApp::Service(kind.as_str().to_owned()).to_string()));
    }
    Ok(found)
}

/// Where the API of a sign-in service's CRM is; `None`: it opens none.
pub(super) fn address(service: &Service) -> Option<Url> {
    service.crm.as_deref().and_then(|crm| Url::parse(crm).ok())
}

fn unavailable() -> CrmError {
    CrmError::Unreachable("signing in is not possible for now".into())
}

impl From<TokenError> for CrmError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Consent(_) => Self::Consent,
            TokenError::Throttled(wait) => Self::Throttled(Some(wait)),
            TokenError::Unreachable | TokenError::Odd => {
                Self::Unreachable("its sign-in service does not answer as it should".into())
            }
            TokenError::Client(_) | TokenError::Unusable => Self::Refused(
                "the app is not accepted: check its client id and secret and enter them again"
                    .into(),
            ),
            TokenError::Refused(code) => Self::Refused(format!(
                "the sign-in service refuses{code}: check the app and its permissions"
            )),
        }
    }
}

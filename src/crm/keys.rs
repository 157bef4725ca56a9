//! Access to an account by a person's consent.
//!
//! A refresh token is exchanged by one task at a time, wherever it runs; the one that comes instead is
//! saved before the access token is used; and a worker that stops does not end an exchange half-way,
//! because the token before may be worth nothing by then. Access tokens are in memory only.

use super::CrmError;
use super::connection::password;
use super::http::Http;
use super::sessions::{Session, key};
use crate::clock::{Clock, Millis};
use crate::config::Service;
use crate::source::oauth::{Grant, NoApp, Registered, TokenError, Tokens};
use crate::store::crm_connections::{self, CrmConnection, Kind};
use crate::store::{Db, StoreError, TenantId, crm_tokens};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::sleep;
use url::Url;

/// After so many seconds an exchange is another's to begin; longer than asking for a token takes.
const EXCHANGE_SECS: i64 = 60;
/// How often it is looked whether another exchange has ended, and how often in all.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 240;

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

    /// An access token that is good for a while, and is not the one that was `refused`.
    pub(super) async fn access(
        &self,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, CrmError> {
        let (keys, refused) = (self.clone(), refused.cloned());
        // In a task of its own: whoever waits for it may go away.
        let got = tokio::spawn(async move {
            let sessions = keys.http.tokens().clone();
            let key = key(&[keys.tenant(), &keys.changed_at.0.to_string()]);
            sessions.get(&key, refused.as_ref(), keys.exchange()).await
        });
        Ok(got.await.unwrap_or_else(|_| Err(unavailable()))?.token)
    }

    async fn exchange(self) -> Result<Session, CrmError> {
        let until = self.begin().await?;
        let answer = self.ask().await;
        let next = answer.as_ref().ok().and_then(|tokens| tokens.refresh.as_ref());
        let mut tx = self.db.begin_write().await?;
        let ours =
            crm_tokens::end_exchange(&mut tx, &self.vault, &self.tenant, until, next).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let tokens = answer?;
        if ours { Ok(tokens.into()) } else { Err(unavailable()) }
    }

    /// Waits until no other worker exchanges this connection's token, and begins; until when it is
    /// ours.
    async fn begin(&self) -> Result<Millis, CrmError> {
        for _ in 0..LOOKS {
            let now = Clock::system().now();
            let (tenant, changed_at, until) =
                (&self.tenant, self.changed_at, now.plus_secs(EXCHANGE_SECS));
            let mut tx = self.db.begin_write().await?;
            let began = crm_tokens::begin_exchange(&mut tx, tenant, changed_at, until, now).await?;
            let there = crm_connections::get(&mut tx, tenant).await?;
            tx.commit().await.map_err(StoreError::from)?;
            if began {
                return Ok(until);
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

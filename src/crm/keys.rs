//! Access to an account by a person's consent. Access tokens are in memory only; refresh tokens are
//! exchanged as those of mailboxes are ([`Exchanges`](crate::source::oauth::Exchanges)).

use super::CrmError;
use super::http::Http;
use super::sessions::{Session, key};
use crate::clock::{Clock, Millis};
use crate::config::Service;
use crate::source::oauth::{Grant, NoApp, NoExchange, Registered, TokenError, Tokens};
use crate::store::crm_connections::{CrmConnection, Kind};
use crate::store::oauth::Holder;
use crate::store::{Db, TenantId};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use url::Url;

/// Gets access to the account of one tenant.
#[derive(Clone)]
pub(super) struct Keys {
    http: Http,
    db: Db,
    vault: Vault,
    tenant: TenantId,
    kind: Kind,
    url: String,
    /// The connection that the consent was given to.
    changed_at: Millis,
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
        let key = key(&[self.tenant(), &self.changed_at.0.to_string()]);
        Ok(self.http.tokens().get(&key, refused, self.exchange()).await?.token)
    }

    async fn exchange(&self) -> Result<Session, CrmError> {
        let exchanges = self.http.exchanges().ok_or_else(|| no_service(self.kind))?;
        let (keys, holder) = (self.clone(), Holder::Crm(self.tenant.clone(), self.changed_at));
        let ask = move |token| async move { keys.ask(&token).await };
        Ok(exchanges.make::<CrmError, _>(holder, ask).await?.into())
    }

    async fn ask(&self, token: &SecretString) -> Result<Tokens, CrmError> {
        let at = (&self.db, &self.vault);
        let app = entry(&self.http, at, &self.tenant, self.kind).await?;
        // Tokens are shown to the API that the operator has configured for the service, only.
        if address(app.service()) != Url::parse(&self.url).ok() {
            return Err(CrmError::Refused(
                "its address is no longer the configured one: give the consent again".into(),
            ));
        }
        Ok(app.ask(&Grant::Refresh { token }, Clock::system().now()).await?)
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
        kind: connection.kind,
        url: connection.url.clone(),
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
        NoApp::Vault(error) => error.into(),
        error @ (NoApp::Service(_) | NoApp::App(_)) => CrmError::Refused(error.to_string()),
    })?;
    if address(found.service()).is_none() {
        return Err(no_service(kind));
    }
    Ok(found)
}

/// Where the API of a sign-in service's CRM is; `None`: it opens none.
pub(super) fn address(service: &Service) -> Option<Url> {
    service.crm.as_deref().and_then(|crm| Url::parse(crm).ok())
}

fn no_service(kind: Kind) -> CrmError {
    CrmError::Refused(NoApp::Service(kind.as_str().to_owned()).to_string())
}

fn unavailable() -> CrmError {
    CrmError::Unreachable("signing in is not possible for now".into())
}

impl From<VaultError> for CrmError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            error if error.is_lost() => Self::NoPassword,
            _ => unavailable(),
        }
    }
}

impl From<NoExchange> for CrmError {
    fn from(_: NoExchange) -> Self {
        unavailable()
    }
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

//! A person lets us use their CRM: the authorization code flow (RFC 6749 §4.1), with PKCE (RFC 7636)
//! where the vendor has it, whose state is random, known only as a hash, used once, and good for ten
//! minutes. It opens a CRM anew, or one that is connected in place of what opened it before.

use super::connection::{self, ConnectError, Settings};
use super::http::Http;
use super::keys::{address, entry};
use super::pass::Pass;
use super::{CrmError, connection::Target};
use crate::clock::Millis;
use crate::source::oauth::{Grant, authorize_url, challenge};
use crate::store::crm_connections;
use crate::store::crm_consents::{self, CrmConsent};
use crate::store::{Db, StoreError, TenantId, tenants};
use crate::vault::Vault;
use crate::vault::secret::{self, Secret};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use zeroize::Zeroizing;

/// How long a person has to consent.
const LIFE: i64 = 10 * 60;

/// What both ends of the way need.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The way to CRMs, which knows the sign-in services.
    pub http: &'a Http,
    /// The database.
    pub db: &'a Db,
    /// Seals the tokens.
    pub vault: &'a Vault,
    /// Where the person comes back to.
    pub redirect: &'a str,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum NoConsent {
    /// The state is unknown, used, or too old.
    #[error("this link was used already or is older than ten minutes: ask for a new one")]
    Unknown,
    /// Another account than the connected one was signed in to.
    #[error(
        "another account was opened than the one that is connected: sign in to that one, or disconnect \
         it first"
    )]
    OtherAccount,
    /// The CRM gave no lasting token.
    #[error("the CRM gave no lasting permission: withdraw the app's access there and try again")]
    NotLasting,
    /// The CRM does not let us in with what it gave.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl From<CrmError> for NoConsent {
    fn from(error: CrmError) -> Self {
        Self::Connect(error.into())
    }
}

impl From<StoreError> for NoConsent {
    fn from(error: StoreError) -> Self {
        Self::Connect(error.into())
    }
}

impl Desk<'_> {
    /// Where to send a person, and until when it is good.
    pub async fn begin(&self, meant: &CrmConsent, now: Millis) -> Result<(Url, Millis), NoConsent> {
        let state = Secret::new("");
        let expires_at = now.plus_secs(LIFE);
        let verifier = self.verifier(&meant.tenant, state.plain()).await?;
        let mut tx = self.db.begin_write().await?;
        let (_, service, app) =
            entry(self.http, &mut tx, self.vault, &meant.tenant, meant.kind).await?;
        let mut url = authorize_url(service, &app)
            .ok_or_else(|| CrmError::Refused("its sign-in service has no address".into()))?;
        crm_consents::add(&mut tx, &state.hash(), meant, expires_at).await?;
        tx.commit().await.map_err(StoreError::from)?;
        url.query_pairs_mut()
            .append_pair("client_id", &app.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", self.redirect)
            .append_pair("scope", &service.scope)
            .append_pair("state", state.plain());
        if !service.without_pkce {
            url.query_pairs_mut()
                .append_pair("code_challenge", &challenge(&verifier))
                .append_pair("code_challenge_method", "S256");
        }
        Ok((url, expires_at))
    }

    /// Redeems what a person came back with, tries the CRM with it, and connects it; one that is
    /// connected already goes on where it was.
    pub async fn finish(
        &self,
        state: &str,
        code: &SecretString,
        now: Millis,
    ) -> Result<CrmConsent, NoConsent> {
        let mut tx = self.db.begin_write().await?;
        let meant = crm_consents::take(&mut tx, &secret::hash(state), now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let meant = meant.ok_or(NoConsent::Unknown)?;
        let mut conn = self.db.read().await?;
        let (services, service, app) =
            entry(self.http, &mut conn, self.vault, &meant.tenant, meant.kind).await?;
        drop(conn);
        let verifier = self.verifier(&meant.tenant, state).await?;
        let verifier = if service.without_pkce { "" } else { verifier.as_str() };
        let grant = Grant::Code { code, redirect: self.redirect, verifier };
        let tokens = services.ask(service, &app, &grant, now).await.map_err(CrmError::from)?;
        let refresh = tokens.refresh.ok_or(NoConsent::NotLasting)?;
        let url = address(service).ok_or(NoConsent::Unknown)?;
        let settings =
            Settings { kind: meant.kind, url, username: String::new(), password: Some(refresh) };
        let access = Zeroizing::new(tokens.access.expose_secret().to_owned());
        let target =
            connection::find(self.http, &settings, Zeroizing::default(), Pass::access(access))
                .await?;
        self.save(&meant, &settings, &target, now).await?;
        Ok(meant)
    }

    async fn save(
        &self,
        meant: &CrmConsent,
        settings: &Settings,
        target: &Target,
        now: Millis,
    ) -> Result<(), NoConsent> {
        let mut tx = self.db.begin_write().await?;
        let before = crm_connections::get(&mut tx, &meant.tenant).await?;
        let is_other =
            before.is_some_and(|it| it.kind == meant.kind && it.username != target.username);
        if is_other {
            return Err(NoConsent::OtherAccount);
        }
        let service = meant.kind.as_str();
        connection::keep(&mut tx, self.vault, &meant.tenant, (settings, target), service, now)
            .await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// The PKCE verifier: made of the state, which only the person's browser carries, and the
    /// tenant's key, which only we have. Nothing has to be kept.
    async fn verifier(&self, tenant: &TenantId, state: &str) -> Result<String, NoConsent> {
        let mut conn = self.db.read().await?;
        let key = tenants::hash_key(&mut conn, self.vault, tenant).await;
        let key = key.map_err(|_| CrmError::Unreachable("the vault is not available".into()))?;
        Ok(key.ok_or(NoConsent::Unknown)?.digest("crm consent", &[state.as_bytes()]))
    }
}

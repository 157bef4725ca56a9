//! A person lets us read their mailbox: the authorization code flow with PKCE (RFC 7636), whose state
//! is random, known only as a hash, used once, and good for ten minutes.

use super::check::check;
use super::connect::Connector;
use super::error::ConnectError;
use super::keys::NoKey;
use super::settings::{Credential, Settings};
use crate::clock::Millis;
use crate::config::Service;
use crate::contact::EmailAddress;
use crate::matching::fold::is_free_mail;
use crate::source::oauth::{self, Grant, Services};
use crate::store::mailboxes::{self, Kind, NewMailbox};
use crate::store::oauth::{App, Consent, Given, add_consent, app, give, take_consent};
use crate::store::{Conn, Db, MailboxId, Security, StoreError, TenantId, exclusions, tenants};
use crate::vault::secret::{self, Secret};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use url::Url;

/// How long a person has to consent.
const LIFE: i64 = 10 * 60;

/// What both ends of the way need.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The database.
    pub db: &'a Db,
    /// Seals the tokens.
    pub vault: &'a Vault,
    /// Knows the sign-in services, and tries the mailbox.
    pub connector: &'a Connector,
    /// Where the person comes back to.
    pub redirect: &'a str,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum NoConsent {
    /// The state is unknown, used, or too old.
    #[error("this link was used already or is older than ten minutes: ask for a new one")]
    Unknown,
    /// Another account signed in.
    #[error(
        "another account signed in than the mailbox that is to be connected: sign out there, open \
         the link again and choose the account of {0}"
    )]
    OtherAccount(String),
    /// The service gave no lasting token.
    #[error(
        "the sign-in service gave no lasting permission: withdraw the app's access there and try again"
    )]
    NotLasting,
    /// The mail server does not let us in with what it gave.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Something failed on the way.
    #[error(transparent)]
    Key(#[from] NoKey),
}

impl From<StoreError> for NoConsent {
    fn from(error: StoreError) -> Self {
        Self::Key(error.into())
    }
}

impl From<VaultError> for NoConsent {
    fn from(error: VaultError) -> Self {
        Self::Key(error.into())
    }
}

impl Desk<'_> {
    /// The service, and the tenant's app there.
    async fn app(
        &self,
        tenant: &TenantId,
        name: &str,
    ) -> Result<(&Services, &Service, App), NoKey> {
        let services = self.connector.services();
        let (services, service) = services
            .and_then(|services| Some((services, services.get(name)?)))
            .filter(|(_, service)| service.imap().is_some())
            .ok_or_else(|| NoKey::NoService(name.to_owned()))?;
        let found = app(&mut *self.db.read().await?, self.vault, tenant, name).await?;
        Ok((services, service, found.ok_or_else(|| NoKey::NoApp(name.to_owned()))?))
    }

    /// Where to send a person, and until when it is good.
    pub async fn begin(&self, meant: &Consent, now: Millis) -> Result<(Url, Millis), NoConsent> {
        let state = Secret::new("");
        let expires_at = now.plus_secs(LIFE);
        let verifier = self.verifier(&meant.tenant, state.plain()).await?;
        let (_, service, app) = self.app(&meant.tenant, &meant.service).await?;
        let mut url = oauth::authorize_url(service, &app)
            .ok_or_else(|| NoKey::NoService(meant.service.clone()))?;
        let mut tx = self.db.begin_write().await?;
        add_consent(&mut tx, &state.hash(), meant, expires_at).await?;
        tx.commit().await.map_err(StoreError::from)?;
        url.query_pairs_mut()
            .append_pair("client_id", &app.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", self.redirect)
            .append_pair("scope", &service.scope)
            .append_pair("state", state.plain())
            .append_pair("code_challenge", &oauth::challenge(&verifier))
            .append_pair("code_challenge_method", "S256")
            .append_pair("login_hint", &meant.username);
        Ok((url, expires_at))
    }

    /// Redeems what a person came back with, tries the mailbox with it, and connects it; one that is
    /// there already gets the new consent in place and goes on where it was.
    pub async fn finish(
        &self,
        state: &str,
        code: &SecretString,
        now: Millis,
    ) -> Result<(Consent, MailboxId), NoConsent> {
        let mut tx = self.db.begin_write().await?;
        let meant = take_consent(&mut tx, &secret::hash(state), now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let meant = meant.ok_or(NoConsent::Unknown)?;
        let address = EmailAddress::parse(&meant.address).ok_or(NoConsent::Unknown)?;
        let (services, service, app) = self.app(&meant.tenant, &meant.service).await?;
        let verifier = self.verifier(&meant.tenant, state).await?;
        let grant = Grant::Code { code, redirect: self.redirect, verifier: &verifier };
        let tokens = services.ask(service, &app, &grant, now).await.map_err(NoKey::from)?;
        let names = tokens.id_token.as_ref().map(oauth::account_names).unwrap_or_default();
        let is_meant = |name: &String| {
            [&meant.username, &meant.address].iter().any(|meant| meant.eq_ignore_ascii_case(name))
        };
        if !names.is_empty() && !names.iter().any(is_meant) {
            return Err(NoConsent::OtherAccount(address.masked()));
        }
        let refresh_token = tokens.refresh.ok_or(NoConsent::NotLasting)?;
        let (host, port) = service.imap().ok_or_else(|| NoKey::NoService(meant.service.clone()))?;
        let settings = Settings {
            host: host.to_owned(),
            port,
            security: Security::Tls,
            username: meant.username.clone(),
            credential: Credential::AccessToken(tokens.access),
            folder: meant.folder.clone(),
        };
        check(self.connector, &settings).await?;
        let given = Given {
            service: &meant.service,
            host,
            port,
            username: &meant.username,
            refresh_token: &refresh_token,
        };
        let mut tx = self.db.begin_write().await?;
        let id = save(&mut tx, self.vault, (&meant, &address), &given, now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok((meant, id))
    }

    /// The PKCE verifier: made of the state, which only the person's browser carries, and the
    /// tenant's key, which only we have. Nothing has to be kept.
    async fn verifier(&self, tenant: &TenantId, state: &str) -> Result<String, NoConsent> {
        let mut conn = self.db.read().await?;
        let key = tenants::hash_key(&mut conn, self.vault, tenant).await?;
        Ok(key.ok_or(NoConsent::Unknown)?.digest("oauth consent", &[state.as_bytes()]))
    }
}

/// Its domain becomes one of the tenant's own, unless anybody can have an address there.
async fn save(
    conn: &mut Conn,
    vault: &Vault,
    (meant, address): (&Consent, &EmailAddress),
    given: &Given<'_>,
    now: Millis,
) -> Result<MailboxId, StoreError> {
    let tenant = &meant.tenant;
    let there = mailboxes::list(conn, tenant).await?.into_iter().find(|mailbox| {
        mailbox.kind == Kind::Imap
            && mailbox.address.eq_ignore_ascii_case(&meant.address)
            && mailbox.folder == meant.folder
    });
    let id = if let Some(mailbox) = there {
        mailbox.id
    } else {
        let new = NewMailbox {
            tenant: tenant.clone(),
            list: meant.list.clone(),
            kind: Kind::Imap,
            address: meant.address.clone(),
            host: given.host.to_owned(),
            port: given.port,
            security: Security::Tls,
            username: meant.username.clone(),
            password: given.refresh_token.clone(),
            folder: meant.folder.clone(),
            backfill_days: meant.backfill_days,
        };
        let id = mailboxes::create(conn, vault, &new, now).await?;
        let domain = address.registrable_domain();
        if !is_free_mail(&domain) {
            exclusions::add_own_domain(conn, tenant, &domain, now).await?;
        }
        id
    };
    give(conn, vault, (tenant, &id), given, now).await?;
    Ok(id)
}

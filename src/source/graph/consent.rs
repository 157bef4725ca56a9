//! A person lets us read their mailbox: the authorization code flow with PKCE (RFC 7636), whose state
//! is random, known only as a hash, used once, and good for ten minutes.

use super::access;
use super::calls::Calls;
use super::connect::{New, save};
use super::connector::Connector;
use super::fault::Fault;
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::source::oauth::{self, Grant};
use crate::store::graph::{self, Access, Consent};
use crate::store::{Db, MailboxId, StoreError, TenantId, tenants};
use crate::vault::secret::{self, Secret};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use url::Url;

/// How long a person has to consent.
const LIFE: i64 = 10 * 60;

/// What is asked for: to read the mail, to see whose it is, and to do so later too.
const SCOPE: &str = "offline_access User.Read Mail.Read";

/// What both ends of the way need.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The database.
    pub db: &'a Db,
    /// Seals the tokens.
    pub vault: &'a Vault,
    /// Where Microsoft is.
    pub connector: &'a Connector,
    /// Where the person comes back to.
    pub redirect: &'a str,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The state is unknown, used, or too old.
    #[error("this link was used already or is older than ten minutes: ask for a new one")]
    Unknown,
    /// Another account signed in.
    #[error(
        "another account signed in than the mailbox that is to be connected: sign out at Microsoft, \
         open the link again and choose the account of {0}"
    )]
    OtherAccount(String),
    /// Microsoft gave no lasting token.
    #[error("Microsoft gave no lasting permission: allow the app offline_access and try again")]
    NotLasting,
    /// Something failed on the way.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for ConsentError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<VaultError> for ConsentError {
    fn from(error: VaultError) -> Self {
        Self::Fault(error.into())
    }
}

/// Where to send a person, and until when it is good.
pub async fn begin_consent(
    desk: &Desk<'_>,
    meant: &Consent,
    now: Millis,
) -> Result<(Url, Millis), ConsentError> {
    let state = Secret::new("");
    let expires_at = now.plus_secs(LIFE);
    let verifier = verifier(desk, &meant.tenant, state.plain()).await?;
    let mut tx = desk.db.begin_write().await?;
    let app = graph::app(&mut tx, desk.vault, &meant.tenant).await?.ok_or(Fault::NoApp)?;
    graph::add_consent(&mut tx, &state.hash(), meant, expires_at).await?;
    tx.commit().await.map_err(StoreError::from)?;
    let mut url = desk.connector.authorize_url(&app);
    url.query_pairs_mut()
        .append_pair("client_id", &app.client_id)
        .append_pair("response_type", "code")
        .append_pair("response_mode", "query")
        .append_pair("redirect_uri", desk.redirect)
        .append_pair("scope", SCOPE)
        .append_pair("state", state.plain())
        .append_pair("code_challenge", &oauth::challenge(&verifier))
        .append_pair("code_challenge_method", "S256")
        .append_pair("login_hint", &meant.address)
        .append_pair("prompt", "select_account");
    Ok((url, expires_at))
}

/// Redeems what a person came back with, and connects the mailbox that was meant.
pub async fn finish_consent(
    desk: &Desk<'_>,
    state: &str,
    code: &SecretString,
    now: Millis,
) -> Result<(Consent, MailboxId), ConsentError> {
    let mut tx = desk.db.begin_write().await?;
    let meant = graph::take_consent(&mut tx, &secret::hash(state), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    let meant = meant.ok_or(ConsentError::Unknown)?;
    let address = EmailAddress::parse(&meant.address).ok_or(ConsentError::Unknown)?;
    let app = {
        let mut conn = desk.db.read().await?;
        graph::app(&mut conn, desk.vault, &meant.tenant).await?.ok_or(Fault::NoApp)?
    };
    let verifier = verifier(desk, &meant.tenant, state).await?;
    let grant = Grant::Code { code, redirect: desk.redirect, verifier: &verifier };
    let tokens = access::ask(desk.connector, &app, &grant, now).await?;
    let calls = Calls::new(desk.connector, &meant.address, &tokens.access)?;
    if !calls.account().await?.is(&meant.address) {
        return Err(ConsentError::OtherAccount(address.masked()));
    }
    let refresh_token = tokens.refresh.ok_or(ConsentError::NotLasting)?;
    let new = New {
        tenant: meant.tenant.clone(),
        list: meant.list.clone(),
        username: address.to_string(),
        address,
        folder: meant.folder.clone(),
        backfill_days: meant.backfill_days,
        access: Access::Delegated,
        refresh_token,
    };
    let mut tx = desk.db.begin_write().await?;
    let id = save(&mut tx, desk.vault, new, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok((meant, id))
}

/// The PKCE verifier: made of the state, which only the person's browser carries, and the tenant's
/// key, which only we have. Nothing has to be kept.
async fn verifier(desk: &Desk<'_>, tenant: &TenantId, state: &str) -> Result<String, ConsentError> {
    let mut conn = desk.db.read().await?;
    let key =
        tenants::hash_key(&mut conn, desk.vault, tenant).await?.ok_or(ConsentError::Unknown)?;
    Ok(key.digest("graph consent", &[state.as_bytes()]))
}

//! A person is sent to consent and comes back: the authorization code flow (RFC 6749 §4.1) with PKCE
//! (RFC 7636) where the service has it, whose state is random, known only as a hash, used once, and good for ten minutes.
//!
//! What the consent is to open ([`Purpose`](crate::store::consents::Purpose)) is another's business:
//! it asks its [`Question`] with [`Desk::send`], and redeems what [`Desk::receive`] gives.

use super::client::Grant;
use super::pkce::challenge;
use crate::clock::Millis;
use crate::store::consents::{self, Consent};
use crate::store::{Db, StoreError, TenantId, tenants};
use crate::vault::secret::{self, Secret};
use crate::vault::{Vault, VaultError};
use secrecy::SecretString;
use url::Url;

/// How long a person has to consent.
const LIFE: i64 = 10 * 60;

/// What both ends of the way need.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The database.
    pub db: &'a Db,
    /// Knows the tenants' keys.
    pub vault: &'a Vault,
    /// Where the person comes back to.
    pub redirect: &'a str,
}

/// What a person is asked, and where.
#[derive(Debug)]
pub struct Question<'a> {
    /// Where they consent, with what only this service wants in the query.
    pub url: Url,
    /// The app that asks.
    pub client_id: &'a str,
    /// What it asks for.
    pub scope: &'a str,
    /// The account that is meant; empty: whichever it is.
    pub account: &'a str,
    /// Whether the code is bound to who asks (RFC 7636).
    pub is_bound: bool,
}

/// With what a person came back.
#[derive(Debug)]
pub struct Returned<'a> {
    code: &'a SecretString,
    redirect: &'a str,
    verifier: String,
}

impl Returned<'_> {
    /// What is given for tokens.
    pub fn grant(&self) -> Grant<'_> {
        Grant::Code { code: self.code, redirect: self.redirect, verifier: &self.verifier }
    }
}

/// Why nothing came of a consent, whatever it was to open.
#[derive(Debug, thiserror::Error)]
pub enum NoConsent {
    /// The state is unknown, used, or too old.
    #[error("this link was used already or is older than ten minutes: ask for a new one")]
    Unknown,
    /// Another account signed in.
    #[error(
        "another account signed in than the one that is to be connected: sign out there, ask for another \
         link and choose the account of {0}"
    )]
    OtherAccount(String),
    /// No lasting token was given.
    #[error(
        "the sign-in service gave no lasting permission: withdraw the app's access there (at \
         Microsoft allow it offline_access), and ask for another link"
    )]
    NotLasting,
    /// The tenant's key cannot be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<'a> Desk<'a> {
    /// Where to send a person, and until when it is good.
    pub async fn send(
        &self,
        consent: &Consent,
        question: Question<'_>,
        now: Millis,
    ) -> Result<(Url, Millis), NoConsent> {
        let state = Secret::new("");
        let expires_at = now.plus_secs(LIFE);
        let verifier = self.verifier(&consent.tenant, state.plain()).await?;
        let mut tx = self.db.begin_write().await?;
        consents::add(&mut tx, &state.hash(), consent, expires_at).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let mut url = question.url;
        url.query_pairs_mut()
            .append_pair("client_id", question.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", self.redirect)
            .append_pair("scope", question.scope)
            .append_pair("state", state.plain());
        if question.is_bound {
            url.query_pairs_mut()
                .append_pair("code_challenge", &challenge(&verifier))
                .append_pair("code_challenge_method", "S256");
        }
        if !question.account.is_empty() {
            url.query_pairs_mut().append_pair("login_hint", question.account);
        }
        Ok((url, expires_at))
    }

    /// What was meant when somebody was sent who comes back with `state` and `code`, once.
    pub async fn receive<'c>(
        &self,
        state: &str,
        code: &'c SecretString,
        now: Millis,
    ) -> Result<(Consent, Returned<'c>), NoConsent>
    where
        'a: 'c,
    {
        let mut tx = self.db.begin_write().await?;
        let consent = consents::take(&mut tx, &secret::hash(state), now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let consent = consent.ok_or(NoConsent::Unknown)?;
        let verifier = self.verifier(&consent.tenant, state).await?;
        Ok((consent, Returned { code, redirect: self.redirect, verifier }))
    }

    /// The PKCE verifier: made of the state, which only the person's browser carries, and the
    /// tenant's key, which only we have. Nothing has to be kept.
    async fn verifier(&self, tenant: &TenantId, state: &str) -> Result<String, NoConsent> {
        let mut conn = self.db.read().await?;
        let key = tenants::hash_key(&mut conn, self.vault, tenant).await?;
        Ok(key.ok_or(NoConsent::Unknown)?.digest("oauth consent", &[state.as_bytes()]))
    }
}

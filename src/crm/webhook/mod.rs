//! The outgoing webhook: a tenant's own programs are told what happens, for whatever has no connector
//! of its own. Signed as <https://www.standardwebhooks.com> says, at least once, in no certain order;
//! `timestamp` says what is newer.

mod body;
mod sign;

pub use sign::new_secret;

use super::CrmError;
use super::http::Http;
use crate::clock::Clock;
use crate::store::webhooks::{self, Event, State, Webhook};
use crate::store::{Db, StoreError, TenantId};
use crate::vault::{Vault, VaultError};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

/// How much of an answer is read; none of it is used.
const MAX_ANSWER: usize = 64 * 1024;

/// Longest address.
const MAX_URL: usize = 2000;

/// What it takes to tell somebody.
#[derive(Debug, Clone, Copy)]
pub struct Messenger<'a> {
    /// Reaches the receiver.
    pub http: &'a Http,
    /// The database.
    pub db: &'a Db,
    /// Opens the secret.
    pub vault: &'a Vault,
    /// Tells the time that is signed.
    pub clock: &'a Clock,
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// There is no webhook, or none that wants to be told any more.
    #[error("no webhook is set, or its receiver wants no more: set it again")]
    NoWebhook,
    /// The address cannot be one.
    #[error(
        "the webhook's address is not allowed: https, a public host, port 443 or 8443; the operator \
         can allow more (crm.allow_private_hosts, hosts.extra_ports)"
    )]
    NotAllowed,
    /// The receiver wants no more.
    #[error("the webhook's receiver wants no more events (status 410): set the webhook again")]
    Gone,
    /// The receiver does not take it.
    #[error("the webhook's receiver does not take events (status {0}): look at its log")]
    Refused(u16),
    /// The receiver asks to wait, is not there, or does not answer.
    #[error("the webhook's receiver cannot be reached or asks us to wait; it is tried again")]
    Unreachable(Option<std::time::Duration>),
    /// The stored secret cannot be opened.
    #[error("the webhook's secret cannot be opened: set the webhook again")]
    NoSecret,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VaultError> for NotTold {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            _ => Self::NoSecret,
        }
    }
}

/// Checks an address before it is saved: none that could not be asked.
pub fn check_url(http: &Http, text: &str) -> Result<Url, NotTold> {
    let url = Url::parse(text).map_err(|_| NotTold::NotAllowed)?;
    let usable = text.len() <= MAX_URL && http.allows(&url) && url.username().is_empty();
    if usable { Ok(url) } else { Err(NotTold::NotAllowed) }
}

impl Messenger<'_> {
    /// Tells of an event; `id` is the same whenever it is tried again. What is not true any more (the
    /// contact was taken back) is not told.
    pub async fn tell(&self, tenant: &TenantId, id: &str, event: &Event) -> Result<(), NotTold> {
        let data = body::data(&mut *self.db.read().await?, tenant, event).await?;
        let Some(data) = data else { return Ok(()) };
        let message = message(event.name(), &event.at().to_rfc3339(), &data);
        self.post(tenant, id, &message).await
    }

    /// Posts something that means nothing, so that one sees whether it arrives.
    pub async fn test(&self, tenant: &TenantId, id: &str) -> Result<(), NotTold> {
        let at = self.clock.now().to_rfc3339();
        self.post(tenant, id, &message("webhook.test", &at, &json!({}))).await
    }

    /// Posts a message, and notes how the webhook fares.
    async fn post(&self, tenant: &TenantId, id: &str, message: &str) -> Result<(), NotTold> {
        let mut conn = self.db.read().await?;
        let webhook = webhooks::get(&mut conn, tenant).await?;
        let webhook =
            webhook.filter(|known| known.state != State::Gone).ok_or(NotTold::NoWebhook)?;
        let secret = webhooks::secret(&mut conn, self.vault, tenant).await?;
        drop(conn);
        let secret = secret.ok_or(NotTold::NoWebhook)?;
        let posted = self.send(&webhook, &secret, id, message).await;
        let detail = posted.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let state = match &posted {
            Ok(()) => State::Ready,
            Err(NotTold::Gone) => State::Gone,
            Err(_) => State::Failing,
        };
        if (state, &detail) != (webhook.state, &webhook.state_detail) {
            let now = self.clock.now();
            let mut tx = self.db.begin_write().await?;
            let fares = (state, detail.as_str());
            webhooks::set_state(&mut tx, tenant, webhook.changed_at, fares, now).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        posted
    }

    async fn send(
        &self,
        webhook: &Webhook,
        secret: &SecretString,
        id: &str,
        message: &str,
    ) -> Result<(), NotTold> {
        let url = check_url(self.http, &webhook.url)?;
        let seconds = (self.clock.now().0 / 1000).to_string();
        let signature = sign::signature(secret, id, &seconds, message).ok_or(NotTold::NoSecret)?;
        let request = self
            .http
            .client()
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", &seconds)
            .header("webhook-signature", signature)
            .body(message.to_owned());
        match self.http.send(request, MAX_ANSWER).await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) if answer.status == StatusCode::GONE => Err(NotTold::Gone),
            Ok(answer) => Err(NotTold::Refused(answer.status.as_u16())),
            // An answer that is too long is an answer.
            Err(CrmError::Refused(_)) => Err(NotTold::Refused(0)),
            Err(CrmError::Throttled(wait)) => Err(NotTold::Unreachable(wait)),
            Err(CrmError::Away(wait)) => Err(NotTold::Unreachable(Some(wait))),
            Err(_) => Err(NotTold::Unreachable(None)),
        }
    }
}

fn message(name: &str, at: &str, data: &Value) -> String {
    json!({"type": name, "timestamp": at, "data": data}).to_string()
}

//! A person lets us read their mailbox at Microsoft 365.

use super::access;
use super::calls::Calls;
use super::connect::{New, save};
use super::connector::Connector;
use super::fault::Fault;
use super::personal::{self, directory_of};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::source::oauth::{Desk, NoConsent, Question, Returned};
use crate::store::consents::{Consent, MeantMailbox, Purpose};
use crate::store::graph::{self, Access, App};
use crate::store::{MailboxId, StoreError, TenantId};
use crate::vault::VaultError;
use url::Url;

/// What is asked for: to read the mail, to see whose it is, and to do so later too.
const SCOPE: &str = "offline_access User.Read Mail.Read";

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The way there or back failed.
    #[error(transparent)]
    Consent(#[from] NoConsent),
    /// Microsoft does not let us in.
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

/// What a consent to a mailbox at Microsoft 365 means; another was sent from elsewhere.
fn meant(consent: &Consent) -> Result<&MeantMailbox, NoConsent> {
    match &consent.purpose {
        Purpose::Graph { mailbox } => Ok(mailbox),
        Purpose::Imap { .. } | Purpose::Crm { .. } => Err(NoConsent::Unknown),
    }
}

async fn app(desk: &Desk<'_>, tenant: &TenantId) -> Result<App, ConsentError> {
    let mut conn = desk.db.read().await?;
    Ok(graph::app(&mut conn, desk.vault, tenant).await?.ok_or(Fault::NoApp)?)
}

/// Where to send a person, and until when it is good.
pub async fn begin_consent(
    connector: &Connector,
    desk: &Desk<'_>,
    consent: &Consent,
    now: Millis,
) -> Result<(Url, Millis), ConsentError> {
    let account = &meant(consent)?.address;
    let app = app(desk, &consent.tenant).await?;
    personal::check_admitted(connector, &app, (account, desk.redirect), now).await?;
    let mut url = connector.authorize_url(directory_of(&app, account));
    url.query_pairs_mut()
        .append_pair("response_mode", "query")
        .append_pair("prompt", "select_account");
    let question =
        Question { url, client_id: &app.client_id, scope: SCOPE, account, is_bound: true };
    Ok(desk.send(consent, question, now).await?)
}

/// Redeems what a person came back with, and connects the mailbox that was meant.
pub async fn finish_consent(
    connector: &Connector,
    desk: &Desk<'_>,
    (consent, returned): (&Consent, &Returned<'_>),
    now: Millis,
) -> Result<MailboxId, ConsentError> {
    let meant = meant(consent)?;
    let address = EmailAddress::parse(&meant.address).ok_or(NoConsent::Unknown)?;
    let app = app(desk, &consent.tenant).await?;
    let directory = directory_of(&app, &meant.address);
    let tokens = access::ask(connector, &app, directory, &returned.grant(), now).await?;
    let calls = Calls::new(connector, &app, &meant.address, &tokens.access)?;
    if !calls.account().await?.is(&meant.address) {
        return Err(NoConsent::OtherAccount(address.masked()).into());
    }
    let refresh_token = tokens.refresh.ok_or(NoConsent::NotLasting)?;
    let new = New {
        tenant: consent.tenant.clone(),
        list: meant.list.clone(),
        username: meant.username.clone(),
        address,
        folder: meant.folder.clone(),
        backfill_days: meant.backfill_days,
        access: Access::Delegated,
        refresh_token,
    };
    let mut tx = desk.db.begin_write().await?;
    let id = save(&mut tx, desk.vault, new, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(id)
}

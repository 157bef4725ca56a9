//! A person lets us read their mailbox on an IMAP server.

use super::check::check_again;
use super::connect::Connector;
use super::error::ConnectError;
use super::keys::NoKey;
use super::settings::{Credential, Settings};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::matching::fold::is_free_mail;
use crate::source::oauth::{self, Desk, NoConsent, Registered, Returned};
use crate::store::consents::{Consent, MeantMailbox, Purpose};
use crate::store::mailboxes::{self, Kind, NewMailbox};
use crate::store::oauth::{Given, give};
use crate::store::{Conn, MailboxId, Security, StoreError, TenantId, exclusions};
use crate::vault::Vault;
use url::Url;

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The way there or back failed.
    #[error(transparent)]
    Consent(#[from] NoConsent),
    /// The mail server does not let us in with what it gave.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The sign-in service gives no token.
    #[error(transparent)]
    Key(#[from] NoKey),
}

impl From<StoreError> for ConsentError {
    fn from(error: StoreError) -> Self {
        Self::Key(error.into())
    }
}

/// What a consent to a mailbox on an IMAP server means; another was sent from elsewhere.
fn meant(consent: &Consent) -> Result<(&str, &MeantMailbox), NoConsent> {
    match &consent.purpose {
        Purpose::Imap { service, mailbox } => Ok((service, mailbox)),
        Purpose::Graph { .. } | Purpose::Crm { .. } => Err(NoConsent::Unknown),
    }
}

/// Where to send a person, and until when it is good.
pub async fn begin_consent(
    connector: &Connector,
    desk: &Desk<'_>,
    consent: &Consent,
    now: Millis,
) -> Result<(Url, Millis), ConsentError> {
    let (service, mailbox) = meant(consent)?;
    let at = (desk.db, desk.vault);
    let app = Registered::find(connector.services(), at, &consent.tenant, service).await;
    let app = app.map_err(NoKey::from)?;
    app.service().imap().ok_or_else(|| NoKey::NoService(service.to_owned()))?;
    let question = app.question(&mailbox.username);
    let question = question.ok_or_else(|| NoKey::NoService(service.to_owned()))?;
    Ok(desk.send(consent, question, now).await?)
}

/// Redeems what a person came back with, tries the mailbox with it, and connects it; one that is there
/// already gets the new consent in place and goes on where it was.
pub async fn finish_consent(
    connector: &Connector,
    desk: &Desk<'_>,
    (consent, returned): (&Consent, &Returned<'_>),
    now: Millis,
) -> Result<MailboxId, ConsentError> {
    let (service, mailbox) = meant(consent)?;
    let address = EmailAddress::parse(&mailbox.address).ok_or(NoConsent::Unknown)?;
    let at = (desk.db, desk.vault);
    let app = Registered::find(connector.services(), at, &consent.tenant, service).await;
    let app = app.map_err(NoKey::from)?;
    let tokens = app.ask(&returned.grant(), now).await.map_err(NoKey::from)?;
    let names = tokens.id_token.as_ref().map(oauth::account_names).unwrap_or_default();
    let is_meant = |name: &String| {
        [&mailbox.username, &mailbox.address].iter().any(|meant| meant.eq_ignore_ascii_case(name))
    };
    if !names.is_empty() && !names.iter().any(is_meant) {
        return Err(NoConsent::OtherAccount(address.masked()).into());
    }
    let refresh_token = tokens.refresh.ok_or(NoConsent::NotLasting)?;
    let imap = app.service().imap();
    let (host, port) = imap.ok_or_else(|| NoKey::NoService(service.to_owned()))?;
    let settings = Settings {
        host: host.to_owned(),
        port,
        security: Security::Tls,
        username: app.service().name_for_imap(&mailbox.username, &mailbox.address).to_owned(),
        credential: Credential::AccessToken(tokens.access),
        folder: mailbox.folder.clone(),
    };
    let checked = check_again(connector, &settings).await?;
    let username = &mailbox.username;
    let given = Given { service, host, port, username, refresh_token: &refresh_token };
    let mut tx = desk.db.begin_write().await?;
    let there = there(&mut tx, &consent.tenant, mailbox).await?;
    if there.is_none() && checked.is_none() {
        return Err(ConnectError::NoFolder.into());
    }
    let meant = (mailbox, &address, there);
    let id = save(&mut tx, desk.vault, &consent.tenant, meant, &given, now).await?;
    if let Some(end) = checked.and_then(|checked| checked.end) {
        mailboxes::begin_after(&mut tx, (&consent.tenant, &id), &end).await?;
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(id)
}

/// The mailbox that is meant, if it is connected already.
async fn there(
    conn: &mut Conn,
    tenant: &TenantId,
    meant: &MeantMailbox,
) -> Result<Option<MailboxId>, StoreError> {
    let there = mailboxes::list(conn, tenant).await?.into_iter().find(|mailbox| {
        mailbox.kind == Kind::Imap
            && mailbox.address.eq_ignore_ascii_case(&meant.address)
            && mailbox.folder == meant.folder
    });
    Ok(there.map(|mailbox| mailbox.id))
}

/// Its domain becomes one of the tenant's own, unless anybody can have an address there.
async fn save(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    (meant, address, there): (&MeantMailbox, &EmailAddress, Option<MailboxId>),
    given: &Given<'_>,
    now: Millis,
) -> Result<MailboxId, StoreError> {
    let id = if let Some(there) = there {
        there
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

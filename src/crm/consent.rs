//! A person lets us use their CRM. It is connected with that, or goes on in place of what opened it
//! before.

use super::connection::{self, ConnectError, Settings, Target};
use super::http::Http;
use super::keys::{address, entry};
use super::pass::Pass;
use super::{CrmError, former};
use crate::clock::Millis;
use crate::source::oauth::{Desk, NoConsent, Returned};
use crate::store::consents::{Consent, Purpose};
use crate::store::crm_connections::{self, Kind};
use crate::store::{Obstacle, StoreError, repeated};
use url::Url;
use zeroize::Zeroizing;

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The way there or back failed.
    #[error(transparent)]
    Consent(#[from] NoConsent),
    /// The CRM does not let us in with what it gave.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl From<CrmError> for ConsentError {
    fn from(error: CrmError) -> Self {
        Self::Connect(error.into())
    }
}

impl From<StoreError> for ConsentError {
    fn from(error: StoreError) -> Self {
        Self::Connect(error.into())
    }
}

impl Obstacle for ConnectError {
    fn may_pass_if_repeated(&self) -> bool {
        matches!(self, Self::Crm(CrmError::Store(error)) if error.may_pass_if_repeated())
    }
}

impl Obstacle for ConsentError {
    fn may_pass_if_repeated(&self) -> bool {
        matches!(self, Self::Connect(error) if error.may_pass_if_repeated())
    }
}

/// What a consent to a CRM means; another was sent from elsewhere.
fn meant(consent: &Consent) -> Result<Kind, NoConsent> {
    match consent.purpose {
        Purpose::Crm { kind } => Ok(kind),
        Purpose::Imap { .. } | Purpose::Graph { .. } => Err(NoConsent::Unknown),
    }
}

/// Where to send a person, and until when it is good.
pub async fn begin(
    http: &Http,
    desk: &Desk<'_>,
    consent: &Consent,
    now: Millis,
) -> Result<(Url, Millis), ConsentError> {
    let kind = meant(consent)?;
    let app = entry(http, (desk.db, desk.vault), &consent.tenant, kind).await?;
    let question = app.question("");
    let question =
        question.ok_or_else(|| CrmError::Refused("its sign-in service has no address".into()))?;
    Ok(desk.send(consent, question, now).await?)
}

/// Redeems what a person came back with, tries the CRM with it, and connects it; one that is connected
/// already goes on where it was.
pub async fn finish(
    http: &Http,
    desk: &Desk<'_>,
    (consent, returned): (&Consent, &Returned<'_>),
    now: Millis,
) -> Result<(), ConsentError> {
    let kind = meant(consent)?;
    let app = entry(http, (desk.db, desk.vault), &consent.tenant, kind).await?;
    let tokens = app.ask(&returned.grant(), now).await.map_err(CrmError::from)?;
    let refresh = tokens.refresh.ok_or(NoConsent::NotLasting)?;
    let url = address(app.service()).ok_or(NoConsent::Unknown)?;
    let settings = Settings { kind, url, username: String::new(), password: Some(refresh) };
    let target =
        connection::find(http, &settings, Zeroizing::default(), Pass::access(tokens.access))
            .await?;
    // A write may be settled at this moment.
    repeated(|| Box::pin(save(desk, consent, &settings, &target, now))).await?;
    Box::pin(former::forget_soon(desk.db, &consent.tenant, now)).await;
    Ok(())
}

async fn save(
    desk: &Desk<'_>,
    consent: &Consent,
    settings: &Settings,
    target: &Target,
    now: Millis,
) -> Result<(), ConsentError> {
    let mut tx = desk.db.begin_write().await?;
    let before = crm_connections::get(&mut tx, &consent.tenant).await?;
    if let Some(before) = before
        && before.kind == settings.kind
        && before.username != target.username
    {
        return Err(NoConsent::OtherAccount(before.username).into());
    }
    let (tenant, service) = (&consent.tenant, settings.kind.as_str());
    connection::keep(&mut tx, desk.vault, tenant, (settings, target), service, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

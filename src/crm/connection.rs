//! Connecting a tenant's CRM: what is checked before it is saved, and the way to it afterwards.

mod disconnect;
mod fares;
mod fields;
mod new_people;
mod secret_end;

pub use disconnect::remove;
pub(super) use fares::{note, note_read};
pub(super) use fields::noted_mapping;
pub use fields::{Accepting, Preview, check_mapping, mapping, owners, preview, save_mapping};
pub use new_people::check_new_people;
pub use secret_end::note_secret_end;

use super::carddav::{Book, CardDav};
use super::dynamics::{self, Dynamics};
use super::employer::Employers;
use super::http::Http;
use super::hubspot::HubSpot;
use super::mapping::Mapping;
use super::pass::Pass;
use super::pipedrive::Pipedrive;
use super::salesforce::{self, Salesforce};
use super::tryton::Tryton;
use super::{Crm, CrmError, keys};
use crate::clock::Millis;
use crate::source::oauth::BadCertificate;
use crate::store::crm_connections::{self, CrmConnection, Kind, State};
use crate::store::jobs::{self, NewJob};
use crate::store::{Conn, Db, StoreError, TenantId, tenants};
use crate::vault::{Place, Vault};
use disconnect::forget;
use secrecy::{ExposeSecret, SecretString};
use secret_end::secret_end;
use url::Url;
use zeroize::Zeroizing;

/// What an admin enters.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which CRM it is.
    pub kind: Kind,
    /// Where it is: of an address book its own address, or its server's; of Salesforce the org's My
    /// Domain; of Dynamics the environment's; of Tryton the database (`https://SERVER/DATABASE/`); of
    /// another cloud CRM its API.
    pub url: Url,
    /// The name to sign in with, of an app at Salesforce its consumer key, at Microsoft
    /// `CLIENT_ID@DIRECTORY`; who brings a token has none.
    pub username: String,
    /// The password or token, of an app at Microsoft its secret, or its certificate and key as PEM;
    /// `None` keeps the one that is stored.
    pub password: Option<SecretString>,
}

/// What was found where the settings point to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its address.
    pub url: Url,
    /// The name that it is signed in with, or the account that the token opens.
    pub username: String,
    /// What it is called.
    pub name: String,
}

/// Why a CRM was not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The password is needed: there is none, or address or user name changed.
    #[error(
        "enter the password: a stored one is only ever sent to the address and user it was entered for"
    )]
    PasswordNeeded,
    /// What was entered begins like a certificate, and is none that can sign.
    #[error(transparent)]
    Certificate(#[from] BadCertificate),
    /// The server has several address books, or none.
    #[error("{}", choice(.0))]
    Choose(Vec<Book>),
    /// The CRM does not do what is needed.
    #[error(transparent)]
    Crm(#[from] CrmError),
}

impl From<StoreError> for ConnectError {
    fn from(error: StoreError) -> Self {
        Self::Crm(error.into())
    }
}

fn choice(books: &[Book]) -> String {
    if books.is_empty() {
        return "no address book is there; enter the address of one".into();
    }
    let books: Vec<String> =
        books.iter().map(|book| format!("{} ({})", book.url, book.name)).collect();
    format!("there are several address books; enter the address of one: {}", books.join(", "))
}

/// Tries a CRM with the password given or stored, and finds what is meant there.
pub async fn check(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    settings: &Settings,
) -> Result<Target, ConnectError> {
    if let Some(password) = &settings.password {
        let password = Zeroizing::new(password.expose_secret().to_owned());
        let pass = Pass::token(&password);
        return find(http, settings, password, pass).await;
    }
    let stored = crm_connections::get(&mut *db.read().await?, tenant).await?;
    let stored = stored.filter(|before| goes_to_the_same(before, settings));
    let stored = stored.ok_or(ConnectError::PasswordNeeded)?;
    let password = password(db, vault, tenant, &stored).await?;
    let pass = pass(http, db, vault, tenant, &stored, &password);
    find(http, settings, password, pass).await
}

/// Finds what is meant where the settings point to: with the password, or what opens a cloud CRM.
pub(super) async fn find(
    http: &Http,
    settings: &Settings,
    password: Zeroizing<String>,
    pass: Pass,
) -> Result<Target, ConnectError> {
    match settings.kind {
        Kind::CardDav => {
            let (url, username) = (settings.url.clone(), settings.username.clone());
            let book = CardDav::new(http.clone(), url, &username, password, "");
            let mut books = book.books().await?;
            match books.pop() {
                Some(Book { url, name }) if books.is_empty() => Ok(Target { url, username, name }),
                last => Err(ConnectError::Choose(books.into_iter().chain(last).collect())),
            }
        }
        Kind::HubSpot => {
            let mapping = Mapping::usual(settings.kind).unwrap_or_default();
            let hubspot = HubSpot::new(http.clone(), settings.url.clone(), pass, mapping, "");
            let account = hubspot.check().await?;
            let name = format!("HubSpot account {account}");
            Ok(Target { url: settings.url.clone(), username: account, name })
        }
        Kind::Pipedrive => {
            let mapping = Mapping::usual(settings.kind).unwrap_or_default();
            let url = settings.url.clone();
            let pipedrive = Pipedrive::new(http.clone(), url.clone(), pass, mapping, "");
            let (username, company) = pipedrive.check().await?;
            Ok(Target { url, username, name: format!("Pipedrive account of {company}") })
        }
        Kind::Salesforce => {
            let mapping = Mapping::usual(settings.kind).unwrap_or_default();
            let (url, username) = (settings.url.clone(), settings.username.clone());
            let app = salesforce::App { url: url.clone(), key: username.clone(), secret: password };
            let org = Salesforce::new(http.clone(), app, mapping, "").check().await?;
            Ok(Target { url, username, name: format!("Salesforce org {org}") })
        }
        Kind::Dynamics => {
            let mapping = Mapping::usual(settings.kind).unwrap_or_default();
            let url = Dynamics::environment(settings.url.clone());
            let (username, app) = (settings.username.clone(), dynamics_app(&settings.username)?);
            let to = url.clone();
            Dynamics::new(http.clone(), to, app, &password, mapping, "")?.check().await?;
            let name = format!("Dynamics 365 at {}", url.host_str().unwrap_or_default());
            Ok(Target { url, username, name })
        }
        Kind::Tryton => {
            let (url, username) = (settings.url.clone(), settings.username.clone());
            let mapping = Mapping::usual(settings.kind).unwrap_or_default();
            let tryton = Tryton::new(http.clone(), url.clone(), &username, password, mapping, "");
            tryton.check().await?;
            let name = format!("Tryton database {}", url.path().trim_matches('/'));
            Ok(Target { url, username, name })
        }
    }
}

/// Saves a CRM that [`check`] has found at `target`; its records are read at once.
pub async fn save(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    settings: &Settings,
    target: &Target,
    now: Millis,
) -> Result<(), ConnectError> {
    let before = crm_connections::get(conn, tenant).await?;
    // Without a new password it is opened as before.
    let service = before.filter(|_| settings.password.is_none()).map(|it| it.oauth_service);
    keep(conn, vault, tenant, (settings, target), &service.unwrap_or_default(), now).await
}

/// As [`save`]; `oauth_service` names the sign-in service whose refresh token the password is.
pub(super) async fn keep(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    (settings, target): (&Settings, &Target),
    oauth_service: &str,
    now: Millis,
) -> Result<(), ConnectError> {
    // A refresh token that stays may be exchanged at this moment.
    crm_connections::hold(conn, tenant).await?;
    let before = crm_connections::get(conn, tenant).await?;
    let is_same = before.as_ref().is_some_and(|before| {
        before.kind == settings.kind
            && before.url == target.url.as_str()
            && (settings.kind.has_users() || before.username == target.username)
    });
    let password_sealed = match (&settings.password, &before) {
        (Some(password), _) => {
            vault.seal(&Place::crm_password(tenant), password.expose_secret().as_bytes())
        }
        (None, Some(before)) => before.password_sealed.clone(),
        (None, None) => return Err(ConnectError::PasswordNeeded),
    };
    if before.is_some() && !is_same {
        forget(conn, tenant).await?;
    }
    let connection = CrmConnection {
        kind: settings.kind,
        url: target.url.to_string(),
        username: target.username.clone(),
        password_sealed,
        oauth_service: oauth_service.to_owned(),
        state: State::Connecting,
        state_detail: String::new(),
        state_since: now,
        ill_since: before.as_ref().filter(|_| is_same).and_then(|it| it.ill_since),
        position: before
            .as_ref()
            .filter(|_| is_same)
            .map(|it| it.position.clone())
            .unwrap_or_default(),
        read_at: None,
        changed_at: now,
        since: before.as_ref().filter(|_| is_same).map_or(now, |it| it.since),
        new_people: before.as_ref().filter(|_| is_same).map(|it| it.new_people).unwrap_or_default(),
        secret_expires_at: secret_end(settings, before.as_ref().filter(|_| is_same))?,
        retry_at: None,
        mapping: before.filter(|_| is_same).map(|it| it.mapping).unwrap_or_default(),
    };
    crm_connections::put(conn, tenant, &connection).await?;
    jobs::enqueue(conn, &NewJob::recurring(tenant, jobs::Kind::ReadCrm, now), now).await?;
    jobs::hurry(conn, tenant, jobs::Kind::ReadCrm, now).await?;
    jobs::try_now(conn, tenant, jobs::Kind::WriteCrm, now).await?;
    Ok(())
}

/// The way to the tenant's connected CRM.
pub(super) async fn open(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
) -> Result<(Crm, CrmConnection), CrmError> {
    open_with(http, db, vault, tenant, mapping).await
}

/// The way there by the mapping that a write notes ([`noted_mapping`]).
pub(super) async fn open_by(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    noted: &str,
) -> Result<Crm, CrmError> {
    let then = |connection: &CrmConnection| fields::then(connection, noted);
    Ok(open_with(http, db, vault, tenant, then).await?.0)
}

/// As [`open_by`], for who takes back what we have written: that is ours, although its field is locked.
pub(super) async fn open_unlocked(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    noted: &str,
) -> Result<Crm, CrmError> {
    let then =
        |connection: &CrmConnection| Ok(fields::then(connection, noted)?.map(Mapping::unlocked));
    Ok(open_with(http, db, vault, tenant, then).await?.0)
}

async fn open_with(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    by: impl FnOnce(&CrmConnection) -> Result<Option<Mapping>, CrmError>,
) -> Result<(Crm, CrmConnection), CrmError> {
    let mut conn = db.read().await?;
    let connection =
        crm_connections::get(&mut conn, tenant).await?.ok_or(CrmError::NotConnected)?;
    let region = tenants::get(&mut conn, tenant).await?.map(|it| it.region).unwrap_or_default();
    let employers = Employers::of(&mut conn, tenant).await?;
    drop(conn);
    let password = password(db, vault, tenant, &connection).await?;
    let url = Url::parse(&connection.url).map_err(|_| CrmError::no_address())?;
    let pass = pass(http, db, vault, tenant, &connection, &password);
    let http = http.clone();
    let mapping = by(&connection)?.unwrap_or_default();
    let crm = match connection.kind {
        Kind::CardDav => {
            Crm::CardDav(CardDav::new(http, url, &connection.username, password, &region))
        }
        Kind::HubSpot => {
            Crm::HubSpot(HubSpot::new(http, url, pass, mapping, &region).knowing(employers))
        }
        Kind::Pipedrive => {
            let pipedrive = Pipedrive::new(http, url, pass, mapping, &region);
            Crm::Pipedrive(pipedrive.knowing(employers))
        }
        Kind::Salesforce => {
            let app = salesforce::App { url, key: connection.username.clone(), secret: password };
            let org = Salesforce::new(http, app, mapping, &region);
            Crm::Salesforce(org.making(connection.new_people).knowing(employers))
        }
        Kind::Dynamics => {
            let app = dynamics_app(&connection.username)?;
            // What was no certificate was not taken.
            let dynamics = Dynamics::new(http, url, app, &password, mapping, &region);
            Crm::Dynamics(dynamics.map_err(|_| CrmError::NoPassword)?.knowing(employers))
        }
        Kind::Tryton => {
            let username = &connection.username;
            let tryton = Tryton::new(http, url, username, password, mapping, &region);
            Crm::Tryton(tryton.knowing(employers))
        }
    };
    Ok((crm, connection))
}

/// What opens a cloud CRM: the stored token, or the consent that was given to it.
fn pass(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    connection: &CrmConnection,
    password: &Zeroizing<String>,
) -> Pass {
    match keys::of(http, db, vault, tenant, connection) {
        Some(keys) => Pass::consent(keys),
        None => Pass::token(password),
    }
}

fn dynamics_app(username: &str) -> Result<dynamics::App, CrmError> {
    dynamics::App::parse(username).ok_or_else(|| {
        CrmError::Refused("the user name of an app is its client id, an @ and its directory".into())
    })
}

pub(super) async fn password(
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    connection: &CrmConnection,
) -> Result<Zeroizing<String>, CrmError> {
    let mut conn = db.read().await?;
    let place = Place::crm_password(tenant);
    let opened = vault.open_fresh(&mut conn, &place, &connection.password_sealed).await;
    let opened = opened.map_err(|error| {
        if error.is_lost() {
            CrmError::NoPassword
        } else {
            CrmError::Unreachable("the vault is not available".into())
        }
    })?;
    let text = std::str::from_utf8(&opened).map_err(|_| CrmError::NoPassword)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A stored password must not be sent to a server that somebody else chose.
fn goes_to_the_same(before: &CrmConnection, settings: &Settings) -> bool {
    let origin = Url::parse(&before.url).map(|url| url.origin());
    origin.is_ok_and(|origin| origin == settings.url.origin())
        && before.kind == settings.kind
        && (!settings.kind.has_users() || before.username == settings.username)
}

//! Connecting a tenant's CRM: what is checked before it is saved, and the way to it afterwards.

use super::carddav::{Book, CardDav};
use super::http::Http;
use super::{Changes, CrmError, Record, Written, keep};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::store::crm_connections::{self, CrmConnection, Kind, State};
use crate::store::jobs::{self, NewJob};
use crate::store::{Conn, Db, StoreError, TenantId, crm_writes, records, tenants};
use crate::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use zeroize::Zeroizing;

/// A connected CRM. Every kind answers the same questions; what one cannot do, it says.
#[derive(Debug)]
pub enum Crm {
    /// An address book on a CardDAV server.
    CardDav(CardDav),
}

impl Crm {
    /// What changed since `position`; from the beginning if it is empty.
    pub async fn changes(&self, position: &str) -> Result<Changes, CrmError> {
        match self {
            Self::CardDav(book) => book.changes(position).await,
        }
    }

    /// The record with this id, if it is there.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        match self {
            Self::CardDav(book) => book.get(id).await,
        }
    }

    /// Makes a record. With the same `key` (a UUID) it is made once.
    pub async fn create(&self, key: &str, contact: &Contact) -> Result<Written, CrmError> {
        match self {
            Self::CardDav(book) => book.create(key, contact).await,
        }
    }

    /// Brings a record from `before` to `after`, if it still has the version.
    pub async fn update(
        &self,
        id: &str,
        version: &str,
        before: &Contact,
        after: &Contact,
    ) -> Result<Written, CrmError> {
        match self {
            Self::CardDav(book) => book.update(id, version, before, after).await,
        }
    }

    /// Removes a record, if it still has the version; `None` when it is gone.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        match self {
            Self::CardDav(book) => book.delete(id, version).await,
        }
    }
}

/// What an admin enters.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which CRM it is.
    pub kind: Kind,
    /// Where it is: of an address book its own address, or its server's.
    pub url: Url,
    /// The name to sign in with.
    pub username: String,
    /// The password; `None` keeps the one that is stored.
    pub password: Option<SecretString>,
}

/// Why a CRM was not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The password is needed: there is none, or address or user name changed.
    #[error(
        "enter the password: a stored one is only ever sent to the address and user it was entered for"
    )]
    PasswordNeeded,
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

/// Tries a CRM with the password given or stored, and finds the address book that is meant.
pub async fn check(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    settings: &Settings,
) -> Result<Book, ConnectError> {
    let password = if let Some(password) = &settings.password {
        Zeroizing::new(password.expose_secret().to_owned())
    } else {
        let stored = crm_connections::get(&mut *db.read().await?, tenant).await?;
        let stored = stored.filter(|before| goes_to_the_same(before, settings));
        password(db, vault, tenant, &stored.ok_or(ConnectError::PasswordNeeded)?).await?
    };
    let Kind::CardDav = settings.kind;
    let book = CardDav::new(http.clone(), settings.url.clone(), &settings.username, password, "");
    let mut books = book.books().await?;
    if books.len() != 1 {
        return Err(ConnectError::Choose(books));
    }
    books.pop().ok_or(ConnectError::Choose(Vec::new()))
}

/// Saves a CRM that [`check`] has found at `book`; its records are read at once.
pub async fn save(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    settings: &Settings,
    book: &Book,
    now: Millis,
) -> Result<(), ConnectError> {
    let before = crm_connections::get(conn, tenant).await?;
    let is_same_book = before.as_ref().is_some_and(|before| before.url == book.url.as_str());
    let password_sealed = match (&settings.password, &before) {
        (Some(password), _) => {
            vault.seal(&Place::crm_password(tenant), password.expose_secret().as_bytes())
        }
        (None, Some(before)) => before.password_sealed.clone(),
        (None, None) => return Err(ConnectError::PasswordNeeded),
    };
    if before.is_some() && !is_same_book {
        forget(conn, tenant, now).await?;
    }
    let connection = CrmConnection {
        kind: settings.kind,
        url: book.url.to_string(),
        username: settings.username.clone(),
        password_sealed,
        state: State::Connecting,
        state_detail: String::new(),
        state_since: now,
        position: before.filter(|_| is_same_book).map(|it| it.position).unwrap_or_default(),
        read_at: None,
        changed_at: now,
    };
    crm_connections::put(conn, tenant, &connection).await?;
    jobs::enqueue(conn, &NewJob::recurring(tenant, jobs::Kind::ReadCrm, now), now).await?;
    jobs::hurry(conn, tenant, jobs::Kind::ReadCrm, now).await?;
    jobs::try_now(conn, tenant, jobs::Kind::WriteCrm, now).await?;
    Ok(())
}

/// Disconnects the tenant's CRM and forgets what was kept of it; false if there is none.
pub async fn remove(conn: &mut Conn, tenant: &TenantId, now: Millis) -> Result<bool, StoreError> {
    forget(conn, tenant, now).await?;
    crm_connections::remove(conn, tenant).await
}

async fn forget(conn: &mut Conn, tenant: &TenantId, now: Millis) -> Result<(), StoreError> {
    let later = Millis(now.0.saturating_add(1));
    loop {
        let some = records::connected_before(conn, tenant, later, 500).await?;
        for id in &some {
            keep::forget(conn, tenant, id).await?;
        }
        if some.is_empty() {
            break;
        }
    }
    crm_writes::forget_all(conn, tenant).await
}

/// The way to the tenant's connected CRM.
pub(super) async fn open(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
) -> Result<(Crm, CrmConnection), CrmError> {
    let mut conn = db.read().await?;
    let connection =
        crm_connections::get(&mut conn, tenant).await?.ok_or(CrmError::NotConnected)?;
    let region = tenants::get(&mut conn, tenant).await?.map(|it| it.region).unwrap_or_default();
    drop(conn);
    let password = password(db, vault, tenant, &connection).await?;
    let url = Url::parse(&connection.url)
        .map_err(|_| CrmError::Refused("its address is none; enter it again".into()))?;
    let Kind::CardDav = connection.kind;
    let book = CardDav::new(http.clone(), url, &connection.username, password, &region);
    Ok((Crm::CardDav(book), connection))
}

async fn password(
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

/// Notes how the connection fared with a request; how the database fares says nothing of it.
pub(super) async fn note(
    db: &Db,
    tenant: &TenantId,
    connection: &CrmConnection,
    result: Result<(), &CrmError>,
    now: Millis,
) -> Result<(), StoreError> {
    let (state, detail) = match result {
        Ok(()) => (State::Healthy, String::new()),
        Err(CrmError::Store(_) | CrmError::NotConnected) => return Ok(()),
        Err(error @ (CrmError::WrongPassword | CrmError::NoPassword)) => {
            (State::WrongPassword, error.to_string())
        }
        Err(error @ CrmError::Refused(_)) => (State::Refused, error.to_string()),
        Err(error @ (CrmError::Unreachable(_) | CrmError::Throttled(_))) => {
            (State::Unreachable, error.to_string())
        }
    };
    let mut tx = db.begin_write().await?;
    crm_connections::set_state(&mut tx, tenant, connection.changed_at, state, &detail, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A stored password must not be sent to a server that somebody else chose.
fn goes_to_the_same(before: &CrmConnection, settings: &Settings) -> bool {
    let origin = Url::parse(&before.url).map(|url| url.origin());
    origin.is_ok_and(|origin| origin == settings.url.origin())
        && before.kind == settings.kind
        && before.username == settings.username
}

//! Setting up a tenant's technical user: what is checked before it is saved.

use super::smtp::{Account, SmtpError, Way};
use super::template::{Template, TemplateError};
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::store::jobs::{self, Kind};
use crate::store::technical_users::{self, State, TechnicalUser};
use crate::store::{Conn, Db, Security, StoreError, TenantId};
use crate::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The longest delay before a follow-up goes, in seconds: thirty days.
const MAX_DELAY_SECONDS: u32 = 30 * 86_400;

/// What an admin enters.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server's name.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with.
    pub username: String,
    /// The password; `None` keeps the one that is stored.
    pub password: Option<SecretString>,
    /// The name that recipients see.
    pub from_name: String,
    /// The address that the mail comes from.
    pub from_address: EmailAddress,
    /// The template of the subject.
    pub subject_template: String,
    /// The template of the text.
    pub body_template: String,
    /// Whether accepting a contact plans a follow-up.
    pub enabled: bool,
    /// Seconds between accepting and sending, in which one can undo.
    pub delay_seconds: u32,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name or the delay is out of bounds.
    #[error("{0}")]
    Field(&'static str),
    /// The template is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The password is needed: there is none, or the server or user name changed.
    #[error(
        "enter the password: a stored one is only ever sent to the server and user it was entered for"
    )]
    PasswordNeeded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks settings and saves them. What waits for this account to be mended is tried at once.
pub async fn save(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    settings: &Settings,
    now: Millis,
) -> Result<(), SettingsError> {
    check_fields(settings)?;
    Template::parse(&settings.subject_template, &settings.body_template)?;
    let before = technical_users::get(conn, tenant).await?;
    let password_sealed = match (&settings.password, before) {
        (Some(password), _) => {
            vault.seal(&Place::technical_user_password(tenant), password.expose_secret().as_bytes())
        }
        (None, Some(before)) if goes_to_the_same(&before, settings) => before.password_sealed,
        (None, _) => return Err(SettingsError::PasswordNeeded),
    };
    let user = TechnicalUser {
        host: settings.host.clone(),
        port: settings.port,
        security: settings.security,
        username: settings.username.clone(),
        password_sealed,
        from_name: settings.from_name.clone(),
        from_address: settings.from_address.clone(),
        subject_template: settings.subject_template.clone(),
        body_template: settings.body_template.clone(),
        enabled: settings.enabled,
        delay_seconds: settings.delay_seconds,
        state: State::Ready,
        state_detail: String::new(),
        state_since: now,
        changed_at: now,
    };
    // The jobs first, as whoever notes what became of a follow-up does.
    jobs::try_now(conn, tenant, Kind::SendFollowUp, now).await?;
    technical_users::put(conn, tenant, &user).await?;
    Ok(())
}

/// Connects, encrypts, signs in, and asks whether the account may send from its address. Sends
/// nothing.
pub async fn check(way: &Way, account: &Account<'_>, from: &EmailAddress) -> Result<(), SmtpError> {
    let mut connection = way.open(account).await?;
    let Some(from) = super::smtp::address(from) else { return Err(SmtpError::NoUtf8) };
    connection.announce(&from).await?;
    connection.close().await;
    Ok(())
}

/// The same for a technical user that is saved.
pub async fn check_saved(
    way: &Way,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    user: &TechnicalUser,
) -> Result<(), SmtpError> {
    let password = password(db, vault, tenant, user).await?;
    let account = user.account(&password);
    check(way, &account, &user.from_address).await
}

/// The password that a technical user is saved with.
pub(super) async fn password(
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    user: &TechnicalUser,
) -> Result<Zeroizing<Vec<u8>>, SmtpError> {
    let place = Place::technical_user_password(tenant);
    let mut conn = db.read().await.map_err(|_| SmtpError::Unavailable)?;
    let opened = vault.open_fresh(&mut conn, &place, &user.password_sealed).await;
    opened.map_err(
        |error| {
            if error.is_lost() { SmtpError::NoPassword } else { SmtpError::Unavailable }
        },
    )
}

impl TechnicalUser {
    /// Where it signs in, with the password that the vault opened.
    pub(super) fn account<'a>(&'a self, password: &'a [u8]) -> Account<'a> {
        Account {
            host: &self.host,
            port: self.port,
            security: self.security,
            username: &self.username,
            password: std::str::from_utf8(password).unwrap_or_default(),
        }
    }
}

fn check_fields(settings: &Settings) -> Result<(), SettingsError> {
    let fits = |text: &str| (1..=255).contains(&text.len()) && !text.contains(char::is_control);
    let problem = if !fits(&settings.host) || settings.host.contains(char::is_whitespace) {
        "the host must be the name of a server"
    } else if !fits(&settings.username) {
        "the user name must be one line of at most 255 bytes"
    } else if settings.from_name.len() > 255 || settings.from_name.contains(char::is_control) {
        "the sender's name must be one line of at most 255 bytes"
    } else if settings.delay_seconds > MAX_DELAY_SECONDS {
        "the delay must be thirty days at most"
    } else if settings.password.as_ref().is_some_and(|password| {
        let password = password.expose_secret();
        password.is_empty() || password.len() > 1024 || password.contains('\0')
    }) {
        "the password must have 1 to 1024 bytes"
    } else if super::smtp::address(&settings.from_address).is_none() {
        "the sender's address cannot be written in SMTP"
    } else {
        return Ok(());
    };
    Err(SettingsError::Field(problem))
}

/// A stored password must not be sent to a server that somebody else chose.
fn goes_to_the_same(before: &TechnicalUser, settings: &Settings) -> bool {
    before.host == settings.host
        && before.port == settings.port
        && before.security == settings.security
        && before.username == settings.username
}

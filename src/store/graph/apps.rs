//! App registrations: with what a tenant signs in to its own Entra directory. Whose secret opens a
//! directory was given it there, so that no tenant can name another one's.

use crate::clock::Millis;
use crate::store::{Conn, MailboxId, StoreError, TenantId, webhooks};
use crate::vault::{Place, Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};

/// With what an app proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A client secret.
    Secret,
    /// A certificate, kept with its private key.
    Certificate,
}

impl Credential {
    /// As it stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Certificate => "certificate",
        }
    }

    fn parse(text: &str, tenant: &TenantId) -> Result<Self, StoreError> {
        let all = [Self::Secret, Self::Certificate];
        all.into_iter().find(|credential| credential.as_str() == text).ok_or_else(|| {
            StoreError::Row { table: "graph_apps", column: "credential", row: tenant.to_string() }
        })
    }
}

/// A tenant's app registration, opened for the moment of signing in.
#[derive(Debug, Clone)]
pub struct App {
    /// The directory: its id or one of its domains.
    pub directory: String,
    /// The app's id.
    pub client_id: String,
    /// With what it proves who it is.
    pub credential: Credential,
    /// The app's secret, or its certificate with the private key, as PEM.
    pub secret: SecretString,
    /// When that ends, as far as we know.
    pub secret_expires_at: Option<Millis>,
    /// When it was changed last.
    pub changed_at: Millis,
}

/// A tenant's app registration without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppView {
    /// The directory: its id or one of its domains.
    pub directory: String,
    /// The app's id.
    pub client_id: String,
    /// With what it proves who it is.
    pub credential: Credential,
    /// When that ends, as far as we know.
    pub secret_expires_at: Option<Millis>,
    /// When it was changed last.
    pub changed_at: Millis,
}

/// An app registration to be saved.
#[derive(Debug)]
pub struct NewApp {
    /// The directory: its id or one of its domains.
    pub directory: String,
    /// The app's id.
    pub client_id: String,
    /// With what it proves who it is.
    pub credential: Credential,
    /// The app's secret, or its certificate with the private key, as PEM.
    pub secret: SecretString,
    /// When that ends.
    pub secret_expires_at: Option<Millis>,
}

/// Saves a tenant's app registration; its mailboxes are connected anew with it.
pub async fn put_app(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    app: &NewApp,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO graph_apps
           (tenant_id, directory, client_id, credential, secret_sealed, secret_expires_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id) DO UPDATE
         SET directory = excluded.directory, client_id = excluded.client_id,
             credential = excluded.credential, secret_sealed = excluded.secret_sealed,
             secret_expires_at = excluded.secret_expires_at, changed_at = excluded.changed_at,
             warned_days = NULL",
    )
    .bind(tenant.as_str())
    .bind(&app.directory)
    .bind(&app.client_id)
    .bind(app.credential.as_str())
    .bind(vault.seal(&Place::graph_secret(tenant), app.secret.expose_secret().as_bytes()))
    .bind(app.secret_expires_at.map(|at| at.0))
    .bind(now.0)
    .execute(&mut *conn)
    .await?;
    let anew: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM mailboxes WHERE tenant_id = $1 AND kind = 'graph' AND paused = 0",
    )
    .bind(tenant.as_str())
    .fetch_all(&mut *conn)
    .await?;
    for mailbox in anew {
        webhooks::tell_of_connecting(conn, (tenant, &MailboxId::stored(mailbox)), now).await?;
    }
    sqlx::query(
        "UPDATE mailboxes
         SET state = 'connecting', state_detail = '', state_since = $1, retry_at = NULL,
             fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $2 AND kind = 'graph' AND paused = 0",
    )
    .bind(now.0)
    .bind(tenant.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The tenant's app registration with its secret.
pub async fn app(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
) -> Result<Option<App>, VaultError> {
    let row: Option<(String, String, String, String, Option<i64>, i64)> = sqlx::query_as(
        "SELECT directory, client_id, credential, secret_sealed, secret_expires_at, changed_at
         FROM graph_apps WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(&mut *conn)
    .await
    .map_err(StoreError::from)?;
    let Some((directory, client_id, credential, sealed, expires, changed_at)) = row else {
        return Ok(None);
    };
    let secret = vault.open_fresh(conn, &Place::graph_secret(tenant), &sealed).await?;
    let secret = std::str::from_utf8(&secret).map_err(|_| VaultError::Unreadable)?;
    let secret = SecretString::from(secret);
    Ok(Some(App {
        directory,
        client_id,
        credential: Credential::parse(&credential, tenant)?,
        secret,
        secret_expires_at: expires.map(Millis),
        changed_at: Millis(changed_at),
    }))
}

/// The tenant's app registration, to be shown.
pub async fn app_view(conn: &mut Conn, tenant: &TenantId) -> Result<Option<AppView>, StoreError> {
    let row: Option<(String, String, String, Option<i64>, i64)> = sqlx::query_as(
        "SELECT directory, client_id, credential, secret_expires_at, changed_at
         FROM graph_apps WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    let Some((directory, client_id, credential, expires, changed_at)) = row else {
        return Ok(None);
    };
    Ok(Some(AppView {
        directory,
        client_id,
        credential: Credential::parse(&credential, tenant)?,
        secret_expires_at: expires.map(Millis),
        changed_at: Millis(changed_at),
    }))
}

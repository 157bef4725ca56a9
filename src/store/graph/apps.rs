//! App registrations: with what a tenant signs in to its own Entra directory. Whose secret opens a
//! directory was given it there, so that no tenant can name another one's.

use crate::clock::Millis;
use crate::store::{Conn, StoreError, TenantId};
use crate::vault::{Place, Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};

/// A tenant's app registration, opened for the moment of signing in.
#[derive(Debug, Clone)]
pub struct App {
    /// The directory: its id or one of its domains.
    pub directory: String,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub secret: SecretString,
    /// When the secret ends, as far as we were told.
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
    /// When the secret ends, as far as we were told.
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
    /// The app's secret.
    pub secret: SecretString,
    /// When the secret ends.
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
           (tenant_id, directory, client_id, secret_sealed, secret_expires_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id) DO UPDATE
         SET directory = excluded.directory, client_id = excluded.client_id,
             secret_sealed = excluded.secret_sealed,
             secret_expires_at = excluded.secret_expires_at, changed_at = excluded.changed_at",
    )
    .bind(tenant.as_str())
    .bind(&app.directory)
    .bind(&app.client_id)
    .bind(vault.seal(&Place::graph_secret(tenant), app.secret.expose_secret().as_bytes()))
    .bind(app.secret_expires_at.map(|at| at.0))
    .bind(now.0)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE mailboxes
         SET state = 'connecting', state_detail = '', state_since = $1,
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
    let row: Option<(String, String, String, Option<i64>, i64)> = sqlx::query_as(
        "SELECT directory, client_id, secret_sealed, secret_expires_at, changed_at
         FROM graph_apps WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(&mut *conn)
    .await
    .map_err(StoreError::from)?;
    let Some((directory, client_id, sealed, expires, changed_at)) = row else { return Ok(None) };
    let secret = vault.open_fresh(conn, &Place::graph_secret(tenant), &sealed).await?;
    let secret = std::str::from_utf8(&secret).map_err(|_| VaultError::Unreadable)?;
    let secret = SecretString::from(secret);
    Ok(Some(App {
        directory,
        client_id,
        secret,
        secret_expires_at: expires.map(Millis),
        changed_at: Millis(changed_at),
    }))
}

/// The tenant's app registration, to be shown.
pub async fn app_view(conn: &mut Conn, tenant: &TenantId) -> Result<Option<AppView>, StoreError> {
    let row: Option<(String, String, Option<i64>, i64)> = sqlx::query_as(
        "SELECT directory, client_id, secret_expires_at, changed_at
         FROM graph_apps WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(directory, client_id, expires, changed_at)| AppView {
        directory,
        client_id,
        secret_expires_at: expires.map(Millis),
        changed_at: Millis(changed_at),
    }))
}

//! App registrations at sign-in services, one of a tenant at each.

use crate::clock::Millis;
use crate::store::{Conn, StoreError, TenantId};
use crate::vault::{Place, Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};

/// A tenant's app registration without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppView {
    /// The sign-in service (`oauth.google` is `google`).
    pub service: String,
    /// At Microsoft the directory: its id or one of its domains.
    pub directory: String,
    /// The app's id.
    pub client_id: String,
    /// When its secret ends, as far as we know.
    pub secret_expires_at: Option<Millis>,
    /// When it was changed last.
    pub changed_at: Millis,
}

/// A tenant's app registration, opened for the moment of asking for tokens, or to be saved.
#[derive(Debug, Clone)]
pub struct App {
    /// At Microsoft the directory: its id or one of its domains.
    pub directory: String,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub secret: SecretString,
}

/// Saves a tenant's app registration; the mailboxes that it opens are connected anew with it. When its secret
/// ends is not known.
pub async fn put_app(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    service: &str,
    app: &App,
    now: Millis,
) -> Result<(), StoreError> {
    let place = Place::oauth_secret(tenant, service);
    sqlx::query(
        "INSERT INTO oauth_apps (tenant_id, service, directory, client_id, secret_sealed, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, service) DO UPDATE
         SET directory = excluded.directory, client_id = excluded.client_id,
             secret_sealed = excluded.secret_sealed, changed_at = excluded.changed_at,
             secret_expires_at = NULL, warned_days = NULL",
    )
    .bind(tenant.as_str())
    .bind(service)
    .bind(&app.directory)
    .bind(&app.client_id)
    .bind(vault.seal(&place, app.secret.expose_secret().as_bytes()))
    .bind(now.0)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE mailboxes SET fence = fence + 1, lease_holder = '', lease_until = 0
         WHERE tenant_id = $1 AND oauth_service = $2 AND paused = 0",
    )
    .bind(tenant.as_str())
    .bind(service)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes when the secret of a tenant's app ends; it is warned of in time. False: there is no such app.
pub async fn set_secret_end(
    conn: &mut Conn,
    tenant: &TenantId,
    service: &str,
    at: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE oauth_apps SET secret_expires_at = $3, warned_days = NULL
         WHERE tenant_id = $1 AND service = $2",
    )
    .bind(tenant.as_str())
    .bind(service)
    .bind(at.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The tenant's app registration with its secret.
pub async fn app(
    conn: &mut Conn,
    vault: &Vault,
    tenant: &TenantId,
    service: &str,
) -> Result<Option<App>, VaultError> {
    let row: Option<(String, String, String)> = sqlx::query_as(
        "SELECT directory, client_id, secret_sealed FROM oauth_apps
         WHERE tenant_id = $1 AND service = $2",
    )
    .bind(tenant.as_str())
    .bind(service)
    .fetch_optional(&mut *conn)
    .await
    .map_err(StoreError::from)?;
    let Some((directory, client_id, sealed)) = row else { return Ok(None) };
    let secret = vault.open_fresh(conn, &Place::oauth_secret(tenant, service), &sealed).await?;
    let secret = std::str::from_utf8(&secret).map_err(|_| VaultError::Unreadable)?;
    Ok(Some(App { directory, client_id, secret: SecretString::from(secret) }))
}

/// The tenant's app registrations, to be shown.
pub async fn apps(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<AppView>, StoreError> {
    let rows: Vec<(String, String, String, Option<i64>, i64)> = sqlx::query_as(
        "SELECT service, directory, client_id, secret_expires_at, changed_at FROM oauth_apps
         WHERE tenant_id = $1 ORDER BY service",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    let view =
        |(service, directory, client_id, expires, changed_at): (_, _, _, Option<i64>, _)| AppView {
            service,
            directory,
            client_id,
            secret_expires_at: expires.map(Millis),
            changed_at: Millis(changed_at),
        };
    Ok(rows.into_iter().map(view).collect())
}

//! How the vault's keys are derived, and the columns that hold what it has sealed.

use super::{Conn, StoreError};
use crate::clock::Millis;
use crate::vault::Field;

/// What a key is derived from beside the master secret. No part of it is secret.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VaultKey {
    /// Its name: `k1`, `k2`, …
    pub id: String,
    /// The random salt, base64url.
    pub salt: String,
    /// How often PBKDF2 is iterated.
    pub iterations: i64,
    /// What tells that the right master secret was given, base64url.
    pub verifier: String,
}

/// One value of a sealed column.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SealedRow {
    /// The tenant it belongs to.
    pub tenant_id: String,
    /// The id of the row.
    pub owner_id: String,
    /// The sealed value.
    pub sealed: String,
}

/// All keys that are kept: the one in use and those retired before it.
pub async fn list(conn: &mut Conn) -> Result<Vec<VaultKey>, StoreError> {
    let keys = sqlx::query_as("SELECT id, salt, iterations, verifier FROM vault_keys");
    Ok(keys.fetch_all(conn).await?)
}

/// Adds a key; `false` when one of this name is there.
pub async fn add(conn: &mut Conn, key: &VaultKey, now: Millis) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO vault_keys (id, salt, iterations, verifier, created_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&key.id)
    .bind(&key.salt)
    .bind(key.iterations)
    .bind(&key.verifier)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes what an earlier rotation has retired, and retires every key but `current`.
pub async fn retire(conn: &mut Conn, current: &str, now: Millis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM vault_keys WHERE retired_at IS NOT NULL").execute(&mut *conn).await?;
    sqlx::query("UPDATE vault_keys SET retired_at = $1 WHERE id <> $2")
        .bind(now.0)
        .bind(current)
        .execute(conn)
        .await?;
    Ok(())
}

/// All values of one sealed column, of every tenant; a row without a secret is left out.
pub async fn sealed_rows(conn: &mut Conn, field: Field) -> Result<Vec<SealedRow>, StoreError> {
    let sql = match field {
        Field::HashKey => {
            "SELECT id AS tenant_id, id AS owner_id, hash_key_sealed AS sealed
             FROM tenants WHERE hash_key_sealed <> ''"
        }
        Field::MailboxPassword => {
            "SELECT tenant_id, id AS owner_id, password_sealed AS sealed
             FROM mailboxes WHERE password_sealed <> ''"
        }
        Field::TechnicalUserPassword => {
            "SELECT tenant_id, tenant_id AS owner_id, password_sealed AS sealed
             FROM technical_users WHERE password_sealed <> ''"
        }
        Field::CrmPassword => {
            "SELECT tenant_id, tenant_id AS owner_id, password_sealed AS sealed
             FROM crm_connections WHERE password_sealed <> ''"
        }
        Field::GraphSecret => {
            "SELECT tenant_id, tenant_id AS owner_id, secret_sealed AS sealed
             FROM graph_apps WHERE secret_sealed <> ''"
        }
        Field::OauthSecret => {
            "SELECT tenant_id, service AS owner_id, secret_sealed AS sealed
             FROM oauth_apps WHERE secret_sealed <> ''"
        }
        Field::WebhookSecret => {
            "SELECT tenant_id, tenant_id AS owner_id, secret_sealed AS sealed
             FROM webhooks WHERE secret_sealed <> ''"
        }
    };
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

/// Puts `sealed` in the place of `row`'s value, unless somebody has changed that meanwhile.
pub async fn replace_sealed(
    conn: &mut Conn,
    field: Field,
    row: &SealedRow,
    sealed: &str,
) -> Result<bool, StoreError> {
    let sql = match field {
        Field::HashKey => {
            "UPDATE tenants SET hash_key_sealed = $1
             WHERE id = $2 AND id = $3 AND hash_key_sealed = $4"
        }
        Field::MailboxPassword => {
            "UPDATE mailboxes SET password_sealed = $1
             WHERE tenant_id = $2 AND id = $3 AND password_sealed = $4"
        }
        Field::TechnicalUserPassword => {
            "UPDATE technical_users SET password_sealed = $1
             WHERE tenant_id = $2 AND tenant_id = $3 AND password_sealed = $4"
        }
        Field::CrmPassword => {
            "UPDATE crm_connections SET password_sealed = $1
             WHERE tenant_id = $2 AND tenant_id = $3 AND password_sealed = $4"
        }
        Field::GraphSecret => {
            "UPDATE graph_apps SET secret_sealed = $1
             WHERE tenant_id = $2 AND tenant_id = $3 AND secret_sealed = $4"
        }
        Field::OauthSecret => {
            "UPDATE oauth_apps SET secret_sealed = $1
             WHERE tenant_id = $2 AND service = $3 AND secret_sealed = $4"
        }
        Field::WebhookSecret => {
            "UPDATE webhooks SET secret_sealed = $1
             WHERE tenant_id = $2 AND tenant_id = $3 AND secret_sealed = $4"
        }
    };
    let done = sqlx::query(sql)
        .bind(sealed)
        .bind(&row.tenant_id)
        .bind(&row.owner_id)
        .bind(&row.sealed)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

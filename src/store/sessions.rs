//! Who is signed in. Of the cookie only a hash is stored, so that the database opens no session.
//!
//! A session is found by its hash alone: it is what tells the tenant.

use super::users::{self, User};
use super::{Conn, StoreError, TenantId, UserId};
use crate::clock::Millis;

/// Seconds after which a session ends that was not used.
pub const IDLE_SECS: i64 = 12 * 3600;

/// A user who signed in, with what guards the user's forms.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who signed in.
    pub user: User,
    /// What every form of this session carries.
    pub csrf_token: String,
    /// When the session was last used, to the minute or so.
    pub seen_at: Millis,
}

/// A session to be begun.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Hash of the cookie's value.
    pub token_hash: &'a str,
    /// The user's tenant.
    pub tenant: &'a TenantId,
    /// Who signed in.
    pub user: &'a UserId,
    /// What every form of this session will carry.
    pub csrf_token: &'a str,
    /// When it ends however much it is used.
    pub expires_at: Millis,
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: String,
    user_id: String,
    csrf_token: String,
    seen_at: i64,
}

/// Begins a session.
pub async fn begin(
    conn: &mut Conn,
    session: &NewSession<'_>,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions
           (token_hash, tenant_id, user_id, csrf_token, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $5, $6)",
    )
    .bind(session.token_hash)
    .bind(session.tenant.as_str())
    .bind(session.user.as_str())
    .bind(session.csrf_token)
    .bind(now.0)
    .bind(session.expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// The session with this hash, if it has not expired, was used within [`IDLE_SECS`], and its user
/// may still sign in.
pub async fn find(
    conn: &mut Conn,
    token_hash: &str,
    now: Millis,
) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT tenant_id, user_id, csrf_token, seen_at FROM sessions
          WHERE token_hash = $1 AND expires_at > $2 AND seen_at > $3",
    )
    .bind(token_hash)
    .bind(now.0)
    .bind(now.plus_secs(-IDLE_SECS).0)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (tenant, user) = (TenantId::stored(row.tenant_id), UserId::stored(row.user_id));
    let user = users::get(conn, &tenant, &user).await?.filter(|user| !user.disabled);
    Ok(user.map(|user| Session { user, csrf_token: row.csrf_token, seen_at: Millis(row.seen_at) }))
}

/// Notes that a session was used.
pub async fn touch(conn: &mut Conn, token_hash: &str, now: Millis) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2")
        .bind(token_hash)
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends one session.
pub async fn end(conn: &mut Conn, token_hash: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
        .bind(token_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends every session of a user.
pub async fn end_all(conn: &mut Conn, tenant: &TenantId, user: &UserId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant.as_str())
        .bind(user.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the sessions of a tenant that have expired or were not used for [`IDLE_SECS`]; returns
/// how many.
pub async fn forget_expired(
    conn: &mut Conn,
    tenant: &TenantId,
    now: Millis,
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM sessions WHERE tenant_id = $1 AND (expires_at <= $2 OR seen_at <= $3)",
    )
    .bind(tenant.as_str())
    .bind(now.0)
    .bind(now.plus_secs(-IDLE_SECS).0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

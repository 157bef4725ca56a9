//! Who signs in.
//!
//! An address belongs to one user of one tenant, so that signing in needs nothing but the address;
//! it is the one look-up that cannot name a tenant, because it finds it.

use super::{Conn, StoreError, TenantId, UserId};
use crate::clock::Millis;
use crate::contact::EmailAddress;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Connects and configures, and does what a member does.
    Admin,
    /// Reviews suggestions.
    Member,
    /// Reads the audit log and reports.
    Auditor,
}

impl Role {
    /// Every role, for help texts.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Member, Self::Auditor];

    /// The role as it stands in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Auditor => "auditor",
        }
    }

    /// Reads [`Role::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether this role sees and decides suggestions.
    pub const fn reviews(self) -> bool {
        matches!(self, Self::Admin | Self::Member)
    }
}

/// A person who signs in.
#[derive(Debug, Clone)]
pub struct User {
    /// Names the user.
    pub id: UserId,
    /// Whose data the user sees.
    pub tenant: TenantId,
    /// What the user signs in with.
    pub email: EmailAddress,
    /// How the page greets.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Whether signing in is refused.
    pub disabled: bool,
    /// When the account was made.
    pub created_at: Millis,
}

/// An account to be made.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Whose data the user will see.
    pub tenant: &'a TenantId,
    /// What the user will sign in with.
    pub email: &'a EmailAddress,
    /// How the page greets.
    pub name: &'a str,
    /// What the user may do.
    pub role: Role,
    /// From [`crate::web::auth::password::hash`].
    pub password_hash: &'a str,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    email: String,
    name: String,
    role: String,
    password_hash: String,
    disabled: i64,
    created_at: i64,
}

/// Makes an account. An address that has one already gives
/// [`StoreError::is_unique_violation`].
pub async fn create(
    conn: &mut Conn,
    user: &NewUser<'_>,
    now: Millis,
) -> Result<UserId, StoreError> {
    let id = UserId::new();
    sqlx::query(
        "INSERT INTO users
           (id, tenant_id, email, email_key, name, role, password_hash, disabled, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
    )
    .bind(id.as_str())
    .bind(user.tenant.as_str())
    .bind(user.email.as_str())
    .bind(user.email.key())
    .bind(user.name)
    .bind(user.role.as_str())
    .bind(user.password_hash)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(id)
}

/// The user with this address, in whichever tenant, and the hash of the password.
pub async fn to_sign_in(
    conn: &mut Conn,
    email: &EmailAddress,
) -> Result<Option<(User, String)>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, tenant_id, email, name, role, password_hash, disabled, created_at
           FROM users WHERE email_key = $1",
    )
    .bind(email.key())
    .fetch_optional(conn)
    .await?;
    row.map(|mut row| {
        let hash = std::mem::take(&mut row.password_hash);
        Ok((User::try_from(row)?, hash))
    })
    .transpose()
}

/// One user of a tenant.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &UserId,
) -> Result<Option<User>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, tenant_id, email, name, role, password_hash, disabled, created_at
           FROM users WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(User::try_from).transpose()
}

/// Those who connect and configure, and may sign in.
pub async fn admins(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<User>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, tenant_id, email, name, role, password_hash, disabled, created_at
           FROM users WHERE tenant_id = $1 AND role = 'admin' AND disabled = 0
          ORDER BY id",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(User::try_from).collect()
}

/// Changes the password; the caller also ends the user's sessions.
pub async fn set_password(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &UserId,
    password_hash: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE users SET password_hash = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(password_hash)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Refuses or allows signing in; the caller also ends the user's sessions.
pub async fn set_disabled(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &UserId,
    disabled: bool,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE users SET disabled = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(i64::from(disabled))
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

impl TryFrom<Row> for User {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let wrong = |column| StoreError::Row { table: "users", column, row: row.id.clone() };
        Ok(Self {
            email: EmailAddress::parse(&row.email).ok_or_else(|| wrong("email"))?,
            role: Role::parse(&row.role).ok_or_else(|| wrong("role"))?,
            id: UserId::stored(row.id),
            tenant: TenantId::stored(row.tenant_id),
            name: row.name,
            disabled: row.disabled != 0,
            created_at: Millis(row.created_at),
        })
    }
}

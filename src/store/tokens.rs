//! What a program signs in with. Of a token only a hash is stored; it is shown once.
//!
//! A token is found by its hash alone: it is what tells the tenant.

use super::{ApiTokenId, Conn, StoreError, TenantId};
use crate::clock::Millis;
use std::collections::BTreeSet;

/// One thing a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// See mailboxes and their state.
    MailboxesRead,
    /// Connect, pause and remove mailboxes.
    MailboxesWrite,
    /// See contact lists.
    ListsRead,
    /// Make and rename contact lists.
    ListsWrite,
    /// See suggestions.
    SuggestionsRead,
    /// Accept, dismiss and undo.
    SuggestionsWrite,
    /// See and export accepted contacts.
    ContactsRead,
    /// Remove accepted contacts.
    ContactsWrite,
    /// Import CRM records.
    RecordsWrite,
    /// See the connected CRM and what was written to it.
    CrmRead,
    /// Connect and disconnect the CRM.
    CrmWrite,
    /// See exclusions.
    ExclusionsRead,
    /// Add and remove exclusions.
    ExclusionsWrite,
    /// See the technical user and the follow-ups.
    FollowupsRead,
    /// Set up and check the technical user.
    FollowupsWrite,
    /// See the webhook and how it fares.
    WebhookRead,
    /// Set the webhook, which is told of every accepted contact.
    WebhookWrite,
}

impl Scope {
    /// Every scope, for help texts and the documentation.
    pub const ALL: [Self; 17] = [
        Self::MailboxesRead,
        Self::MailboxesWrite,
        Self::ListsRead,
        Self::ListsWrite,
        Self::SuggestionsRead,
        Self::SuggestionsWrite,
        Self::ContactsRead,
        Self::ContactsWrite,
        Self::RecordsWrite,
        Self::CrmRead,
        Self::CrmWrite,
        Self::ExclusionsRead,
        Self::ExclusionsWrite,
        Self::FollowupsRead,
        Self::FollowupsWrite,
        Self::WebhookRead,
        Self::WebhookWrite,
    ];

    /// The scope as it stands in the database, in requests and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MailboxesRead => "mailboxes:read",
            Self::MailboxesWrite => "mailboxes:write",
            Self::ListsRead => "lists:read",
            Self::ListsWrite => "lists:write",
            Self::SuggestionsRead => "suggestions:read",
            Self::SuggestionsWrite => "suggestions:write",
            Self::ContactsRead => "contacts:read",
            Self::ContactsWrite => "contacts:write",
            Self::RecordsWrite => "records:write",
            Self::CrmRead => "crm:read",
            Self::CrmWrite => "crm:write",
            Self::ExclusionsRead => "exclusions:read",
            Self::ExclusionsWrite => "exclusions:write",
            Self::FollowupsRead => "followups:read",
            Self::FollowupsWrite => "followups:write",
            Self::WebhookRead => "webhook:read",
            Self::WebhookWrite => "webhook:write",
        }
    }

    /// What it allows, in a few words.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::MailboxesRead => "see mailboxes and their state",
            Self::MailboxesWrite => "connect, pause and remove mailboxes",
            Self::ListsRead => "see contact lists",
            Self::ListsWrite => "make and rename contact lists",
            Self::SuggestionsRead => "see suggestions",
            Self::SuggestionsWrite => "accept, dismiss and undo suggestions",
            Self::ContactsRead => "see and export accepted contacts",
            Self::ContactsWrite => "remove accepted contacts",
            Self::RecordsWrite => "import CRM records",
            Self::CrmRead => "see the connected CRM and what was written to it",
            Self::CrmWrite => "connect and disconnect the CRM",
            Self::ExclusionsRead => "see exclusions",
            Self::ExclusionsWrite => "add and remove exclusions",
            Self::FollowupsRead => "see the technical user and the follow-ups",
            Self::FollowupsWrite => "set up and check the technical user",
            Self::WebhookRead => "see the webhook and how it fares",
            Self::WebhookWrite => "set the webhook, which is told of every accepted contact",
        }
    }

    /// Reads [`Scope::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A token, without its secret.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// Names the token, in the audit log too.
    pub id: ApiTokenId,
    /// Whose data it opens.
    pub tenant: TenantId,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// When it was last used, to the minute or so.
    pub used_at: Option<Millis>,
}

/// A token to be stored.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Whose data it will open.
    pub tenant: &'a TenantId,
    /// What its maker calls it.
    pub name: &'a str,
    /// From [`crate::web::auth::secret::hash`].
    pub token_hash: &'a str,
    /// What it will allow.
    pub scopes: &'a BTreeSet<Scope>,
    /// When it ends; never, if none.
    pub expires_at: Option<Millis>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    scopes: String,
    used_at: Option<i64>,
}

/// Stores a token.
pub async fn create(
    conn: &mut Conn,
    token: &NewToken<'_>,
    now: Millis,
) -> Result<ApiTokenId, StoreError> {
    let id = ApiTokenId::new();
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    sqlx::query(
        "INSERT INTO api_tokens
           (id, tenant_id, name, token_hash, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.as_str())
    .bind(token.tenant.as_str())
    .bind(token.name)
    .bind(token.token_hash)
    .bind(scopes.join(" "))
    .bind(now.0)
    .bind(token.expires_at.map(|at| at.0))
    .execute(conn)
    .await?;
    Ok(id)
}

/// The token with this hash, if it is neither expired nor revoked. A scope that this version does
/// not know allows nothing.
pub async fn find(
    conn: &mut Conn,
    token_hash: &str,
    now: Millis,
) -> Result<Option<ApiToken>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, tenant_id, scopes, used_at FROM api_tokens
          WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(token_hash)
    .bind(now.0)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| ApiToken {
        id: ApiTokenId::stored(row.id),
        tenant: TenantId::stored(row.tenant_id),
        scopes: row.scopes.split(' ').filter_map(Scope::parse).collect(),
        used_at: row.used_at.map(Millis),
    }))
}

/// What a token allows; nothing if there is no such token any more.
pub async fn scopes(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ApiTokenId,
) -> Result<BTreeSet<Scope>, StoreError> {
    let scopes: Option<String> = sqlx::query_scalar(
        "SELECT scopes FROM api_tokens
          WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(scopes.unwrap_or_default().split(' ').filter_map(Scope::parse).collect())
}

/// Notes that a token was used.
pub async fn touch(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ApiTokenId,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE api_tokens SET used_at = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// The tokens with this name or id that are not revoked, oldest first.
pub async fn called(
    conn: &mut Conn,
    tenant: &TenantId,
    name_or_id: &str,
) -> Result<Vec<ApiTokenId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM api_tokens
          WHERE tenant_id = $1 AND (id = $2 OR name = $2) AND revoked_at IS NULL
          ORDER BY id",
    )
    .bind(tenant.as_str())
    .bind(name_or_id)
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ApiTokenId::stored).collect())
}

/// Ends a token; answers whether it was there and alive.
pub async fn revoke(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ApiTokenId,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE api_tokens SET revoked_at = $3
          WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

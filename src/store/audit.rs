//! Who did what and when: one line a decision, none of it a value of a contact.

use super::{ApiTokenId, Conn, Id, Statement, StoreError, TenantId, UserId, id};
use crate::clock::Millis;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person at the page.
    User(UserId),
    /// A program with an API token.
    Token(ApiTokenId),
    /// The daemon itself, on a message or a timer.
    Worker,
    /// Whoever may run commands on the host.
    CommandLine,
    /// What the tenant lets happen without a rep.
    Policy,
}

impl Actor {
    /// The actor as it stands in the database: `user:<id>`, `token:<id>`, `worker`, `cli`,
    /// `policy`.
    pub fn to_text(&self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Token(id) => format!("token:{id}"),
            Self::Worker => "worker".into(),
            Self::CommandLine => "cli".into(),
            Self::Policy => "policy".into(),
        }
    }

    /// Reads what [`Actor::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match (text, text.split_once(':')) {
            ("worker", _) => Some(Self::Worker),
            ("cli", _) => Some(Self::CommandLine),
            ("policy", _) => Some(Self::Policy),
            (_, Some(("user", id))) => Id::parse(id).map(Self::User),
            (_, Some(("token", id))) => Id::parse(id).map(Self::Token),
            _ => None,
        }
    }
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// Its id; entries made later sort later.
    pub id: String,
    /// [`Actor::to_text`].
    pub actor: String,
    /// What was done: `suggestion.accept`, `mailbox.create`, ….
    pub action: String,
    /// The id of what was acted on.
    pub subject: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// Writes down that `actor` did `action` to `subject`, in the transaction that does it.
pub async fn record(
    conn: &mut Conn,
    tenant: &TenantId,
    actor: &Actor,
    action: &'static str,
    subject: &str,
    now: Millis,
) -> Result<(), StoreError> {
    recording(tenant, actor, action, subject, now).run(conn).await.map(drop)
}

/// The statement of [`record`].
pub fn recording(
    tenant: &TenantId,
    actor: &Actor,
    action: &'static str,
    subject: &str,
    now: Millis,
) -> Statement {
    Statement::new(
        "INSERT INTO audit (id, tenant_id, actor, action, subject, at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .text(Id::<Entry>::new().as_str())
    .text(tenant.as_str())
    .text(actor.to_text())
    .text(action)
    .text(subject)
    .number(now.0)
}

/// The newest entries, those before the entry `before` if it is given.
pub async fn page(
    conn: &mut Conn,
    tenant: &TenantId,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let entries = sqlx::query_as(
        "SELECT id, actor, action, subject, at FROM audit
         WHERE tenant_id = $1 AND id < $2
         ORDER BY id DESC LIMIT $3",
    )
    .bind(tenant.as_str())
    .bind(before.unwrap_or(id::AFTER_ALL))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(entries)
}

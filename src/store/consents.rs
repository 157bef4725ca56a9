//! People on their way to a sign-in service and back: what was meant when they were sent.

use super::audit::Actor;
use super::crm_connections::Kind;
use super::{Conn, Id, ListId, StoreError, TenantId, from_json, to_json};
use crate::clock::Millis;
use serde::{Deserialize, Serialize};

const TABLE: &str = "consents";

/// What a person was asked to consent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// For whom it will be.
    pub tenant: TenantId,
    /// What it is to open.
    pub purpose: Purpose,
    /// Who began it.
    pub actor: Actor,
}

/// What a consent is to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum Purpose {
    /// A mailbox on an IMAP server.
    Imap {
        /// The sign-in service.
        service: String,
        /// The mailbox.
        mailbox: MeantMailbox,
    },
    /// The tenant's CRM.
    Crm {
        /// Which one it is.
        kind: Kind,
    },
    /// A mailbox at Microsoft 365, through Graph.
    Graph {
        /// The mailbox.
        mailbox: MeantMailbox,
    },
}

/// A mailbox that a consent is to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeantMailbox {
    /// The contact list its suggestions will land in.
    pub list: ListId,
    /// The address of the mailbox.
    pub address: String,
    /// The account to sign in with, as a rule the address.
    pub username: String,
    /// The folder to read.
    pub folder: String,
    /// How many days back to read at first.
    pub backfill_days: u32,
}

/// Remembers what is meant until `expires_at`; `state_hash` is that of the OAuth state.
pub async fn add(
    conn: &mut Conn,
    state_hash: &str,
    consent: &Consent,
    expires_at: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO consents (state_hash, tenant_id, purpose, actor, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(state_hash)
    .bind(consent.tenant.as_str())
    .bind(to_json(&consent.purpose))
    .bind(consent.actor.to_text())
    .bind(expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// What was meant, once: a second time, or too late, there is nothing. Others whose time is up are
/// forgotten. The state alone is what tells the tenant.
pub async fn take(
    conn: &mut Conn,
    state_hash: &str,
    now: Millis,
) -> Result<Option<Consent>, StoreError> {
    sqlx::query("DELETE FROM consents WHERE expires_at <= $1")
        .bind(now.0)
        .execute(&mut *conn)
        .await?;
    let row: Option<(String, String, String)> = sqlx::query_as(
        "DELETE FROM consents WHERE state_hash = $1 RETURNING tenant_id, purpose, actor",
    )
    .bind(state_hash)
    .fetch_optional(conn)
    .await?;
    let Some((tenant, purpose, actor)) = row else { return Ok(None) };
    let actor = Actor::parse(&actor).ok_or_else(|| StoreError::Row {
        table: TABLE,
        column: "actor",
        row: state_hash.to_owned(),
    })?;
    let purpose = from_json(TABLE, "purpose", state_hash, &purpose)?;
    Ok(Some(Consent { tenant: Id::stored(tenant), purpose, actor }))
}

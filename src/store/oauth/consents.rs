//! People on their way to a sign-in service and back: what was meant when they were sent.

use crate::clock::Millis;
use crate::store::{Conn, Id, ListId, StoreError, TenantId};

/// What a person was asked to consent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Whose mailbox it will be.
    pub tenant: TenantId,
    /// The sign-in service.
    pub service: String,
    /// The contact list its suggestions will land in.
    pub list: ListId,
    /// The address of the mailbox that is meant.
    pub address: String,
    /// The account to sign in with, as a rule the address.
    pub username: String,
    /// The folder to read.
    pub folder: String,
    /// How many days back to read at first.
    pub backfill_days: u32,
    /// Who began it, as [`crate::store::audit::Actor::to_text`].
    pub actor: String,
}

/// Remembers what is meant until `expires_at`; `state_hash` is that of the OAuth state.
pub async fn add_consent(
    conn: &mut Conn,
    state_hash: &str,
    consent: &Consent,
    expires_at: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO oauth_consents (state_hash, tenant_id, service, list_id, address, username,
                                     folder, backfill_days, actor, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(state_hash)
    .bind(consent.tenant.as_str())
    .bind(&consent.service)
    .bind(consent.list.as_str())
    .bind(&consent.address)
    .bind(&consent.username)
    .bind(&consent.folder)
    .bind(i64::from(consent.backfill_days))
    .bind(&consent.actor)
    .bind(expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

type Row = (String, String, String, String, String, String, i64, String);

/// What was meant, once: a second time, or too late, there is nothing. Others whose time is up are
/// forgotten. The state alone is what tells the tenant.
pub async fn take_consent(
    conn: &mut Conn,
    state_hash: &str,
    now: Millis,
) -> Result<Option<Consent>, StoreError> {
    sqlx::query("DELETE FROM oauth_consents WHERE expires_at <= $1")
        .bind(now.0)
        .execute(&mut *conn)
        .await?;
    let row: Option<Row> = sqlx::query_as(
        "DELETE FROM oauth_consents WHERE state_hash = $1
         RETURNING tenant_id, service, list_id, address, username, folder, backfill_days, actor",
    )
    .bind(state_hash)
    .fetch_optional(conn)
    .await?;
    let Some((tenant, service, list, address, username, folder, days, actor)) = row else {
        return Ok(None);
    };
    let backfill_days = u32::try_from(days).map_err(|_| StoreError::Row {
        table: "oauth_consents",
        column: "backfill_days",
        row: state_hash.to_owned(),
    })?;
    let (tenant, list) = (Id::stored(tenant), Id::stored(list));
    Ok(Some(Consent { tenant, service, list, address, username, folder, backfill_days, actor }))
}

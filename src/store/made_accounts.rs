//! Companies that we make in a tenant's CRM: claimed by their domain before, so that each is made once,
//! and known after, until the CRM's own search finds them.

use super::{Conn, StoreError, TenantId, WriteId, several};
use crate::clock::Millis;
use std::collections::BTreeSet;

/// So long a claim holds of which nothing came: whoever made it has died, and what they made is found by
/// the CRM's search.
const CLAIMED: i64 = 2 * 60;
/// So long a company is known that was made; then the CRM's search knows better.
const MADE: i64 = 60 * 60;

/// A company that was made.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MadeAccount {
    /// The write for whose record.
    pub write_id: String,
    /// The CRM's id of it.
    pub account_id: String,
    /// What it is called.
    pub name: String,
}

/// The company of a domain, if it was made lately.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    domain: &str,
    now: Millis,
) -> Result<Option<MadeAccount>, StoreError> {
    let found = sqlx::query_as(
        "SELECT write_id, account_id, name FROM crm_made_accounts
         WHERE tenant_id = $1 AND domain = $2 AND account_id <> '' AND claimed_at > $3",
    )
    .bind(tenant.as_str())
    .bind(domain)
    .bind(now.plus_secs(-MADE).0)
    .fetch_optional(conn)
    .await?;
    Ok(found)
}

/// The write that makes the company of a domain at the moment.
pub async fn claimed_by(
    conn: &mut Conn,
    tenant: &TenantId,
    domain: &str,
    now: Millis,
) -> Result<Option<WriteId>, StoreError> {
    let write: Option<String> = sqlx::query_scalar(
        "SELECT write_id FROM crm_made_accounts
         WHERE tenant_id = $1 AND domain = $2 AND account_id = '' AND claimed_at > $3",
    )
    .bind(tenant.as_str())
    .bind(domain)
    .bind(now.plus_secs(-CLAIMED).0)
    .fetch_optional(conn)
    .await?;
    Ok(write.map(WriteId::stored))
}

/// Claims to make the company of a domain for a write's record. False: somebody else makes it, or has.
/// Whoever has claimed it claims it again `at_once`, or else when nothing may come of the first time.
pub async fn claim(
    conn: &mut Conn,
    tenant: &TenantId,
    domain: &str,
    (write, at_once): (&WriteId, bool),
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO crm_made_accounts (tenant_id, domain, write_id, account_id, name, claimed_at)
         VALUES ($1, $2, $3, '', '', $4)
         ON CONFLICT (tenant_id, domain) DO UPDATE
         SET write_id = excluded.write_id, account_id = '', name = '',
             claimed_at = excluded.claimed_at
         WHERE crm_made_accounts.claimed_at <= $6
            OR (crm_made_accounts.account_id = '' AND (crm_made_accounts.claimed_at <= $5
                OR ($7 = 1 AND crm_made_accounts.write_id = excluded.write_id)))",
    )
    .bind(tenant.as_str())
    .bind(domain)
    .bind(write.as_str())
    .bind(now.0)
    .bind(now.plus_secs(-CLAIMED).0)
    .bind(now.plus_secs(-MADE).0)
    .bind(i64::from(at_once))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a claimed company was made, with the CRM's id and name of it.
pub async fn note(
    conn: &mut Conn,
    tenant: &TenantId,
    domain: &str,
    made: &MadeAccount,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE crm_made_accounts SET account_id = $4, name = $5
         WHERE tenant_id = $1 AND domain = $2 AND write_id = $3",
    )
    .bind(tenant.as_str())
    .bind(domain)
    .bind(&made.write_id)
    .bind(&made.account_id)
    .bind(&made.name)
    .execute(conn)
    .await?;
    Ok(())
}

/// Which of these ids are those of companies that were made, whenever that was.
pub async fn among(
    conn: &mut Conn,
    tenant: &TenantId,
    ids: &[&str],
) -> Result<BTreeSet<String>, StoreError> {
    let sql = format!(
        "SELECT account_id FROM crm_made_accounts
         WHERE tenant_id = $1 AND account_id <> '' AND account_id IN ({})",
        several::places(2)
    );
    let rows: Vec<(String,)> = several::rows(conn, sql, &[tenant.as_str()], ids).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Lets go of a claim, as when the CRM does not take the company.
pub async fn release(
    conn: &mut Conn,
    tenant: &TenantId,
    domain: &str,
    write: &WriteId,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM crm_made_accounts WHERE tenant_id = $1 AND domain = $2 AND write_id = $3",
    )
    .bind(tenant.as_str())
    .bind(domain)
    .bind(write.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the company of a domain, which is not there any more.
pub async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    domain: &str,
    account: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM crm_made_accounts WHERE tenant_id = $1 AND domain = $2 AND account_id = $3",
    )
    .bind(tenant.as_str())
    .bind(domain)
    .bind(account)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets all of a tenant's, as when its CRM is disconnected.
pub async fn forget_all(conn: &mut Conn, tenant: &TenantId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM crm_made_accounts WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

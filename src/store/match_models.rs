//! What matching believes of a tenant's records: what they have taught, and where its levels begin.
//! Numbers, and the domains where people of several employers have their addresses; nothing of anybody.

use super::{Conn, StoreError, TenantId};
use crate::clock::Millis;
use crate::matching::Thresholds;

/// What was learned of a tenant's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// How many records there were.
    pub records: i64,
    /// The weights and shared domains, as [`crate::matching::Model`] writes them; none if there was too little to learn
    /// from.
    pub weights: Option<String>,
    /// When.
    pub learned_at: Millis,
}

/// What was learned last; none before the first time.
pub async fn get(conn: &mut Conn, tenant: &TenantId) -> Result<Option<Learned>, StoreError> {
    let row: Option<(i64, String, i64)> = sqlx::query_as(
        "SELECT records, weights, learned_at FROM match_models WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(records, weights, learned_at)| Learned {
        records,
        weights: Some(weights).filter(|weights| !weights.is_empty()),
        learned_at: Millis(learned_at),
    }))
}

/// Keeps what was learned.
pub async fn put(conn: &mut Conn, tenant: &TenantId, learned: &Learned) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO match_models (tenant_id, records, weights, learned_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id) DO UPDATE
         SET records = excluded.records, weights = excluded.weights,
             learned_at = excluded.learned_at",
    )
    .bind(tenant.as_str())
    .bind(learned.records)
    .bind(learned.weights.as_deref().unwrap_or_default())
    .bind(learned.learned_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// The thresholds that the tenant has set, or the usual ones.
pub async fn thresholds(conn: &mut Conn, tenant: &TenantId) -> Result<Thresholds, StoreError> {
    let row: Option<(f64, f64)> =
        sqlx::query_as("SELECT possible, exact FROM match_thresholds WHERE tenant_id = $1")
            .bind(tenant.as_str())
            .fetch_optional(conn)
            .await?;
    let set = row.and_then(|(possible, exact)| Thresholds::new(possible, exact));
    Ok(set.unwrap_or_default())
}

/// Sets the tenant's thresholds.
pub async fn set_thresholds(
    conn: &mut Conn,
    tenant: &TenantId,
    thresholds: Thresholds,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO match_thresholds (tenant_id, possible, exact) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id) DO UPDATE
         SET possible = excluded.possible, exact = excluded.exact",
    )
    .bind(tenant.as_str())
    .bind(thresholds.possible)
    .bind(thresholds.exact)
    .execute(conn)
    .await?;
    Ok(())
}

/// What is believed of a tenant's records when a contact is compared with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Believed {
    /// Where the levels begin.
    pub thresholds: Thresholds,
    /// How many records there were when was learned last; before the first time, how many there are.
    pub records: i64,
    /// The weights that were learned, as [`Learned::weights`].
    pub weights: Option<String>,
}

/// What is believed now. Before anything was learned records are counted up to 10,000: beyond that every
/// name says so much less that only a job counts them all.
pub async fn believed(conn: &mut Conn, tenant: &TenantId) -> Result<Believed, StoreError> {
    type Row = (Option<f64>, Option<f64>, Option<String>, i64);
    // The limit stands in the text: of one that is bound SQLite prepares the statement anew each time.
    let row: Option<Row> = sqlx::query_as(
        "SELECT h.possible, h.exact, m.weights,
             CASE WHEN m.tenant_id IS NULL
                  THEN (SELECT COUNT(*)
                        FROM (SELECT 1 FROM crm_records WHERE tenant_id = $1 LIMIT 10000) AS counted)
                  ELSE m.records END
         FROM tenants t LEFT JOIN match_thresholds h ON h.tenant_id = t.id
             LEFT JOIN match_models m ON m.tenant_id = t.id
         WHERE t.id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    let (possible, exact, weights, records) = row.unwrap_or_default();
    let set = possible.zip(exact).and_then(|(possible, exact)| Thresholds::new(possible, exact));
    let thresholds = set.unwrap_or_default();
    Ok(Believed { thresholds, records, weights: weights.filter(|weights| !weights.is_empty()) })
}

//! Blocking keys of everything a new signature is compared with, see
//! [`crate::matching::keys`].

use super::{Conn, StoreError, TenantId};

/// What a match key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnerKind {
    /// A CRM record.
    Record,
    /// An accepted contact.
    Contact,
    /// A suggestion.
    Suggestion,
}

impl OwnerKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Contact => "contact",
            Self::Suggestion => "suggestion",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Record, Self::Contact, Self::Suggestion]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// How many owners a look-up answers; those that share more and stronger keys come first.
const MOST: i64 = 50;

/// Gives an owner exactly these keys.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: OwnerKind,
    owner: &str,
    keys: &[String],
) -> Result<(), StoreError> {
    remove(conn, tenant, kind, owner).await?;
    add(conn, tenant, kind, owner, keys).await
}

/// Gives an owner further keys.
pub async fn add(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: OwnerKind,
    owner: &str,
    keys: &[String],
) -> Result<(), StoreError> {
    for eight in keys.chunks(8) {
        let key = |place: usize| eight.get(place).map_or("", String::as_str);
        sqlx::query(
            "INSERT INTO match_keys (tenant_id, match_key, owner_kind, owner_id)
             SELECT $1, column1, $2, $3
             FROM (VALUES ($4), ($5), ($6), ($7), ($8), ($9), ($10), ($11)) AS given
             WHERE column1 <> '' ON CONFLICT DO NOTHING",
        )
        .bind(tenant.as_str())
        .bind(kind.as_str())
        .bind(owner)
        .bind(key(0))
        .bind(key(1))
        .bind(key(2))
        .bind(key(3))
        .bind(key(4))
        .bind(key(5))
        .bind(key(6))
        .bind(key(7))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Forgets the keys of an owner.
pub async fn remove(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: OwnerKind,
    owner: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM match_keys WHERE tenant_id = $1 AND owner_kind = $2 AND owner_id = $3",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(owner)
    .execute(conn)
    .await?;
    Ok(())
}

/// Who shares a key with these: first by e-mail, then by name, then by phone.
pub async fn owners(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
) -> Result<Vec<(OwnerKind, String)>, StoreError> {
    let mut found = Vec::new();
    for eight in keys.chunks(8) {
        let key = |place: usize| eight.get(place).map_or("", String::as_str);
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT owner_kind, owner_id, CAST(SUM(CASE SUBSTR(match_key, 1, 1)
                 WHEN 'e' THEN 10000 WHEN 'n' THEN 100 ELSE 1 END) AS BIGINT) AS strength
             FROM match_keys
             WHERE tenant_id = $1 AND match_key IN ($2, $3, $4, $5, $6, $7, $8, $9)
             GROUP BY owner_kind, owner_id
             ORDER BY strength DESC, owner_kind, owner_id LIMIT $10",
        )
        .bind(tenant.as_str())
        .bind(key(0))
        .bind(key(1))
        .bind(key(2))
        .bind(key(3))
        .bind(key(4))
        .bind(key(5))
        .bind(key(6))
        .bind(key(7))
        .bind(MOST)
        .fetch_all(&mut *conn)
        .await?;
        for (kind, id, _) in rows {
            let kind = OwnerKind::parse(&kind).ok_or_else(|| StoreError::Row {
                table: "match_keys",
                column: "owner_kind",
                row: id.clone(),
            })?;
            let owner = (kind, id);
            if !found.contains(&owner) {
                found.push(owner);
            }
        }
    }
    Ok(found)
}

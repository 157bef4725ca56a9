//! Blocking keys of everything a new signature is compared with, see
//! [`crate::matching::keys`].

use super::several::{self, SEVERAL};
use super::{Conn, Statement, StoreError, TenantId};
use std::sync::LazyLock;

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

/// How many owners of one key are looked at: one that more have in common tells nobody apart.
const MOST_OF_A_KEY: usize = 64;

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
    for statement in adding(tenant, kind, owner, keys) {
        statement.run(conn).await?;
    }
    Ok(())
}

/// The statements of [`add`].
pub fn adding<'a>(
    tenant: &'a TenantId,
    kind: OwnerKind,
    owner: &'a str,
    keys: &'a [String],
) -> impl Iterator<Item = Statement> + 'a {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let values: Vec<String> = (4..4 + SEVERAL).map(|place| format!("(${place})")).collect();
        let values = values.join(", ");
        format!(
            "INSERT INTO match_keys (tenant_id, match_key, owner_kind, owner_id)
             SELECT $1, column1, $2, $3 FROM (VALUES {values}) AS given
             WHERE column1 <> '' ON CONFLICT DO NOTHING"
        )
    });
    keys.chunks(SEVERAL).map(move |some| {
        let statement = Statement::new(SQL.as_str());
        let statement = statement.text(tenant.as_str()).text(kind.as_str()).text(owner);
        (0..SEVERAL).fold(statement, |statement, place| {
            statement.text(some.get(place).map_or("", String::as_str))
        })
    })
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

/// The owners of each of these keys; of a key that many have in common, only some.
pub async fn owners(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
) -> Result<Vec<(OwnerKind, String, String)>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        // Each key is looked up by itself, so that a frequent one costs no more than another.
        let of_key = |place: usize| {
            format!(
                "SELECT * FROM (SELECT owner_kind, owner_id, match_key FROM match_keys
                 WHERE tenant_id = $1 AND match_key = ${place} LIMIT {MOST_OF_A_KEY}) AS k{place}"
            )
        };
        (2..2 + SEVERAL).map(of_key).collect::<Vec<_>>().join(" UNION ALL ")
    });
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let rows: Vec<(String, String, String)> =
        several::rows(conn, SQL.clone(), &[tenant.as_str()], &keys).await?;
    let owner = |(kind, id, key): (String, String, String)| match OwnerKind::parse(&kind) {
        Some(kind) => Ok((kind, id, key)),
        None => Err(StoreError::Row { table: "match_keys", column: "owner_kind", row: id }),
    };
    rows.into_iter().map(owner).collect()
}

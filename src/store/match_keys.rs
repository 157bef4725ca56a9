//! Blocking keys of everything a new signature is compared with, see
//! [`crate::matching::keys`].

use super::several::{self, KEYS};
use super::{Conn, ListId, Statement, StoreError, SuggestionId, TenantId};
use sqlx::query::QueryAs;
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
    /// The kind as it stands in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
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
        let values: Vec<String> = (4..4 + KEYS).map(|place| format!("(${place})")).collect();
        let values = values.join(", ");
        format!(
            "INSERT INTO match_keys (tenant_id, match_key, owner_kind, owner_id)
             SELECT $1, column1, $2, $3 FROM (VALUES {values}) AS given
             WHERE column1 <> '' ON CONFLICT DO NOTHING"
        )
    });
    several::filled::<KEYS, _>(keys).map(move |some| {
        let statement = Statement::new(SQL.as_str());
        let statement = statement.text(tenant.as_str()).text(kind.as_str()).text(owner);
        some.into_iter().fold(statement, Statement::text)
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

/// Who shares keys with somebody.
#[derive(Debug, Default)]
pub struct Sharing {
    /// The owners of each of the keys; of a key that many have in common, only some.
    pub owners: Vec<(OwnerKind, String, String)>,
    /// The suggestion of the list whose last signature had the fingerprint.
    pub same: Option<SuggestionId>,
}

/// The owners of each of these keys; of a key that many have in common, only some.
pub async fn owners(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
) -> Result<Vec<(OwnerKind, String, String)>, StoreError> {
    Ok(look(conn, tenant, keys, "", "").await?.owners)
}

/// The owners of each of these keys, and the suggestion of the list whose last signature had this
/// fingerprint, with one statement.
pub async fn sharing(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
    list: &ListId,
    fingerprint: &str,
) -> Result<Sharing, StoreError> {
    look(conn, tenant, keys, list.as_str(), fingerprint).await
}

async fn look(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
    list: &str,
    fingerprint: &str,
) -> Result<Sharing, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        // Each key is looked up by itself, so that a frequent one costs no more than another.
        let of_key = |place: usize| {
            format!(
                "SELECT * FROM (SELECT owner_kind, owner_id, match_key FROM match_keys
                 WHERE tenant_id = $1 AND match_key = ${place} LIMIT {MOST_OF_A_KEY}) AS k{place}
                 UNION ALL "
            )
        };
        let keys: String = (4..4 + KEYS).map(of_key).collect();
        format!(
            "{keys} SELECT 'same', id, '' FROM suggestions
             WHERE tenant_id = $1 AND list_id = $2 AND fingerprint = $3"
        )
    });
    let mut found = Sharing::default();
    for some in several::filled::<KEYS, _>(keys) {
        let query = sqlx::query_as(SQL.as_str()).bind(tenant.as_str()).bind(list).bind(fingerprint);
        let query = some.into_iter().fold(query, QueryAs::bind);
        let rows: Vec<(String, String, String)> = query.fetch_all(&mut *conn).await?;
        for (kind, id, key) in rows {
            match OwnerKind::parse(&kind) {
                Some(kind) => found.owners.push((kind, id, key)),
                None => found.same = Some(SuggestionId::stored(id)),
            }
        }
    }
    Ok(found)
}

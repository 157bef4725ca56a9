//! Blocking keys of everything a new signature is compared with, see
//! [`crate::matching::keys`].

use super::several::{self, KEYS};
use super::{Conn, ContactId, ListId, RecordId, Statement, StoreError, SuggestionId, TenantId};
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

/// Whose keys they are.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// What it is.
    pub kind: OwnerKind,
    /// Its id.
    pub id: &'a str,
    /// The list that it is of; a record is of none.
    pub list: Option<&'a ListId>,
}

impl<'a> Owner<'a> {
    /// A CRM record.
    pub fn record(id: &'a RecordId) -> Self {
        Self { kind: OwnerKind::Record, id: id.as_str(), list: None }
    }

    /// A contact of a list.
    pub fn contact(id: &'a ContactId, list: &'a ListId) -> Self {
        Self { kind: OwnerKind::Contact, id: id.as_str(), list: Some(list) }
    }

    /// A suggestion of a list.
    pub fn suggestion(id: &'a SuggestionId, list: &'a ListId) -> Self {
        Self { kind: OwnerKind::Suggestion, id: id.as_str(), list: Some(list) }
    }
}

/// How many owners of one kind are looked at of one key: one that more have in common tells nobody apart.
const MOST_OF_A_KEY: usize = 64;

/// Gives an owner exactly these keys.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    owner: Owner<'_>,
    keys: &[String],
) -> Result<(), StoreError> {
    remove(conn, tenant, owner.kind, owner.id).await?;
    add(conn, tenant, owner, keys).await
}

/// Gives an owner further keys.
pub async fn add(
    conn: &mut Conn,
    tenant: &TenantId,
    owner: Owner<'_>,
    keys: &[String],
) -> Result<(), StoreError> {
    for statement in adding(tenant, owner, keys) {
        statement.run(conn).await?;
    }
    Ok(())
}

/// The statements of [`add`].
pub fn adding<'a>(
    tenant: &'a TenantId,
    owner: Owner<'a>,
    keys: &'a [String],
) -> impl Iterator<Item = Statement> + 'a {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let values: Vec<String> = (5..5 + KEYS).map(|place| format!("(${place})")).collect();
        let values = values.join(", ");
        format!(
            "INSERT INTO match_keys (tenant_id, match_key, owner_kind, owner_id, list_id)
             SELECT $1, column1, $2, $3, $4 FROM (VALUES {values}) AS given
             WHERE column1 <> '' ON CONFLICT DO NOTHING"
        )
    });
    several::filled::<KEYS, _>(keys).map(move |some| {
        let Owner { kind, id, list } = owner;
        let statement = Statement::new(SQL.as_str()).text(tenant.as_str()).text(kind.as_str());
        let statement = statement.text(id).text(list.map_or("", ListId::as_str));
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
    // `|| ''` keeps SQLite from walking through all keys of the tenant instead of the owner's.
    sqlx::query(
        "DELETE FROM match_keys WHERE tenant_id || '' = $1 AND owner_kind = $2 AND owner_id = $3",
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
    /// The owners of each of the keys; of a key that many of a kind have in common, only some.
    pub owners: Vec<(OwnerKind, String, String)>,
    /// The suggestion of the list whose last signature had the fingerprint.
    pub same: Option<SuggestionId>,
}

const RECORDS: &str = "owner_kind = 'record'";

/// The records, and the contacts of all lists, of each of these keys; of a key that many have in common,
/// only some of either.
pub async fn owners(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
) -> Result<Vec<(OwnerKind, String, String)>, StoreError> {
    static SQL: LazyLock<String> =
        LazyLock::new(|| looks(2, &[RECORDS, "owner_kind = 'contact'"]).join(" UNION ALL "));
    Ok(look(conn, SQL.as_str(), &[tenant.as_str()], keys).await?.owners)
}

/// The records of each of these keys, and the contacts and suggestions of one list; of a key that many
/// have in common, only some of each. What other lists have takes nobody's place.
pub async fn owners_for(
    conn: &mut Conn,
    tenant: &TenantId,
    list: &ListId,
    keys: &[String],
) -> Result<Vec<(OwnerKind, String, String)>, StoreError> {
    Ok(sharing(conn, tenant, keys, list, "").await?.owners)
}

/// As [`owners_for`], and the suggestion of the list whose last signature had this fingerprint, with one
/// statement.
pub async fn sharing(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
    list: &ListId,
    fingerprint: &str,
) -> Result<Sharing, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        // What is no record has an index of its own, which is found by these words.
        const CONTACTS: &str = "owner_kind = 'contact' AND owner_kind <> 'record' AND list_id = $2";
        const SUGGESTIONS: &str =
            "owner_kind = 'suggestion' AND owner_kind <> 'record' AND list_id = $2";
        let mut looks = looks(4, &[RECORDS, CONTACTS, SUGGESTIONS]);
        looks.push(
            "SELECT 'same', id, '' FROM suggestions
             WHERE tenant_id = $1 AND list_id = $2 AND fingerprint = $3"
                .to_owned(),
        );
        looks.join(" UNION ALL ")
    });
    look(conn, SQL.as_str(), &[tenant.as_str(), list.as_str(), fingerprint], keys).await
}

/// Each key is looked up by itself, so that a frequent one costs no more than another, and each kind of
/// owner, so that none takes the place of another; the keys are bound from `first` on.
fn looks(first: usize, kinds: &[&str]) -> Vec<String> {
    let of_key = |place: usize| {
        (1..).zip(kinds).map(move |(nth, of_kind)| {
            format!(
                "SELECT * FROM (SELECT owner_kind, owner_id, match_key FROM match_keys
                 WHERE tenant_id = $1 AND match_key = ${place} AND {of_kind}
                 LIMIT {MOST_OF_A_KEY}) AS k{place}_{nth}"
            )
        })
    };
    (first..first + KEYS).flat_map(of_key).collect()
}

/// Whom a statement finds, in which the keys are bound after `first`.
async fn look(
    conn: &mut Conn,
    sql: &'static str,
    first: &[&str],
    keys: &[String],
) -> Result<Sharing, StoreError> {
    let mut found = Sharing::default();
    for some in several::filled::<KEYS, _>(keys) {
        let query = first.iter().copied().chain(some).fold(sqlx::query_as(sql), QueryAs::bind);
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

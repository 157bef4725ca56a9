//! The connected CRM of each tenant, and how it fares.

mod new_people;
mod state;
mod told;

use super::{Conn, StoreError, TenantId};
use crate::clock::Millis;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

pub use new_people::{NewPeople, set_new_people};
pub use state::{State, set_pause, set_state, states};
pub use told::{note_told, to_be_told};

/// The kinds of CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An address book on a CardDAV server.
    CardDav,
    /// An account at HubSpot.
    HubSpot,
    /// A company's account at Pipedrive.
    Pipedrive,
    /// An org at Salesforce.
    Salesforce,
    /// An environment of Microsoft Dynamics 365.
    Dynamics,
    /// A database of Tryton.
    Tryton,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::CardDav,
        Self::HubSpot,
        Self::Pipedrive,
        Self::Salesforce,
        Self::Dynamics,
        Self::Tryton,
    ];

    /// The kind's name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CardDav => "carddav",
            Self::HubSpot => "hubspot",
            Self::Pipedrive => "pipedrive",
            Self::Salesforce => "salesforce",
            Self::Dynamics => "dynamics",
            Self::Tryton => "tryton",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::CardDav => "The address book",
            Self::HubSpot => "HubSpot",
            Self::Pipedrive => "Pipedrive",
            Self::Salesforce => "Salesforce",
            Self::Dynamics => "Dynamics 365",
            Self::Tryton => "Tryton",
        }
    }

    /// Whether one signs in with a name; a token has none.
    pub const fn has_users(self) -> bool {
        matches!(self, Self::CardDav | Self::Salesforce | Self::Dynamics | Self::Tryton)
    }

    /// Reads what [`Kind::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A connected CRM.
#[derive(Debug, Clone)]
pub struct CrmConnection {
    /// Which CRM it is.
    pub kind: Kind,
    /// Where it is.
    pub url: String,
    /// The name to sign in with.
    pub username: String,
    /// The password, token or refresh token, sealed by the vault.
    pub password_sealed: String,
    /// The sign-in service whose refresh token that is; empty: none.
    pub oauth_service: String,
    /// How it fares.
    pub state: State,
    /// What went wrong, as one sentence.
    pub state_detail: String,
    /// Since when.
    pub state_since: Millis,
    /// Since when it is ill, through whatever states; none if it is well.
    pub ill_since: Option<Millis>,
    /// Before when it has asked not to be read.
    pub retry_at: Option<Millis>,
    /// From where to ask for changes.
    pub position: String,
    /// When the records were last brought up to date.
    pub read_at: Option<Millis>,
    /// When the settings changed last; tells one version of them from another.
    pub changed_at: Millis,
    /// Since when this CRM is connected: what was read of a CRM before is another's.
    pub since: Millis,
    /// Which field holds what, as the admin has said, as JSON; empty: as usual for the kind.
    pub mapping: String,
    /// What new people are made as.
    pub new_people: NewPeople,
    /// When the secret or certificate ends that it is signed in to with, as far as we know.
    pub secret_expires_at: Option<Millis>,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    url: String,
    username: String,
    password_sealed: String,
    oauth_service: String,
    state: String,
    state_detail: String,
    state_since: i64,
    ill_since: Option<i64>,
    retry_at: Option<i64>,
    told_at: Option<i64>,
    told_times: i64,
    position: String,
    read_at: Option<i64>,
    changed_at: i64,
    since: i64,
    mapping: String,
    new_people: String,
    secret_expires_at: Option<i64>,
}

/// The statement that reads whole rows.
macro_rules! whole {
    ($condition:literal) => {
        concat!(
            "SELECT kind, url, username, password_sealed, oauth_service, state, state_detail, state_since,
                    ill_since, retry_at, told_at, told_times, position, read_at, changed_at, since, mapping,
                    new_people, secret_expires_at
             FROM crm_connections WHERE ",
            $condition
        )
    };
}
use whole;

/// The tenant's connected CRM, if there is one.
pub async fn get(conn: &mut Conn, tenant: &TenantId) -> Result<Option<CrmConnection>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(whole!("tenant_id = $1")).bind(tenant.as_str()).fetch_optional(conn).await?;
    row.map(|row| row.connection(tenant)).transpose()
}

impl Row {
    fn connection(self, tenant: &TenantId) -> Result<CrmConnection, StoreError> {
        let row = self;
        let bad = |column: &'static str| StoreError::Row {
            table: "crm_connections",
            column,
            row: tenant.to_string(),
        };
        Ok(CrmConnection {
            kind: Kind::parse(&row.kind).ok_or_else(|| bad("kind"))?,
            new_people: NewPeople::parse(&row.new_people).ok_or_else(|| bad("new_people"))?,
            url: row.url,
            username: row.username,
            password_sealed: row.password_sealed,
            oauth_service: row.oauth_service,
            state: State::parse(&row.state).ok_or_else(|| bad("state"))?,
            state_detail: row.state_detail,
            state_since: Millis(row.state_since),
            ill_since: row.ill_since.map(Millis),
            retry_at: row.retry_at.map(Millis),
            position: row.position,
            read_at: row.read_at.map(Millis),
            changed_at: Millis(row.changed_at),
            since: Millis(row.since),
            mapping: row.mapping,
            secret_expires_at: row.secret_expires_at.map(Millis),
        })
    }
}

/// Keeps everybody else from changing the tenant's connection until the transaction ends.
pub async fn hold(conn: &mut Conn, tenant: &TenantId) -> Result<(), StoreError> {
    sqlx::query("UPDATE crm_connections SET kind = kind WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes the tenant's connection, new or changed. With the same password sealed, an exchange of it goes on.
pub async fn put(
    conn: &mut Conn,
    tenant: &TenantId,
    connection: &CrmConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO crm_connections
           (tenant_id, kind, url, username, password_sealed, state, state_detail, state_since,
            position, read_at, changed_at, mapping, oauth_service, since, ill_since,
            new_people, secret_expires_at, retry_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT (tenant_id) DO UPDATE
         SET kind = excluded.kind, url = excluded.url, username = excluded.username,
             password_sealed = excluded.password_sealed, state = excluded.state,
             state_detail = excluded.state_detail, state_since = excluded.state_since,
             position = excluded.position, read_at = excluded.read_at,
             changed_at = excluded.changed_at, mapping = excluded.mapping,
             oauth_service = excluded.oauth_service,
             exchange_until = CASE crm_connections.password_sealed
                 WHEN excluded.password_sealed THEN crm_connections.exchange_until ELSE 0 END,
             told_times = CASE crm_connections.since WHEN excluded.since
                 THEN crm_connections.told_times ELSE 0 END,
             since = excluded.since, ill_since = excluded.ill_since,
             new_people = excluded.new_people,
             warned_days = CASE
                 WHEN crm_connections.secret_expires_at = excluded.secret_expires_at
                 THEN crm_connections.warned_days END,
             secret_expires_at = excluded.secret_expires_at, retry_at = excluded.retry_at",
    )
    .bind(tenant.as_str())
    .bind(connection.kind.as_str())
    .bind(&connection.url)
    .bind(&connection.username)
    .bind(&connection.password_sealed)
    .bind(connection.state.as_str())
    .bind(&connection.state_detail)
    .bind(connection.state_since.0)
    .bind(&connection.position)
    .bind(connection.read_at.map(|at| at.0))
    .bind(connection.changed_at.0)
    .bind(&connection.mapping)
    .bind(&connection.oauth_service)
    .bind(connection.since.0)
    .bind(connection.ill_since.map(|at| at.0))
    .bind(connection.new_people.as_str())
    .bind(connection.secret_expires_at.map(|at| at.0))
    .bind(connection.retry_at.map(|at| at.0))
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets which field holds what (JSON; empty: as usual); everything is to be read anew. False if there
/// is no connection.
pub async fn set_mapping(
    conn: &mut Conn,
    tenant: &TenantId,
    mapping: &str,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_connections
         SET mapping = $2, position = '',
             changed_at = CASE WHEN changed_at < $3 THEN $3 ELSE changed_at + 1 END
         WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .bind(mapping)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes when the secret ends that the connection is signed in with; it is warned of in time. A moment of
/// the day that is known is nothing new.
pub async fn set_secret_end(
    conn: &mut Conn,
    tenant: &TenantId,
    at: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE crm_connections SET secret_expires_at = $2, warned_days = NULL
         WHERE tenant_id = $1
           AND (secret_expires_at IS NULL OR secret_expires_at / 86400000 <> $2 / 86400000)",
    )
    .bind(tenant.as_str())
    .bind(at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the tenant's connection; false if there is none.
pub async fn remove(conn: &mut Conn, tenant: &TenantId) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM crm_connections WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes up to where changes were read. False if the settings changed since `changed_at`.
pub async fn set_position(
    conn: &mut Conn,
    tenant: &TenantId,
    changed_at: Millis,
    position: &str,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_connections SET position = $3, read_at = $4
         WHERE tenant_id = $1 AND changed_at = $2",
    )
    .bind(tenant.as_str())
    .bind(changed_at.0)
    .bind(position)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

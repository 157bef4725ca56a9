//! Every write to a CRM, with what was there before and after, so that it can be seen and undone.

/// A query of whole rows.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, suggestion_id, contact_id, external_id, version, based_on, owner, account, ",
            "before, after, known, state, begun, tried_at, withdrawn, erased, detail, created_at, ",
            "changed_at, mapping, linked, dates ",
            "FROM crm_writes ",
            $condition
        )
    };
}

mod erase;
mod latest;
mod settled;
mod state;
mod turn;

pub use erase::erase;
pub use latest::{Standing, latest};
pub use settled::settled_after;
pub use state::State;
pub use turn::{
    begin, cancel, claimed, hand_on, is_preceded, last_turn, next_of, note_asked, note_linked,
    raise, undoing, waiting, withdraw,
};

use super::{Conn, ContactId, StoreError, SuggestionId, TenantId, WriteId, id};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::Dates;
use serde::de::DeserializeOwned;
use sqlx::FromRow;

const TABLE: &str = "crm_writes";

/// One write.
#[derive(Debug, Clone)]
pub struct CrmWrite {
    /// Its id; a new record is made under it, so that it is made once.
    pub id: WriteId,
    /// The suggestion that was accepted.
    pub suggestion: SuggestionId,
    /// The contact that accepting made or changed.
    pub contact: ContactId,
    /// The CRM's id of the record; empty until a new one is made.
    pub external_id: String,
    /// The record's version before the write; after it, the one that the write made.
    pub version: String,
    /// The version that the write was made on; empty until it is made, and of a new record.
    pub based_on: String,
    /// The CRM's id of the owner with whom the record was made, or a try was begun; empty: whoever the
    /// CRM says, or it is not made.
    pub owner: String,
    /// The CRM's id of the company that was made for the record; empty: none was.
    pub account: String,
    /// The CRM's id of the company to which a change brought the record; empty: to none.
    pub linked: String,
    /// What the record had before, as far as it is known and the write changed it; none if it was made.
    pub before: Option<Contact>,
    /// How old that was when the first try began; none: that was not noted.
    pub dates: Option<Dates>,
    /// The record after.
    pub after: Contact,
    /// What the record said that the contact had followed when the rep accepted; none if it was made.
    pub known: Option<Contact>,
    /// How it fares.
    pub state: State,
    /// A try was begun, and a rep who takes it back relies on its job.
    pub begun: bool,
    /// When the CRM was last asked for it, and did not answer that it did nothing; 0: never.
    pub tried_at: Millis,
    /// It was to be taken back.
    pub withdrawn: bool,
    /// Its values are erased: it can be taken back no more.
    pub erased: bool,
    /// By which mapping of the CRM's fields it was tried last or made, as the connection notes it; empty: that
    /// was not noted.
    pub mapping: String,
    /// What went wrong, as one sentence.
    pub detail: String,
    /// When the rep accepted.
    pub created_at: Millis,
    /// When the state last changed; of what waits its turn, which comes first.
    pub changed_at: Millis,
}

impl CrmWrite {
    /// Whether the CRM was asked to make or change the record: it may have it, whatever came of that.
    pub fn is_tried(&self) -> bool {
        self.tried_at > Millis(0)
    }

    /// Whether the CRM was asked for anything of it, if only to bring the record to a company.
    pub fn was_asked_for(&self) -> bool {
        self.is_tried() || !self.linked.is_empty()
    }

    /// Whether somebody saw what the CRM made of it.
    pub fn is_seen(&self) -> bool {
        if self.before.is_none() { !self.external_id.is_empty() } else { !self.based_on.is_empty() }
    }

    /// Whether the CRM has it, although it was to be taken back.
    pub fn is_still_there(&self) -> bool {
        self.state == State::Failed && self.withdrawn
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    suggestion_id: String,
    contact_id: String,
    external_id: String,
    version: String,
    based_on: String,
    owner: String,
    account: String,
    linked: String,
    before: String,
    dates: String,
    after: String,
    known: String,
    state: String,
    begun: i64,
    tried_at: i64,
    withdrawn: i64,
    erased: i64,
    mapping: String,
    detail: String,
    created_at: i64,
    changed_at: i64,
}

impl TryFrom<Row> for CrmWrite {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let table = TABLE;
        let before = optional(&row.id, "before", &row.before)?;
        let dates = optional(&row.id, "dates", &row.dates)?;
        let known = optional(&row.id, "known", &row.known)?;
        let state = State::parse(&row.state).ok_or_else(|| StoreError::Row {
            table,
            column: "state",
            row: row.id.clone(),
        })?;
        Ok(Self {
            before,
            dates,
            known,
            after: super::from_json(table, "after", &row.id, &row.after)?,
            state,
            begun: row.begun != 0,
            tried_at: Millis(row.tried_at),
            withdrawn: row.withdrawn != 0,
            erased: row.erased != 0,
            id: WriteId::stored(row.id),
            suggestion: SuggestionId::stored(row.suggestion_id),
            contact: ContactId::stored(row.contact_id),
            external_id: row.external_id,
            version: row.version,
            based_on: row.based_on,
            owner: row.owner,
            account: row.account,
            linked: row.linked,
            mapping: row.mapping,
            detail: row.detail,
            created_at: Millis(row.created_at),
            changed_at: Millis(row.changed_at),
        })
    }
}

/// What a column of a write holds as JSON, if anything.
fn optional<T: DeserializeOwned>(
    id: &str,
    column: &'static str,
    json: &str,
) -> Result<Option<T>, StoreError> {
    (!json.is_empty()).then(|| super::from_json(TABLE, column, id, json)).transpose()
}

/// Adds a write.
pub async fn insert(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &CrmWrite,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO crm_writes (id, tenant_id, suggestion_id, contact_id, external_id, version,
             before, after, state, detail, created_at, changed_at, known)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(write.id.as_str())
    .bind(tenant.as_str())
    .bind(write.suggestion.as_str())
    .bind(write.contact.as_str())
    .bind(&write.external_id)
    .bind(&write.version)
    .bind(write.before.as_ref().map(super::to_json).unwrap_or_default())
    .bind(super::to_json(&write.after))
    .bind(write.state.as_str())
    .bind(&write.detail)
    .bind(write.created_at.0)
    .bind(write.changed_at.0)
    .bind(write.known.as_ref().map(super::to_json).unwrap_or_default())
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes what became of a write that is in state `from`. False if it is in another.
pub async fn settle(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &CrmWrite,
    from: State,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_writes
         SET state = $4, external_id = $5, version = $6, detail = $7, changed_at = $8, based_on = $9,
             owner = $10, account = $11, mapping = $12, before = $13, linked = $14
         WHERE tenant_id = $1 AND id = $2 AND state = $3",
    )
    .bind(tenant.as_str())
    .bind(write.id.as_str())
    .bind(from.as_str())
    .bind(write.state.as_str())
    .bind(&write.external_id)
    .bind(&write.version)
    .bind(&write.detail)
    .bind(write.changed_at.0)
    .bind(&write.based_on)
    .bind(&write.owner)
    .bind(&write.account)
    .bind(&write.mapping)
    .bind(write.before.as_ref().map(super::to_json).unwrap_or_default())
    .bind(&write.linked)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a record which had version `from` is so again, and has version `to` now: the write that
/// made it so can still be taken back, also where a rep has asked for that already.
pub async fn is_again(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    from: &str,
    to: &str,
) -> Result<(), StoreError> {
    set_version(conn, tenant, external_id, (from, to), [State::Written, State::Undoing]).await
}

/// Gives the writes of a record that name one version of it, and are in one of these states, another.
async fn set_version(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    (from, to): (&str, &str),
    [one, other]: [State; 2],
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE crm_writes SET version = $4
         WHERE tenant_id = $1 AND external_id = $2 AND version = $3 AND state IN ($5, $6)",
    )
    .bind(tenant.as_str())
    .bind(external_id)
    .bind(from)
    .bind(to)
    .bind(one.as_str())
    .bind(other.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// One write.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
) -> Result<Option<CrmWrite>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("WHERE tenant_id = $1 AND id = $2"))
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(CrmWrite::try_from).transpose()
}

/// The last write of a suggestion.
pub async fn of_suggestion(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestion: &SuggestionId,
) -> Result<Option<CrmWrite>, StoreError> {
    let query = select!("WHERE tenant_id = $1 AND suggestion_id = $2 ORDER BY id DESC LIMIT 1");
    let row: Option<Row> = sqlx::query_as(query)
        .bind(tenant.as_str())
        .bind(suggestion.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(CrmWrite::try_from).transpose()
}

/// The newest writes, those before `before` if it is given.
pub async fn page(
    conn: &mut Conn,
    tenant: &TenantId,
    before: Option<&WriteId>,
    limit: i64,
) -> Result<Vec<CrmWrite>, StoreError> {
    let query = select!("WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    let rows: Vec<Row> = sqlx::query_as(query)
        .bind(tenant.as_str())
        .bind(id::before(before))
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(CrmWrite::try_from).collect()
}

/// Whether a write of a contact is still to be made or taken back.
pub async fn is_waiting(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<bool, StoreError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM crm_writes
         WHERE tenant_id = $1 AND contact_id = $2 AND state IN ('waiting', 'undoing')",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .fetch_one(conn)
    .await?;
    Ok(count > 0)
}

/// Forgets the values of a contact's writes, as when the contact is removed.
pub async fn forget(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM crm_writes WHERE tenant_id = $1 AND contact_id = $2")
        .bind(tenant.as_str())
        .bind(contact.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets all writes of a tenant, as when its CRM is disconnected.
pub async fn forget_all(conn: &mut Conn, tenant: &TenantId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM crm_writes WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

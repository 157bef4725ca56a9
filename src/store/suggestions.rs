//! Suggestions: contacts offered to a list.

mod dates;
mod decided;
mod decision;
mod forget;
mod former;
mod renewal;
mod row;

use super::{Conn, ContactId, ListId, Statement, StoreError, SuggestionId, TenantId, id, several};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::{Dates, Evidence, Level, RULES, Said};
use row::{Row, whole};

pub use super::lists::revision;
pub use dates::redating;
pub use decided::decided;
pub use decision::{Decision, accepted_after, compare_anew, decide, know_instead, know_record};

pub use forget::{GONE, forget_contact, forget_record};
pub use former::{about, retell};
pub use renewal::{close, renew, say};
pub use row::Found;

/// A contact offered to a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Its id; suggestions made later sort later.
    pub id: SuggestionId,
    /// The tenant.
    pub tenant: TenantId,
    /// The list it is offered to.
    pub list: ListId,
    /// Whether the person is new or known.
    pub kind: Kind,
    /// Where its life stands.
    pub state: State,
    /// What the signature says.
    pub contact: Contact,
    /// What the known contact said when both were last compared.
    pub known: Option<Contact>,
    /// The id of that contact or CRM record.
    pub known_id: Option<String>,
    /// How sure it is that both are one person.
    pub match_level: Level,
    /// Why, one sentence each.
    pub match_reasons: Vec<String>,
    /// The same as data, and the probability; none if nobody is known.
    pub match_evidence: Option<Evidence>,
    /// The contact that accepting it made or changed.
    pub contact_id: Option<ContactId>,
    /// That contact before it was accepted, for undo.
    pub before_accept: Option<Contact>,
    /// Who accepted or dismissed it ([`Actor::to_text`](super::audit::Actor::to_text)).
    pub decided_by: Option<String>,
    /// How old what the signatures say is.
    pub dates: Dates,
    /// When it was first made.
    pub created_at: Millis,
    /// When it last changed; grows with every change.
    pub changed_at: Millis,
}

impl Suggestion {
    /// What mail has said of the person, and how old that is.
    pub const fn said(&self) -> Said<'_> {
        Said { contact: &self.contact, dates: &self.dates }
    }
}

/// Whether the person is new or known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nobody knows the person.
    New,
    /// A contact or CRM record says something else.
    Update,
}

/// Where a suggestion's life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided.
    Open,
    /// It was taken over, whole or in part.
    Accepted,
    /// It was turned down.
    Dismissed,
    /// Nobody decided in time, or nothing was left to decide; its values are gone.
    Expired,
}

impl Kind {
    /// The kind as it stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Update => "update",
        }
    }

    /// Reads [`Kind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::New, Self::Update].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl State {
    /// The state as it stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Dismissed => "dismissed",
            Self::Expired => "expired",
        }
    }

    /// Reads [`State::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Dismissed, Self::Expired]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// One suggestion.
pub async fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
) -> Result<Option<Suggestion>, StoreError> {
    let row: Option<Row> = sqlx::query_as(whole!("tenant_id = $1 AND id = $2"))
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(Suggestion::try_from).transpose()
}

/// The suggestions of a list among these that have values.
pub async fn some(
    conn: &mut Conn,
    tenant: &TenantId,
    list: &ListId,
    ids: &[&str],
) -> Result<Vec<Found>, StoreError> {
    let sql = format!(
        whole!("tenant_id || '' = $1 AND list_id || '' = $2 AND state <> 'expired' AND id IN ({})"),
        several::places(3)
    );
    let rows: Vec<Row> = several::rows(conn, sql, &[tenant.as_str(), list.as_str()], ids).await?;
    rows.into_iter().map(Found::of).collect()
}

/// The suggestion of a list whose last signature had this fingerprint.
pub async fn by_fingerprint(
    conn: &mut Conn,
    tenant: &TenantId,
    list: &ListId,
    fingerprint: &str,
) -> Result<Option<Suggestion>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(whole!("tenant_id = $1 AND list_id = $2 AND fingerprint = $3"))
            .bind(tenant.as_str())
            .bind(list.as_str())
            .bind(fingerprint)
            .fetch_optional(conn)
            .await?;
    row.map(Suggestion::try_from).transpose()
}

/// The newest suggestions of the tenant, of one list, in one state; those before `before` if it
/// is given.
pub async fn page(
    conn: &mut Conn,
    tenant: &TenantId,
    list: Option<&ListId>,
    state: Option<State>,
    before: Option<&SuggestionId>,
    limit: i64,
) -> Result<Vec<Suggestion>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(whole!(
        "tenant_id = $1 AND ($2 = '' OR list_id = $2) AND ($3 = '' OR state = $3)
             AND id < $4
         ORDER BY id DESC LIMIT $5"
    ))
    .bind(tenant.as_str())
    .bind(list.map_or("", ListId::as_str))
    .bind(state.map_or("", State::as_str))
    .bind(id::before(before))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Suggestion::try_from).collect()
}

/// How many suggestions of the tenant or of one list are in a state.
pub async fn count(
    conn: &mut Conn,
    tenant: &TenantId,
    list: Option<&ListId>,
    state: State,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM suggestions
         WHERE tenant_id = $1 AND ($2 = '' OR list_id = $2) AND state = $3",
    )
    .bind(tenant.as_str())
    .bind(list.map_or("", ListId::as_str))
    .bind(state.as_str())
    .fetch_one(conn)
    .await?)
}

/// The statement that writes a new suggestion. One of the same fingerprint in the same list is a
/// [unique violation](StoreError::is_unique_violation).
pub fn inserting(suggestion: &Suggestion, fingerprint: &str) -> Statement {
    Statement::new(
        "INSERT INTO suggestions (id, tenant_id, list_id, kind, state, fingerprint, contact, known,
             known_id, match_level, match_reasons, dates, created_at, changed_at, match_evidence,
             keyed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .text(suggestion.id.as_str())
    .text(suggestion.tenant.as_str())
    .text(suggestion.list.as_str())
    .text(suggestion.kind.as_str())
    .text(suggestion.state.as_str())
    .text(fingerprint)
    .text(super::to_json(&suggestion.contact))
    .text(row::optional_json(suggestion.known.as_ref()))
    .text(suggestion.known_id.as_deref().unwrap_or(""))
    .text(suggestion.match_level.as_str())
    .text(super::to_json(&suggestion.match_reasons))
    .text(super::to_json(&suggestion.dates))
    .number(suggestion.created_at.0)
    .number(suggestion.changed_at.0)
    .text(row::optional_json(suggestion.match_evidence.as_ref()))
    .number(RULES)
}

/// Brings a suggestion that nobody has decided up to date with a newer signature: its kind,
/// values and match, and opens it again if it had expired. False if it was decided meanwhile.
pub async fn refresh(
    conn: &mut Conn,
    suggestion: &Suggestion,
    fingerprint: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE suggestions SET state = 'open', kind = $3, fingerprint = $4, contact = $5,
             known = $6, known_id = $7, match_level = $8, match_reasons = $9, dates = $10,
             changed_at = $11, match_evidence = $12, keyed_by = $13
         WHERE tenant_id = $1 AND id = $2 AND state IN ('open', 'expired')",
    )
    .bind(suggestion.tenant.as_str())
    .bind(suggestion.id.as_str())
    .bind(suggestion.kind.as_str())
    .bind(fingerprint)
    .bind(super::to_json(&suggestion.contact))
    .bind(row::optional_json(suggestion.known.as_ref()))
    .bind(suggestion.known_id.as_deref().unwrap_or(""))
    .bind(suggestion.match_level.as_str())
    .bind(super::to_json(&suggestion.match_reasons))
    .bind(super::to_json(&suggestion.dates))
    .bind(suggestion.changed_at.0)
    .bind(row::optional_json(suggestion.match_evidence.as_ref()))
    .bind(RULES)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Suggestions that have values, have not changed since `before` and were not accepted.
pub async fn stale(
    conn: &mut Conn,
    tenant: &TenantId,
    before: Millis,
    limit: i64,
) -> Result<Vec<(SuggestionId, ListId)>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, list_id FROM suggestions
         WHERE tenant_id = $1 AND state IN ('open', 'dismissed') AND changed_at < $2
             AND contact <> '{}'
         ORDER BY id LIMIT $3",
    )
    .bind(tenant.as_str())
    .bind(before.0)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, list)| (SuggestionId::stored(id), ListId::stored(list)))
        .collect())
}

/// Removes a suggestion that has expired.
pub async fn remove_expired(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM suggestions WHERE tenant_id = $1 AND id = $2 AND state = 'expired'")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the values out of a suggestion; an open one expires. The fingerprint stays, so that the
/// same signature is recognised.
pub async fn forget_values(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SuggestionId,
    before: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE suggestions
         SET state = CASE state WHEN 'open' THEN 'expired' ELSE state END,
             contact = '{}', known = '', match_reasons = '[]', match_evidence = ''
         WHERE tenant_id = $1 AND id = $2 AND state IN ('open', 'dismissed') AND changed_at < $3",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(before.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

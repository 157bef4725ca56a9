//! A row of the table and the suggestion it stands for.

use super::{Kind, State, Suggestion};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::Level;
use crate::store::{ContactId, ListId, StoreError, SuggestionId, TenantId, from_json, to_json};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is asked of suggestions of which a condition holds: all that a row has.
macro_rules! whole {
    ($condition:literal) => {
        concat!(
            "SELECT id, tenant_id, list_id, kind, state, contact, known, known_id, match_level,
                 match_reasons, match_evidence, contact_id, before_accept, decided_by, dates,
                 created_at, changed_at
             FROM suggestions WHERE ",
            $condition
        )
    };
}
pub(super) use whole;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    tenant_id: String,
    list_id: String,
    kind: String,
    state: String,
    contact: String,
    known: String,
    known_id: String,
    match_level: String,
    match_reasons: String,
    match_evidence: String,
    contact_id: String,
    before_accept: String,
    decided_by: String,
    dates: String,
    created_at: i64,
    changed_at: i64,
}

/// A suggestion as it was found: of its values only those by which people are compared are read.
pub struct Found {
    row: Row,
    /// What the signature says.
    pub contact: Contact,
}

impl Found {
    pub(super) fn of(row: Row) -> Result<Self, StoreError> {
        Ok(Self { contact: from_json("suggestions", "contact", &row.id, &row.contact)?, row })
    }

    /// Whether it is of the person with this id for certain: a rep has said so, or it was `exact`.
    pub fn is_of(&self, id: &str) -> bool {
        let Row { contact_id, known_id, match_level, .. } = &self.row;
        contact_id == id || known_id == id && *match_level == Level::Exact.as_str()
    }

    /// The whole of it.
    pub fn whole(self) -> Result<Suggestion, StoreError> {
        self.row.try_into()
    }
}

impl TryFrom<Row> for Suggestion {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let bad = |column| StoreError::Row { table: "suggestions", column, row: row.id.clone() };
        Ok(Self {
            kind: Kind::parse(&row.kind).ok_or_else(|| bad("kind"))?,
            state: State::parse(&row.state).ok_or_else(|| bad("state"))?,
            contact: from_json("suggestions", "contact", &row.id, &row.contact)?,
            known: optional("known", &row.id, &row.known)?,
            match_evidence: optional("match_evidence", &row.id, &row.match_evidence)?,
            match_level: Level::parse(&row.match_level).ok_or_else(|| bad("match_level"))?,
            match_reasons: from_json("suggestions", "match_reasons", &row.id, &row.match_reasons)?,
            before_accept: optional("before_accept", &row.id, &row.before_accept)?,
            dates: from_json("suggestions", "dates", &row.id, &row.dates)?,
            known_id: some_text(row.known_id),
            contact_id: some_text(row.contact_id).map(ContactId::stored),
            decided_by: some_text(row.decided_by),
            id: SuggestionId::stored(row.id),
            tenant: TenantId::stored(row.tenant_id),
            list: ListId::stored(row.list_id),
            created_at: Millis(row.created_at),
            changed_at: Millis(row.changed_at),
        })
    }
}

fn some_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn optional<T: DeserializeOwned>(
    column: &'static str,
    row: &str,
    text: &str,
) -> Result<Option<T>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    from_json("suggestions", column, row, text).map(Some)
}

/// A value as JSON, or the empty text that stands for none.
pub(super) fn optional_json(value: Option<&impl Serialize>) -> String {
    value.map(to_json).unwrap_or_default()
}

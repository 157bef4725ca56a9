//! Suggestions as the API shows them.

use super::super::edge::time;
use crate::contact::card;
use crate::store::suggestions::Suggestion;
use crate::suggestion::{self, Row};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A contact offered to a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suggestion)]
pub(super) struct SuggestionView {
    /// Names the suggestion; newer ones sort later.
    pub(super) id: String,
    /// The contact list it is offered to.
    list: String,
    /// `new`, or `update` of somebody who is known.
    #[schema(example = "update")]
    kind: &'static str,
    /// `open`, `accepted`, `dismissed` or `expired`.
    #[schema(example = "open")]
    state: &'static str,
    /// What the signature says: a JSContact Card (RFC 9553).
    #[schema(value_type = Object)]
    card: Value,
    /// Confidence (0 to 1) and origin of every value, keyed like the Card's entries: `phones/1`.
    #[schema(value_type = Object)]
    confidences: Value,
    /// Is the person known: `exact`, `possible` or `none`.
    #[schema(example = "exact")]
    match_level: &'static str,
    /// Why, one sentence each.
    match_reasons: Vec<String>,
    /// The contact that accepting it made or changed.
    contact: Option<String>,
    /// Who decided: `user:…`, `token:…`, `cli` or `policy`.
    decided_by: Option<String>,
    /// When the newest message came that gave it a value; null if none is known.
    received_at: Option<String>,
    /// When it was made.
    created_at: String,
    /// When it last changed.
    changed_at: String,
    /// The same as a number, to pass as `seen`.
    version: i64,
}

impl From<Suggestion> for SuggestionView {
    fn from(suggestion: Suggestion) -> Self {
        Self {
            id: suggestion.id.to_string(),
            list: suggestion.list.to_string(),
            kind: suggestion.kind.as_str(),
            state: suggestion.state.as_str(),
            card: card::to_card(&suggestion.contact),
            confidences: card::confidences(&suggestion.contact),
            match_level: suggestion.match_level.as_str(),
            match_reasons: suggestion.match_reasons,
            contact: suggestion.contact_id.map(|id| id.to_string()),
            decided_by: suggestion.decided_by,
            received_at: suggestion.dates.newest().map(time),
            created_at: time(suggestion.created_at),
            changed_at: time(suggestion.changed_at),
            version: suggestion.changed_at.0,
        }
    }
}

/// A suggestion with its comparison.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionDetail {
    /// The suggestion.
    #[serde(flatten)]
    suggestion: SuggestionView,
    /// As what the CRM knows the person: `lead` (Salesforce); else null.
    #[schema(example = "lead")]
    known_as: Option<&'static str>,
    /// What is known of the person: a JSContact Card, or null.
    #[schema(value_type = Option<Object>)]
    known: Option<Value>,
    /// One row a value.
    rows: Vec<RowView>,
}

/// One value, as the signature and as the CRM has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Row)]
pub(super) struct RowView {
    /// What to name it by when it is accepted.
    #[schema(example = "phones/1")]
    key: String,
    /// What it is, for people.
    #[schema(example = "Mobile phone")]
    label: String,
    /// What the signature says.
    suggested: Option<String>,
    /// What the CRM says.
    known: Option<String>,
    /// Whether accepting it would change something.
    differs: bool,
}

impl From<Row> for RowView {
    fn from(row: Row) -> Self {
        Self {
            key: row.key,
            label: row.label.into(),
            suggested: row.suggested,
            known: row.known,
            differs: row.differs,
        }
    }
}

impl SuggestionDetail {
    /// A suggestion of somebody whom the CRM may have as a lead.
    pub(super) fn new(suggestion: Suggestion, is_lead: bool) -> Self {
        Self {
            known_as: is_lead.then_some("lead"),
            known: suggestion.known.as_ref().map(card::to_card),
            rows: suggestion::compare(&suggestion).into_iter().map(RowView::from).collect(),
            suggestion: suggestion.into(),
        }
    }
}

//! Suggestions as the API shows them.

use super::super::edge::time;
use crate::contact::card;
use crate::crm::NoRoom;
use crate::matching::{Compared, Degree, Ground};
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
    /// The probability (0 to 1) that it is the known person; null if nobody is known.
    #[schema(example = 0.998)]
    match_probability: Option<f64>,
    /// What that rests on, the strongest first; what speaks against it comes last.
    match_evidence: Vec<GroundView>,
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

/// One thing in which a signature was compared with who is known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchEvidence)]
struct GroundView {
    /// What was compared: `given`, `family`, `email`, `phone`, `company`, ….
    #[schema(value_type = String, example = "email")]
    field: Compared,
    /// How far it agrees: `same`, `close`, `short`, `loose` or `different`.
    #[schema(value_type = String, example = "same")]
    degree: Degree,
    /// How many bits it adds to the odds; less than nothing if it speaks against.
    bits: f64,
    /// The same for people.
    sentence: String,
}

/// The evidence with its sentences.
fn grounds(suggestion: &Suggestion) -> Vec<GroundView> {
    let grounds = suggestion.match_evidence.iter().flat_map(|evidence| &evidence.grounds);
    let view = |(ground, sentence): (&Ground, &String)| GroundView {
        field: ground.field,
        degree: ground.degree,
        bits: ground.bits,
        sentence: sentence.clone(),
    };
    grounds.zip(&suggestion.match_reasons).map(view).collect()
}

impl From<Suggestion> for SuggestionView {
    fn from(suggestion: Suggestion) -> Self {
        Self {
            match_probability: suggestion.match_evidence.as_ref().map(|it| it.probability),
            match_evidence: grounds(&suggestion),
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
    /// The known values whose place it may take, if `instead_of` of the acceptance says so.
    instead_of: Vec<String>,
    /// Why the CRM would not have it beside what it has, as a sentence; null if it would, or that is not
    /// known.
    no_room: Option<String>,
}

impl From<Row> for RowView {
    fn from(row: Row) -> Self {
        Self {
            key: row.key,
            label: row.label.into(),
            suggested: row.suggested,
            known: row.known,
            differs: row.differs,
            instead_of: row.instead_of,
            no_room: None,
        }
    }
}

impl SuggestionDetail {
    /// A suggestion of somebody whom the CRM may have as a lead, and what of it the CRM has no room for.
    pub(super) fn new(suggestion: Suggestion, is_lead: bool, no_room: &NoRoom) -> Self {
        let row = |row: Row| {
            let no_room = no_room.get(&row.key).cloned();
            RowView { no_room, ..RowView::from(row) }
        };
        Self {
            known_as: is_lead.then_some("lead"),
            known: suggestion.known.as_ref().map(card::to_card),
            rows: suggestion::compare(&suggestion).into_iter().map(row).collect(),
            suggestion: suggestion.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;
    use crate::matching::{Dates, Evidence, Level};
    use crate::store::suggestions::{GONE, Kind, State};
    use crate::store::{ListId, SuggestionId, TenantId};

    #[test]
    fn what_a_match_rests_on_is_shown_as_data_with_its_sentences() {
        let ground = Ground { field: Compared::Email, degree: Degree::Same, bits: 14.2 };
        let view = SuggestionView::from(Suggestion {
            id: SuggestionId::new(),
            tenant: TenantId::new(),
            list: ListId::new(),
            kind: Kind::Update,
            state: State::Open,
            contact: crate::contact::Contact::default(),
            known: None,
            known_id: None,
            match_level: Level::Exact,
            match_reasons: vec!["the same e-mail address".into(), GONE.into()],
            match_evidence: Some(Evidence { probability: 0.998, grounds: vec![ground] }),
            contact_id: None,
            before_accept: None,
            decided_by: None,
            dates: Dates::default(),
            created_at: Millis(0),
            changed_at: Millis(0),
        });
        let shown = serde_json::to_value(view).expect("JSON");
        assert_eq!(shown["match_probability"], 0.998);
        let sentence = "the same e-mail address";
        let ground = serde_json::json!({
            "field": "email", "degree": "same", "bits": 14.2, "sentence": sentence,
        });
        assert_eq!(shown["match_evidence"], serde_json::json!([ground]));
        assert_eq!(shown["match_reasons"], serde_json::json!([sentence, GONE]));
    }
}

//! One suggestion as a card of the page.

use super::words::{self, When};
use crate::clock::Millis;
use crate::crm::NoRoom;
use crate::matching::{Field, Row};
use crate::store::crm_writes::{Standing, State as Stands};
use crate::store::suggestions::{Kind, Suggestion};
use crate::suggestion;
use std::collections::BTreeMap;

/// From then on a rep is told how old the mail is, as what it says may not hold any more.
const OLD_SECS: i64 = 90 * 24 * 60 * 60;

/// A suggestion to be decided.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) id: String,
    /// `changed_at` of what is shown: a newer one is not accepted unseen.
    pub(super) version: i64,
    pub(super) name: String,
    pub(super) subtitle: String,
    pub(super) kind: &'static str,
    pub(super) has_known: bool,
    pub(super) light: &'static str,
    pub(super) light_words: &'static str,
    pub(super) light_meaning: &'static str,
    /// How sure it is that this is the known person, in percent; none if nobody is known.
    pub(super) probability: Option<String>,
    pub(super) reasons: Vec<String>,
    pub(super) list: String,
    pub(super) when: When,
    /// When the newest mail that says so came, if that is long ago.
    pub(super) old: Option<When>,
    /// What accepting would change.
    pub(super) differing: Vec<Line>,
    /// What is the same, or known and not in the signature.
    pub(super) settled: Vec<Line>,
    /// Why the last try to accept it failed, or the CRM does not have it.
    pub(super) failure: Option<String>,
    /// Undoing it did not take it out of the CRM.
    pub(super) is_stuck: bool,
}

/// One value of a card.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) key: String,
    pub(super) label: &'static str,
    pub(super) suggested: Option<String>,
    pub(super) known: Option<String>,
    pub(super) certainty: &'static str,
    pub(super) percent: String,
    pub(super) origin: &'static str,
    pub(super) is_taken: bool,
    /// Known values whose place it may take.
    pub(super) places: Vec<Place>,
    /// Why the CRM would not have it beside what it has.
    pub(super) no_room: Option<String>,
    /// Fields to type another value into; an address has one a part.
    pub(super) inputs: Vec<Input>,
}

/// A known value whose place another may take.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) of: String,
    pub(super) is_chosen: bool,
}

/// A field to type another value into.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) hint: &'static str,
    pub(super) value: String,
}

/// What somebody sent that could not be done, to be shown again.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) id: String,
    pub(super) message: String,
    pub(super) taken: Vec<String>,
    pub(super) typed: BTreeMap<String, String>,
    pub(super) instead_of: BTreeMap<String, String>,
}

/// What is known of a suggestion beside what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    /// What its last write to the CRM came to.
    pub(super) write: Option<&'a Standing>,
    /// Whether the CRM has the person as a lead.
    pub(super) is_lead: bool,
    /// What of it the CRM has no room for.
    pub(super) no_room: Option<&'a NoRoom>,
}

impl Card {
    pub(super) fn new(
        suggestion: &Suggestion,
        list: String,
        now: Millis,
        failed: Option<&Failed>,
        Beside { write, is_lead, no_room }: Beside<'_>,
    ) -> Self {
        let contact = &suggestion.contact;
        let failed = failed.filter(|failed| failed.id == suggestion.id.as_str());
        let rows = suggestion::compare(suggestion);
        let lines = rows.into_iter().map(|row| (row.differs, Line::new(row, failed, no_room)));
        let (differing, settled): (Vec<_>, Vec<_>) = lines.partition(|(differs, _)| *differs);
        let without_flag =
            |lines: Vec<(bool, Line)>| lines.into_iter().map(|(_, line)| line).collect();
        let (light, light_words, light_meaning) = words::light(suggestion.match_level);
        Self {
            id: suggestion.id.to_string(),
            version: suggestion.changed_at.0,
            name: super::status::name_of(contact),
            subtitle: super::status::position_of(contact),
            kind: match suggestion.kind {
                Kind::New => "New contact",
                Kind::Update if is_lead => "Update of a lead in Salesforce",
                Kind::Update => "Update",
            },
            has_known: suggestion.known.is_some(),
            light,
            light_words,
            light_meaning,
            probability: suggestion.match_evidence.as_ref().map(|it| words::chance(it.probability)),
            reasons: suggestion.match_reasons.clone(),
            list,
            when: When::new(suggestion.changed_at, now),
            old: suggestion
                .dates
                .newest()
                .filter(|newest| *newest < now.plus_secs(-OLD_SECS))
                .map(|newest| When::new(newest, now)),
            differing: without_flag(differing),
            settled: without_flag(settled),
            failure: failed
                .map(|failed| failed.message.clone())
                .or_else(|| write.and_then(words::crm_trouble)),
            is_stuck: write.is_some_and(|it| it.state == Stands::Failed && it.withdrawn),
        }
    }
}

impl Line {
    fn new(row: Row, failed: Option<&Failed>, no_room: Option<&NoRoom>) -> Self {
        let confidence = row.confidence.unwrap_or(1.0);
        let chosen = failed.and_then(|failed| failed.instead_of.get(&row.key));
        let place = |of: &String| Place { of: of.clone(), is_chosen: chosen == Some(of) };
        Self {
            inputs: inputs(&row, failed),
            places: row.instead_of.iter().map(place).collect(),
            no_room: no_room.and_then(|all| all.get(&row.key)).map(|why| words::sentence(why)),
            is_taken: row.differs && failed.is_none_or(|failed| failed.taken.contains(&row.key)),
            label: row.label,
            suggested: row.suggested,
            known: row.known,
            certainty: words::certainty(confidence),
            percent: words::percent(confidence),
            origin: row.origin.map_or("", words::origin),
            key: row.key,
        }
    }
}

const ADDRESS_PARTS: [(&str, &str); 5] = [
    ("street", "street"),
    ("postcode", "postcode"),
    ("city", "city"),
    ("region", "region"),
    ("country", "country (DE)"),
];

fn inputs(row: &Row, failed: Option<&Failed>) -> Vec<Input> {
    let input = |name: String, hint| {
        let value = failed.and_then(|failed| failed.typed.get(&name)).cloned().unwrap_or_default();
        Input { name, hint, value }
    };
    if !row.differs {
        return Vec::new();
    }
    if row.field != Field::Addresses {
        return vec![input(row.key.clone(), "type another")];
    }
    ADDRESS_PARTS.map(|(part, hint)| input(format!("{}/{part}", row.key), hint)).into()
}

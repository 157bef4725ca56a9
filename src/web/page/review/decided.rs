//! All decisions, page by page, with what each wrote to the CRM: before and after.

use super::load::name_deciders;
use super::page;
use super::status::Decided;
use crate::clock::Millis;
use crate::matching;
use crate::store::crm_writes::{self, CrmWrite};
use crate::store::suggestions::{self, Suggestion};
use crate::store::{ListId, SuggestionId};
use crate::web::State;
use crate::web::auth::SignedIn;
use crate::web::page::assets::Links;
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::{self, Query};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// How many decisions stand on one page.
const DECISIONS: i64 = 30;

/// What part of the decisions is looked at.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct View {
    /// One contact list, or all of them.
    #[serde(default)]
    list: String,
    /// Only what was decided before this one, as [`cursor`] writes it.
    #[serde(default)]
    before: String,
    /// The decision that was taken back a moment ago, to say so.
    #[serde(default)]
    done: String,
}

impl View {
    /// The newest of a list.
    pub(super) fn of(list: String) -> Self {
        Self { list, ..Self::default() }
    }

    fn before(&self) -> Option<(Millis, SuggestionId)> {
        let (at, id) = self.before.split_once('.')?;
        Some((Millis(at.parse().ok()?), SuggestionId::parse(id)?))
    }
}

fn cursor(oldest: &Suggestion) -> String {
    format!("{}.{}", oldest.changed_at.0, oldest.id)
}

#[derive(Template)]
#[template(path = "decided.html")]
pub(super) struct DecidedPage {
    links: Links,
    csrf: String,
    user: String,
    list: String,
    decisions: Vec<Decision>,
    /// The address of what was decided before these.
    older: Option<String>,
    is_further_down: bool,
    /// Who is open again.
    undone: Option<String>,
    /// Why the last try to take one back failed.
    failure: Option<String>,
}

/// A decision with what it wrote.
struct Decision {
    decided: Decided,
    changes: Vec<Change>,
    /// Its values are erased, so that it cannot be taken back.
    is_erased: bool,
}

/// One value that was written to the CRM.
struct Change {
    label: &'static str,
    before: Option<String>,
    after: Option<String>,
}

pub(super) async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    Query(view): Query<View>,
) -> Result<Response, Problem> {
    let shown = load(&state, &signed_in, &view, None).await?;
    Ok(page(StatusCode::OK, &shown))
}

pub(super) async fn load(
    state: &State,
    signed_in: &SignedIn,
    view: &View,
    failure: Option<String>,
) -> Result<DecidedPage, Problem> {
    let tenant = signed_in.reviewer()?;
    let (list, before) = (ListId::parse(&view.list), view.before());
    let before = before.as_ref().map(|(at, id)| (*at, id));
    let mut conn = state.db.read().await?;
    let since = (Millis(i64::MIN), before);
    let mut found =
        suggestions::decided(&mut conn, tenant, list.as_ref(), since, DECISIONS + 1).await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|count| count > DECISIONS);
    found.truncate(usize::try_from(DECISIONS).unwrap_or_default());
    let list = list.map(|list| list.to_string()).unwrap_or_default();
    let oldest = found.last().filter(|_| has_more);
    let older = oldest.map(|it| format!("/review/decided?list={list}&before={}", cursor(it)));
    let ids: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
    let writes = crm_writes::latest(&mut conn, tenant, &ids).await?;
    let now = state.clock.now();
    let named = name_deciders(&mut conn, signed_in.user(), &found, now, &writes).await?;
    let mut decisions = Vec::with_capacity(found.len());
    for (suggestion, decided) in found.iter().zip(named) {
        let write = if writes.contains_key(suggestion.id.as_str()) {
            crm_writes::of_suggestion(&mut conn, tenant, &suggestion.id).await?
        } else {
            None
        };
        decisions.push(Decision {
            decided,
            changes: write.as_ref().map(changes).unwrap_or_default(),
            is_erased: write.is_some_and(|write| write.erased),
        });
    }
    let undone = match SuggestionId::parse(&view.done) {
        Some(id) => suggestions::get(&mut conn, tenant, &id).await?,
        None => None,
    };
    Ok(DecidedPage {
        links: Links::new(),
        csrf: signed_in.csrf_token().to_owned(),
        user: signed_in.user().name.clone(),
        list,
        decisions,
        older,
        is_further_down: before.is_some(),
        undone: undone.map(|open| super::status::name_of(&open.contact)),
        failure,
    })
}

/// What a write changes at the record.
fn changes(write: &CrmWrite) -> Vec<Change> {
    let rows = matching::compare(&write.after, write.before.as_ref());
    let changed = rows.into_iter().filter(|row| row.differs || row.suggested.is_none());
    changed
        .map(|row| Change { label: row.label, before: row.known, after: row.suggested })
        .collect()
}

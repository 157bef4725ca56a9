//! Deciding about several at once: each in a transaction of its own, and an answer for each. A dry run
//! does the same and keeps nothing of it, so that it cannot say anything but what would happen.

use super::super::edge::{self, Body, Refused};
use super::decide::{Wanted, is_so_already};
use super::view::RowView;
use crate::matching::{self, Level};
use crate::store::suggestions::{self, Kind, State as Stands, Suggestion};
use crate::store::tokens::Scope;
use crate::store::{Conn, ListId, StoreError, SuggestionId, TenantId, repeated};
use crate::suggestion::{self, Choice, DecideError};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::Problem;
use axum::Json;
use axum::extract;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many suggestions one request is about.
const MOST: usize = 200;

/// Which suggestions to accept whole: `ids` or `filter`, not both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acceptances {
    /// These, 200 at most.
    ids: Option<Vec<String>>,
    /// Open ones of a kind.
    #[schema(inline)]
    filter: Option<Filter>,
    /// `version` of suggestions as they were looked at, by id; one that has changed since is left out.
    #[serde(default)]
    seen: BTreeMap<String, i64>,
    /// Only say what would be written, and change nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Open suggestions, newest first; the 200 newest are looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AcceptanceFilter)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Of this contact list.
    list: Option<String>,
    /// Only `new` or only `update`.
    kind: Option<String>,
    /// Only those whose every value that would be written is at least this sure (0 to 1).
    confidence: Option<f64>,
    /// `next` of the answer before: those that come after.
    before: Option<String>,
}

/// Which decisions to take back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Undoings {
    /// These suggestions, 200 at most.
    ids: Vec<String>,
}

/// What became of several suggestions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Several {
    /// Whether nothing was changed.
    dry_run: bool,
    /// How many were, or would be, decided so.
    done: usize,
    /// How many are as they were.
    left_out: usize,
    /// One answer a suggestion, in the order of the request.
    items: Vec<One>,
    /// What to pass as `before` of the filter for those that come after; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What became of one suggestion.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = OneOfSeveral)]
struct One {
    /// The suggestion.
    id: String,
    /// Whether it is, or would be, decided so.
    done: bool,
    /// `new`, or `update` of somebody who is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// The record or contact that is known of the person; absent for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<String>,
    /// Its version, to pass in `seen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// The values that are written, and what they take the place of.
    rows: Vec<RowView>,
    /// Why it is left out: `not-found`, `already-decided`, `changed`, `uncertain` (the person is only
    /// possibly known: decide it alone), `forgotten`, `contact-changed`, `not-allowed`, `invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Several {
    fn of(items: Vec<One>, dry_run: bool, next: Option<String>) -> Self {
        let done = items.iter().filter(|one| one.done).count();
        Self { dry_run, done, left_out: items.len() - done, items, next }
    }
}

impl One {
    fn left_out(self, error: DecideError) -> Result<Self, StoreError> {
        let reason = match &error {
            DecideError::Store(_) => None,
            DecideError::NotFound => Some("not-found"),
            DecideError::NotOpen(_) | DecideError::NotDecided(_) => Some("already-decided"),
            DecideError::Changed => Some("changed"),
            DecideError::Forgotten | DecideError::TooLate => Some("forgotten"),
            DecideError::ContactChanged => Some("contact-changed"),
            DecideError::NotAllowed => Some("not-allowed"),
            DecideError::Choice(_) => Some("invalid"),
        };
        match error {
            DecideError::Store(error) => Err(error),
            error => Ok(Self { reason, detail: Some(error.to_string()), ..self }),
        }
    }
}

/// Accepts several suggestions whole, or says what that would write (`dry_run`). Who is only possibly
/// known is left out. The same request again changes nothing.
#[utoipa::path(
    post, path = "/suggestions/accept", tag = "suggestions",
    security(("token" = ["suggestions:write"])),
    request_body = Acceptances,
    responses((status = 200, description = "What became of each", body = Several), Refused)
)]
pub(super) async fn accept(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Acceptances>,
) -> Result<Json<Several>, Problem> {
    let access = caller.may(Scope::SuggestionsWrite)?;
    let (ids, next) = {
        let mut conn = state.db.read().await?;
        if !suggestion::may_accept(&mut conn, &access.tenant, &access.actor).await? {
            return Err(DecideError::NotAllowed.into());
        }
        match (sent.ids, sent.filter) {
            (Some(ids), None) => (distinct(ids)?, None),
            (None, Some(filter)) => found(&mut conn, &access.tenant, &filter).await?,
            _ => return Err(Problem::invalid("ids", "send either ids or a filter")),
        }
    };
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        let choice = Choice { seen: sent.seen.get(&id).copied(), ..Choice::default() };
        let wanted = Wanted::Accepted(choice);
        let deciding = || Box::pin(decide(&state, &access, &id, &wanted, sent.dry_run));
        items.push(repeated(deciding).await?);
    }
    Ok(Json(Several::of(items, sent.dry_run, next)))
}

/// Takes several decisions back, the last of the request first. The same request again changes nothing.
#[utoipa::path(
    post, path = "/suggestions/undo", tag = "suggestions",
    security(("token" = ["suggestions:write"])),
    request_body = Undoings,
    responses((status = 200, description = "What became of each", body = Several), Refused)
)]
pub(super) async fn undo(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Undoings>,
) -> Result<Json<Several>, Problem> {
    let access = caller.may(Scope::SuggestionsWrite)?;
    let mut items = Vec::new();
    // What was accepted in this order is taken back in the other: two may be of one contact.
    for id in distinct(sent.ids)?.into_iter().rev() {
        let deciding = || Box::pin(decide(&state, &access, &id, &Wanted::Open, false));
        items.push(repeated(deciding).await?);
    }
    items.reverse();
    Ok(Json(Several::of(items, false, None)))
}

/// The ids, each once.
fn distinct(ids: Vec<String>) -> Result<Vec<String>, Problem> {
    if ids.is_empty() || ids.len() > MOST {
        return Err(Problem::invalid("ids", format!("send 1 to {MOST} ids")));
    }
    let mut seen = BTreeSet::new();
    Ok(ids.into_iter().filter(|id| seen.insert(id.clone())).collect())
}

/// The open suggestions that a filter names, and where the next ones begin.
async fn found(
    conn: &mut Conn,
    tenant: &TenantId,
    filter: &Filter,
) -> Result<(Vec<String>, Option<String>), Problem> {
    let list: Option<ListId> = edge::id_in("filter.list", filter.list.as_deref())?;
    let before: Option<SuggestionId> = edge::id_in("filter.before", filter.before.as_deref())?;
    let kind = filter.kind.as_deref().map(|kind| {
        Kind::parse(kind)
            .ok_or_else(|| Problem::invalid("filter.kind", "kind must be new or update"))
    });
    let kind = kind.transpose()?;
    let confidence = filter.confidence.unwrap_or(0.0);
    if !(0.0..=1.0).contains(&confidence) {
        return Err(Problem::invalid("filter.confidence", "confidence must be 0 to 1"));
    }
    let (open, limit) = (Some(Stands::Open), i64::try_from(MOST).unwrap_or_default());
    let page =
        suggestions::page(conn, tenant, list.as_ref(), open, before.as_ref(), limit + 1).await?;
    let page = edge::page(page, limit, |last| last.id.to_string());
    let fits = |one: &Suggestion| {
        let rows = suggestion::compare(one).into_iter().filter(|row| row.differs);
        kind.is_none_or(|kind| one.kind == kind)
            && rows.filter_map(|row| row.confidence).all(|sure| sure >= confidence)
    };
    let ids = page.items.into_iter().filter(fits).map(|one| one.id.to_string()).collect();
    Ok((ids, page.next))
}

async fn decide(
    state: &State,
    access: &Access,
    id: &str,
    wanted: &Wanted,
    dry_run: bool,
) -> Result<One, StoreError> {
    let one = One { id: id.to_owned(), ..One::default() };
    let Some(id) = SuggestionId::parse(id) else {
        return one.left_out(DecideError::NotFound);
    };
    let Access { tenant, actor } = access;
    let now = state.clock.now();
    let accepts = matches!(wanted, Wanted::Accepted(_));
    if accepts && suggestion::is_otherwise(&state.db, tenant, &id, now).await? && !dry_run {
        return one.left_out(DecideError::Changed);
    }
    let mut tx = state.db.begin_write().await?;
    let Some(found) = suggestions::get(&mut tx, tenant, &id).await? else {
        return one.left_out(DecideError::NotFound);
    };
    let one = One { kind: Some(found.kind.as_str()), version: Some(found.changed_at.0), ..one };
    if matches!(wanted, Wanted::Open) {
        match suggestion::undo_again(&mut tx, tenant, &id, actor, now).await {
            Ok(true) => {
                tx.commit().await?;
                return Ok(One { done: true, ..one });
            }
            Ok(false) => {}
            Err(error) => return one.left_out(error),
        }
    }
    if is_so_already(&found, wanted, access) {
        return Ok(One { done: true, ..one });
    }
    let is_uncertain = found.kind == Kind::Update && found.match_level != Level::Exact;
    let decided = match wanted {
        Wanted::Accepted(_) if is_uncertain && found.state == Stands::Open => {
            let detail = "this may be another person: look at it, and decide it alone";
            return Ok(One { reason: Some("uncertain"), detail: Some(detail.into()), ..one });
        }
        Wanted::Accepted(choice) => {
            let seen = suggestion::preview(&mut tx, tenant, &id, choice).await;
            match suggestion::accept(&mut tx, tenant, &id, choice, actor, now).await {
                Ok(_) => seen.map(|(_, known, after)| matching::compare(&after, known.as_ref())),
                Err(error) => Err(error),
            }
        }
        Wanted::Dismissed => {
            suggestion::dismiss(&mut tx, tenant, &id, actor, now).await.map(|()| Vec::new())
        }
        Wanted::Open => {
            suggestion::undo(&mut tx, tenant, &id, actor, now).await.map(|()| Vec::new())
        }
    };
    let rows = match decided {
        Ok(rows) => rows,
        Err(error) => return one.left_out(error),
    };
    if dry_run {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    let rows = rows.into_iter().filter(|row| row.differs).map(RowView::from).collect();
    let known = found.known_id.filter(|_| found.known.is_some());
    Ok(One { done: true, known, rows, ..one })
}

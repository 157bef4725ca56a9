//! Deciding: accept, dismiss, undo. Asking again for what is so already changes nothing.

use super::super::edge::{self, Body, Refused};
use super::view::SuggestionView;
use crate::store::suggestions::{self, State as Stands, Suggestion};
use crate::store::tokens::Scope;
use crate::store::{StoreError, SuggestionId, repeated};
use crate::suggestion::{self, Choice, DecideError, Take};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{self, Path};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What to take over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web::api) struct Acceptance {
    /// Keys of the rows to take over (`phones/1`); all that differ if absent.
    take: Option<BTreeSet<String>>,
    /// Values to write instead of the suggested ones, by the key of their row.
    #[serde(default)]
    typed: BTreeMap<String, String>,
    /// Known values whose place suggested ones take, by the key of their row: each one of that row's
    /// `instead_of`. What is not named here is added.
    #[serde(default)]
    instead_of: BTreeMap<String, String>,
    /// The person is not the known one: make another contact.
    #[serde(default)]
    apart: bool,
    /// `version` of the suggestion that was looked at; if it has changed since, as when somebody has
    /// changed the person's record in the CRM, nothing is accepted.
    seen: Option<i64>,
}

impl From<Acceptance> for Choice {
    fn from(sent: Acceptance) -> Self {
        Self {
            take: sent.take.map_or(Take::All, Take::Keys),
            typed: sent.typed,
            instead_of: sent.instead_of,
            apart: sent.apart,
            seen: sent.seen,
        }
    }
}

/// Takes a suggestion over into its list, whole or by keys; what was typed goes before what was
/// suggested.
#[utoipa::path(
    post, path = "/suggestions/{id}/accept", tag = "suggestions",
    security(("token" = ["suggestions:write"])),
    params(("id" = String, Path, description = "The suggestion")),
    request_body = Acceptance,
    responses((status = 200, description = "Accepted", body = SuggestionView), Refused)
)]
pub(super) async fn accept(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
    Body(sent): Body<Acceptance>,
) -> Result<Json<SuggestionView>, Problem> {
    let wanted = Wanted::Accepted(sent.into());
    Box::pin(decide(&state, &caller.may(Scope::SuggestionsWrite)?, &id, wanted)).await
}

/// Turns a suggestion down, for all who see the list.
#[utoipa::path(
    post, path = "/suggestions/{id}/dismiss", tag = "suggestions",
    security(("token" = ["suggestions:write"])),
    params(("id" = String, Path, description = "The suggestion")),
    responses((status = 200, description = "Dismissed", body = SuggestionView), Refused)
)]
pub(super) async fn dismiss(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<SuggestionView>, Problem> {
    Box::pin(decide(&state, &caller.may(Scope::SuggestionsWrite)?, &id, Wanted::Dismissed)).await
}

/// Takes the decision back: the suggestion is open again, and the contact is as it was.
#[utoipa::path(
    post, path = "/suggestions/{id}/undo", tag = "suggestions",
    security(("token" = ["suggestions:write"])),
    params(("id" = String, Path, description = "The suggestion")),
    responses((status = 200, description = "Open again", body = SuggestionView), Refused)
)]
pub(super) async fn undo(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<SuggestionView>, Problem> {
    Box::pin(decide(&state, &caller.may(Scope::SuggestionsWrite)?, &id, Wanted::Open)).await
}

pub(super) enum Wanted {
    Accepted(Choice),
    Dismissed,
    Open,
}

async fn decide(
    state: &State,
    access: &Access,
    id: &str,
    wanted: Wanted,
) -> Result<Json<SuggestionView>, Problem> {
    let id: SuggestionId = edge::id(id, "suggestion")?;
    let decided = repeated(|| Box::pin(decide_once(state, access, &id, &wanted))).await?;
    Ok(Json(decided.into()))
}

async fn decide_once(
    state: &State,
    access: &Access,
    id: &SuggestionId,
    wanted: &Wanted,
) -> Result<Suggestion, DecideError> {
    let now = state.clock.now();
    let Access { tenant, actor } = access;
    let accepts = matches!(wanted, Wanted::Accepted(_));
    if accepts && suggestion::is_otherwise(&state.db, tenant, id, now).await? {
        return Err(DecideError::Changed);
    }
    let mut tx = state.db.begin_write().await?;
    let found = suggestions::get(&mut tx, tenant, id).await?.ok_or(DecideError::NotFound)?;
    if matches!(wanted, Wanted::Open)
        && suggestion::undo_again(&mut tx, tenant, id, actor, now).await?
    {
        tx.commit().await.map_err(StoreError::from)?;
        return Ok(found);
    }
    if is_so_already(&found, wanted, access) {
        return Ok(found);
    }
    match wanted {
        Wanted::Accepted(choice) => {
            suggestion::accept(&mut tx, tenant, id, choice, actor, now).await.map(drop)
        }
        Wanted::Dismissed => suggestion::dismiss(&mut tx, tenant, id, actor, now).await,
        Wanted::Open => suggestion::undo(&mut tx, tenant, id, actor, now).await,
    }?;
    let decided = suggestions::get(&mut tx, tenant, id).await?.ok_or(DecideError::NotFound)?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(decided)
}

/// A client that got no answer asks again. What somebody else accepted is a conflict: nobody knows
/// whether it was the same choice.
pub(super) fn is_so_already(found: &Suggestion, wanted: &Wanted, access: &Access) -> bool {
    match wanted {
        Wanted::Accepted(_) => {
            let own = found.decided_by.as_ref().is_some_and(|by| *by == access.actor.to_text());
            found.state == Stands::Accepted && own
        }
        Wanted::Dismissed => found.state == Stands::Dismissed,
        Wanted::Open => found.state == Stands::Open,
    }
}

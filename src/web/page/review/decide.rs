//! Deciding on the page: a form a card, answered by a redirect back to the review.

use super::card::Failed;
use super::load::load_with;
use super::{View, decided, page};
use crate::store::audit::Actor;
use crate::store::{ListId, StoreError, SuggestionId, TenantId, repeated};
use crate::suggestion::{self, Choice, DecideError, Take};
use crate::web::State;
use crate::web::auth::SignedForm;
use crate::web::problem::Problem;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::BTreeMap;

pub(super) async fn decide(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let tenant = form.signed_in.reviewer()?.clone();
    let id = SuggestionId::parse(&id).ok_or_else(|| Problem::not_found("suggestion"))?;
    let list = form.field("list").and_then(ListId::parse);
    let list = list.map(|list| list.to_string()).unwrap_or_default();
    let is_of_decided = form.field("back") == Some("decided");
    let back = if is_of_decided { "/review/decided" } else { "/review" };
    match repeated(|| Box::pin(carry_out(&state, &tenant, &id, &form))).await {
        Ok(()) => Ok(Redirect::to(&format!("{back}?list={list}&done={id}")).into_response()),
        Err(DecideError::NotFound) => Err(Problem::not_found("suggestion")),
        Err(DecideError::Store(error)) => Err(error.into()),
        Err(error) if is_of_decided => {
            let (view, told) = (decided::View::of(list), Some(error.to_string()));
            let shown = decided::load(&state, &form.signed_in, &view, told).await?;
            Ok(page(status_of(&error), &shown))
        }
        Err(error) => {
            let failed = Failed {
                id: id.to_string(),
                message: error.to_string(),
                taken: taken(&form).map(str::to_owned).collect(),
                typed: named(&form, "typed:"),
                instead_of: named(&form, "instead:"),
            };
            let view = View { list, ..View::default() };
            let shown = load_with(&state, &form.signed_in, &view, Some(&failed)).await?;
            Ok(page(status_of(&error), &shown))
        }
    }
}

const fn status_of(error: &DecideError) -> StatusCode {
    match error {
        DecideError::Choice(_) => StatusCode::UNPROCESSABLE_ENTITY,
        DecideError::NotAllowed => StatusCode::FORBIDDEN,
        _ => StatusCode::CONFLICT,
    }
}

async fn carry_out(
    state: &State,
    tenant: &TenantId,
    id: &SuggestionId,
    form: &SignedForm,
) -> Result<(), DecideError> {
    let actor = Actor::User(form.signed_in.user().id.clone());
    let now = state.clock.now();
    let accepts = !matches!(form.field("decision"), Some("undo" | "dismiss"));
    if accepts && suggestion::is_otherwise(&state.db, tenant, id, now).await? {
        return Err(DecideError::Changed);
    }
    let mut tx = state.db.begin_write().await?;
    match form.field("decision") {
        Some("undo") => suggestion::undo(&mut tx, tenant, id, &actor, now).await?,
        Some("dismiss") => suggestion::dismiss(&mut tx, tenant, id, &actor, now).await?,
        Some("accept-all") => {
            let choice = Choice { take: Take::All, ..choice(form) };
            suggestion::accept(&mut tx, tenant, id, &choice, &actor, now).await?;
        }
        _ => {
            suggestion::accept(&mut tx, tenant, id, &choice(form), &actor, now).await?;
        }
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// What the form takes: ticked values, and those for which another one was typed.
fn choice(form: &SignedForm) -> Choice {
    Choice {
        take: Take::Keys(taken(form).map(str::to_owned).collect()),
        typed: named(form, "typed:"),
        instead_of: named(form, "instead:"),
        apart: form.field("apart").is_some(),
        seen: form.field("seen").and_then(|seen| seen.parse().ok()),
    }
}

fn taken(form: &SignedForm) -> impl Iterator<Item = &str> {
    form.fields.iter().filter(|(name, _)| name == "take").map(|(_, key)| key.as_str())
}

/// The fields whose names begin so, by what follows; an empty one says nothing.
fn named(form: &SignedForm, beginning: &str) -> BTreeMap<String, String> {
    let named = form.fields.iter().filter_map(|(name, text)| {
        let key = name.strip_prefix(beginning)?;
        (!text.trim().is_empty()).then(|| (key.to_owned(), text.clone()))
    });
    named.collect()
}

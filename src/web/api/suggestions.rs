//! Suggestions: what is offered, compared field by field, and decided.

mod decide;
mod several;
mod view;

use super::edge::{self, Page, Params, Refused};
use crate::crm;
use crate::store::tokens::Scope;
use crate::store::{SuggestionId, suggestions};
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{self, Path};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use view::{SuggestionDetail, SuggestionView};

pub(super) use decide::Acceptance;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(decide::accept))
        .routes(routes!(decide::dismiss))
        .routes(routes!(decide::undo))
        .routes(routes!(several::accept))
        .routes(routes!(several::undo))
}

/// Which suggestions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those of this contact list.
    list: Option<String>,
    /// Only those that are `open`, `accepted`, `dismissed` or `expired`.
    state: Option<String>,
    /// `next` of the page before.
    before: Option<String>,
    /// How many entries at most, 1 to 200; 50 if absent.
    limit: Option<i64>,
}

/// Suggestions, newest first.
#[utoipa::path(
    get, path = "/suggestions", tag = "suggestions", security(("token" = ["suggestions:read"])),
    params(Filter),
    responses((status = 200, description = "A page", body = Page<SuggestionView>), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<SuggestionView>>, Problem> {
    let access = caller.may(Scope::SuggestionsRead)?;
    let list = edge::id_in("list", filter.list.as_deref())?;
    let before = edge::id_in("before", filter.before.as_deref())?;
    let limit = edge::limit(filter.limit)?;
    let wanted = filter
        .state
        .as_deref()
        .map(|text| {
            suggestions::State::parse(text).ok_or_else(|| {
                Problem::invalid("state", "state must be open, accepted, dismissed or expired")
            })
        })
        .transpose()?;
    let mut conn = state.db.read().await?;
    let found = suggestions::page(
        &mut conn,
        &access.tenant,
        list.as_ref(),
        wanted,
        before.as_ref(),
        limit + 1,
    )
    .await?;
    let views = found.into_iter().map(SuggestionView::from).collect();
    Ok(Json(edge::page(views, limit, |view: &SuggestionView| view.id.clone())))
}

/// One suggestion with its comparison.
#[utoipa::path(
    get, path = "/suggestions/{id}", tag = "suggestions",
    security(("token" = ["suggestions:read"])),
    params(("id" = String, Path, description = "The suggestion")),
    responses((status = 200, description = "The suggestion", body = SuggestionDetail), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<SuggestionDetail>, Problem> {
    let access = caller.may(Scope::SuggestionsRead)?;
    let id: SuggestionId = edge::id(&id, "suggestion")?;
    let mut conn = state.db.read().await?;
    let found = suggestions::get(&mut conn, &access.tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("suggestion"))?;
    let leads = crm::leads_among(&mut conn, &access.tenant, [&found]).await?;
    let is_lead = leads.contains(found.id.as_str());
    let no_room = crm::no_room(&mut conn, &access.tenant, [&found]).await?;
    let no_room = no_room.get(found.id.as_str()).cloned().unwrap_or_default();
    Ok(Json(SuggestionDetail::new(found, is_lead, &no_room)))
}

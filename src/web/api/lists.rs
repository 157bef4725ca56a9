//! Contact lists: where suggestions land.

use super::edge::{self, Body, Refused, time};
use crate::store::audit;
use crate::store::lists::{self, ContactList};
use crate::store::tokens::Scope;
use crate::store::{ListId, StoreError};
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(rename))
}

/// A contact list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = List)]
struct ListView {
    /// Names the list.
    id: String,
    /// What people call it; unique within the tenant.
    name: String,
    /// When it was made.
    created_at: String,
}

impl From<ContactList> for ListView {
    fn from(list: ContactList) -> Self {
        Self { id: list.id.to_string(), name: list.name, created_at: time(list.created_at) }
    }
}

/// What a contact list is called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListName {
    /// 1 to 100 characters.
    #[schema(example = "Sales South")]
    name: String,
}

/// The tenant's contact lists, by name.
#[utoipa::path(
    get, path = "/lists", tag = "lists", security(("token" = ["lists:read"])),
    responses((status = 200, description = "The lists", body = [ListView]), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<Vec<ListView>>, Problem> {
    let access = caller.may(Scope::ListsRead)?;
    let mut conn = state.db.read().await?;
    let found = lists::list(&mut conn, &access.tenant).await?;
    Ok(Json(found.into_iter().map(ListView::from).collect()))
}

/// Makes a contact list; one of that name that is there already is the answer.
#[utoipa::path(
    post, path = "/lists", tag = "lists", security(("token" = ["lists:write"])),
    request_body = ListName,
    responses(
        (status = 201, description = "Made", body = ListView),
        (status = 200, description = "There already", body = ListView),
        Refused
    )
)]
async fn create(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<ListName>,
) -> Result<(StatusCode, Json<ListView>), Problem> {
    let access = caller.may(Scope::ListsWrite)?;
    let name = edge::line("name", &sent.name, 100)?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    if let Some(list) = lists::by_name(&mut tx, &access.tenant, &name).await? {
        return Ok((StatusCode::OK, Json(list.into())));
    }
    let list = lists::create(&mut tx, &access.tenant, &name, now).await.map_err(taken)?;
    let id = list.id.as_str();
    audit::record(&mut tx, &access.tenant, &access.actor, "list.create", id, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok((StatusCode::CREATED, Json(list.into())))
}

/// Gives a contact list another name.
#[utoipa::path(
    put, path = "/lists/{id}", tag = "lists", security(("token" = ["lists:write"])),
    params(("id" = String, Path, description = "The list")),
    request_body = ListName,
    responses((status = 200, description = "Renamed", body = ListView), Refused)
)]
async fn rename(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
    Body(sent): Body<ListName>,
) -> Result<Json<ListView>, Problem> {
    let access = caller.may(Scope::ListsWrite)?;
    let id: ListId = edge::id(&id, "list")?;
    let name = edge::line("name", &sent.name, 100)?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    lists::rename(&mut tx, &access.tenant, &id, &name).await.map_err(taken)?;
    let list = lists::get(&mut tx, &access.tenant, &id).await?;
    let list = list.ok_or_else(|| Problem::not_found("list"))?;
    audit::record(&mut tx, &access.tenant, &access.actor, "list.rename", id.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Json(list.into()))
}

fn taken(error: StoreError) -> Problem {
    if error.is_unique_violation() {
        return Problem::new(Kind::Conflict, "another list has this name");
    }
    error.into()
}

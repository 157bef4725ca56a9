//! What accepting makes of new people in the connected CRM.

use super::super::edge::{Body, Refused};
use super::ConnectionView;
use crate::crm::connection;
use crate::store::crm_connections::{self, CrmConnection, NewPeople};
use crate::store::tokens::Scope;
use crate::store::{StoreError, audit};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::Problem;
use axum::Json;
use axum::extract;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(put))
}

/// What new people are to be made as.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CrmNewPeople)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// `contact`, or `lead` where the CRM has leads (Salesforce).
    #[schema(example = "lead")]
    new_people: String,
}

/// Says what accepting makes of new people from now on. Who is there already is updated as what they are.
#[utoipa::path(
    put, path = "/crm/new-people", tag = "crm", security(("token" = ["crm:write"])),
    request_body = Sent,
    responses((status = 200, description = "The connection", body = ConnectionView), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<Json<ConnectionView>, Problem> {
    let access = caller.may(Scope::CrmWrite)?;
    Ok(Json(set(&state, &access, &sent.new_people).await?.into()))
}

/// Sets it, after looking whether the CRM can do so.
pub(in crate::web) async fn set(
    state: &State,
    access: &Access,
    new_people: &str,
) -> Result<CrmConnection, Problem> {
    let Access { tenant, actor } = access;
    let refused = |why: &'static str| Problem::invalid("new_people", why);
    let new_people = NewPeople::parse(new_people)
        .ok_or_else(|| refused("new_people must be `contact` or `lead`"))?;
    connection::check_new_people(&state.crm, &state.db, &state.vault, tenant, new_people)
        .await?
        .map_err(refused)?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    crm_connections::set_new_people(&mut tx, tenant, new_people).await?;
    audit::record(&mut tx, tenant, actor, "crm.new-people", tenant.as_str(), now).await?;
    let saved = crm_connections::get(&mut tx, tenant).await?;
    tx.commit().await.map_err(StoreError::from)?;
    saved.ok_or_else(|| Problem::not_found("CRM connection"))
}

//! What a tenant lets happen without asking, who may accept, and what that makes in the CRM.

use super::edge::{Body, Refused};
use crate::crm::connection;
use crate::store::policies::{self, Companies, FillBlanks, NewOwner, Policies, WhoMayAccept};
use crate::store::tokens::Scope;
use crate::store::{StoreError, audit};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::Problem;
use axum::Json;
use axum::extract;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(get, put))
}

/// What happens without asking, and who may accept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Policies)]
#[serde(deny_unknown_fields)]
struct View {
    /// Least confidence (0.5 to 1) of values that fill what an exactly matched record leaves blank,
    /// without a rep; null: none does. What differs, and who is only possibly known, always waits for
    /// a rep.
    #[schema(example = 0.95)]
    fill_blanks: Option<f64>,
    /// `reps`: whoever reviews; `admins`: only admins, and programs whose token has `crm:write`.
    /// Whoever may accept may also take that back.
    #[schema(example = "reps")]
    who_may_accept: String,
    /// Who owns a record that accepting makes in the CRM. `crm`: whoever the CRM says, as if absent;
    /// `rep`: who accepts, by the address that the user has here and there; `id:77`: one of
    /// `GET /crm/owners`. Where the CRM has no such owner, it says who is, and the write tells.
    #[schema(example = "rep")]
    #[serde(default = "usual_owner")]
    owner: String,
    /// `link`: a company that the CRM has not is not made, as if absent; `make`: it is made before the
    /// record, which is then with it.
    #[schema(example = "link")]
    #[serde(default = "usual_companies")]
    companies: String,
}

fn usual_companies() -> String {
    Companies::default().as_str().to_owned()
}

fn usual_owner() -> String {
    NewOwner::default().to_text()
}

impl From<Policies> for View {
    fn from(policies: Policies) -> Self {
        Self {
            fill_blanks: policies.fill_blanks.confidence(),
            who_may_accept: policies.who_may_accept.as_str().to_owned(),
            owner: policies.owner.to_text(),
            companies: policies.companies.as_str().to_owned(),
        }
    }
}

impl TryFrom<View> for Policies {
    type Error = Problem;

    fn try_from(sent: View) -> Result<Self, Problem> {
        let fill_blanks = match sent.fill_blanks {
            None => FillBlanks::Off,
            Some(confidence) => FillBlanks::from(confidence).ok_or_else(|| {
                let detail = "fill_blanks is a confidence of 0.5 to 1, or null to fill nothing";
                Problem::invalid("fill_blanks", detail)
            })?,
        };
        let who_may_accept = WhoMayAccept::parse(&sent.who_may_accept).ok_or_else(|| {
            Problem::invalid("who_may_accept", "who_may_accept must be reps or admins")
        })?;
        let owner = NewOwner::parse(&sent.owner).ok_or_else(|| {
            Problem::invalid("owner", "owner must be crm, rep, or id: and the id of an owner")
        })?;
        let companies = Companies::parse(&sent.companies)
            .ok_or_else(|| Problem::invalid("companies", "companies must be link or make"))?;
        Ok(Self { fill_blanks, who_may_accept, owner, companies })
    }
}

/// What happens without asking, and who may accept.
#[utoipa::path(
    get, path = "/policies", tag = "policies", security(("token" = ["crm:read"])),
    responses((status = 200, description = "The policies", body = View), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<View>, Problem> {
    let access = caller.may(Scope::CrmRead)?;
    let mut conn = state.db.read().await?;
    Ok(Json(policies::get(&mut conn, &access.tenant).await?.into()))
}

/// Sets the policies. They hold for mail that comes and decisions that are made from now on; the same
/// request again changes nothing.
#[utoipa::path(
    put, path = "/policies", tag = "policies", security(("token" = ["crm:write"])),
    request_body = View,
    responses((status = 200, description = "The policies", body = View), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<View>,
) -> Result<Json<View>, Problem> {
    let Access { tenant, actor } = caller.may(Scope::CrmWrite)?;
    let wanted = Policies::try_from(sent)?;
    let before = policies::get(&mut *state.db.read().await?, &tenant).await?;
    if let NewOwner::Fixed(id) = &wanted.owner
        && wanted.owner != before.owner
    {
        let owners = connection::owners(&state.crm, &state.db, &state.vault, &tenant).await?;
        if !owners.iter().any(|owner| owner.id == *id) {
            let why = "the CRM has no owner of this id; GET /crm/owners lists those that it has";
            return Err(Problem::invalid("owner", why));
        }
    }
    let mut tx = state.db.begin_write().await?;
    policies::set(&mut tx, &tenant, &wanted).await?;
    let (subject, now) = (tenant.as_str(), state.clock.now());
    audit::record(&mut tx, &tenant, &actor, "policies.put", subject, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Json(wanted.into()))
}

//! How sure it must be that a person who writes is one whom the CRM has.

use super::edge::{Body, Refused, time};
use crate::matching::Thresholds;
use crate::store::match_models::{self, Learned};
use crate::store::tokens::Scope;
use crate::store::{Conn, StoreError, TenantId, repeated};
use crate::suggestion;
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

/// How persons are matched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Matching)]
struct View {
    /// Probability from which a record may be the person's: it is shown to be checked.
    #[schema(example = 0.5)]
    possible: f64,
    /// Probability from which it is, if the kind of evidence allows it.
    #[schema(example = 0.995)]
    exact: f64,
    /// How many records there were when the weights were last learned from them; absent before the
    /// first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<i64>,
    /// Whether they were enough to learn from; the weights before learning are used otherwise.
    learned: bool,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    learned_at: Option<String>,
}

impl View {
    async fn of(conn: &mut Conn, tenant: &TenantId) -> Result<Self, StoreError> {
        let Thresholds { possible, exact } = match_models::thresholds(conn, tenant).await?;
        let learned: Option<Learned> = match_models::get(conn, tenant).await?;
        Ok(Self {
            possible,
            exact,
            records: learned.as_ref().map(|learned| learned.records),
            learned: learned.as_ref().is_some_and(|learned| learned.weights.is_some()),
            learned_at: learned.map(|learned| time(learned.learned_at)),
        })
    }
}

/// The probabilities as they should be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MatchingThresholds)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// Probability (0 to 1) from which a record may be the person's.
    #[schema(example = 0.5)]
    possible: f64,
    /// Probability (`possible` to 1) from which it is, if the kind of evidence allows it.
    #[schema(example = 0.995)]
    exact: f64,
}

/// How persons are matched with records.
#[utoipa::path(
    get, path = "/matching", tag = "matching", security(("token" = ["crm:read"])),
    responses((status = 200, description = "The thresholds, and what was learned", body = View), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<View>, Problem> {
    let access = caller.may(Scope::CrmRead)?;
    let mut conn = state.db.read().await?;
    Ok(Json(View::of(&mut conn, &access.tenant).await?))
}

/// Sets the probabilities from which a match is possible and exact. They hold for mail that comes from
/// now on, and every open suggestion is compared anew by them; the same request again changes nothing.
#[utoipa::path(
    put, path = "/matching", tag = "matching", security(("token" = ["crm:write"])),
    request_body = Sent,
    responses((status = 200, description = "The thresholds, and what was learned", body = View), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<Json<View>, Problem> {
    let Access { tenant, actor } = caller.may(Scope::CrmWrite)?;
    let thresholds = Thresholds::new(sent.possible, sent.exact).ok_or_else(|| {
        Problem::invalid(
            "exact",
            "possible and exact are probabilities of 0 to 1, exact not the smaller",
        )
    })?;
    let now = state.clock.now();
    let setting = async || {
        let mut tx = state.db.begin_write().await?;
        suggestion::set_thresholds(&mut tx, &tenant, thresholds, &actor, now).await?;
        let view = View::of(&mut tx, &tenant).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(view)
    };
    Ok(Json(repeated(setting).await?))
}

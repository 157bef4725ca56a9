//! Addresses and domains of which nothing is read.

use super::edge::{Body, Refused};
use crate::contact::EmailAddress;
use crate::store::StoreError;
use crate::store::audit;
use crate::store::exclusions::{self, Exclusion};
use crate::store::tokens::Scope;
use crate::suggestion;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, remove))
}

/// An address or domain of which nothing is read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Exclusion)]
struct ExclusionView {
    /// An address or a domain, lower case.
    #[schema(example = "supplier.example")]
    pattern: String,
    /// Whether it is one of the tenant's own domains.
    own: bool,
}

/// What an exclusion says beyond its pattern.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExclusionBody {
    /// Whether it is one of the tenant's own domains.
    #[serde(default)]
    own: bool,
}

/// Everything the tenant excludes.
#[utoipa::path(
    get, path = "/exclusions", tag = "exclusions", security(("token" = ["exclusions:read"])),
    responses((status = 200, description = "The exclusions", body = [ExclusionView]), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<Vec<ExclusionView>>, Problem> {
    let access = caller.may(Scope::ExclusionsRead)?;
    let mut conn = state.db.read().await?;
    let found = exclusions::list(&mut conn, &access.tenant).await?;
    let view = |found: Exclusion| ExclusionView { pattern: found.pattern, own: found.own };
    Ok(Json(found.into_iter().map(view).collect()))
}

/// Excludes an address or domain: nothing of it is read from now on, and what was suggested of its authors and
/// not accepted is forgotten, unless an undo of it is to be done in the CRM still.
#[utoipa::path(
    put, path = "/exclusions/{pattern}", tag = "exclusions",
    security(("token" = ["exclusions:write"])),
    params(("pattern" = String, Path, description = "An address or a domain")),
    request_body = ExclusionBody,
    responses((status = 200, description = "Excluded", body = ExclusionView), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(pattern): Path<String>,
    Body(sent): Body<ExclusionBody>,
) -> Result<Json<ExclusionView>, Problem> {
    let access = caller.may(Scope::ExclusionsWrite)?;
    let pattern = parse(&pattern)
        .ok_or_else(|| Problem::invalid("pattern", "an exclusion is an address or a domain"))?;
    let now = state.clock.now();
    let exclusion = Exclusion { pattern, own: sent.own };
    let mut tx = state.db.begin_write().await?;
    exclusions::put(&mut tx, &access.tenant, &exclusion, now).await?;
    let (tenant, subject) = (&access.tenant, exclusion.pattern.as_str());
    audit::record(&mut tx, tenant, &access.actor, "exclusion.put", subject, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    let actor = &access.actor;
    suggestion::forget_excluded(&state.db, tenant, subject, actor, now).await?;
    Ok(Json(ExclusionView { pattern: exclusion.pattern, own: exclusion.own }))
}

/// Reads of an address or domain again.
#[utoipa::path(
    delete, path = "/exclusions/{pattern}", tag = "exclusions",
    security(("token" = ["exclusions:write"])),
    params(("pattern" = String, Path, description = "An address or a domain")),
    responses((status = 204, description = "No longer excluded"), Refused)
)]
async fn remove(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(pattern): Path<String>,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::ExclusionsWrite)?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    if exclusions::remove(&mut tx, &access.tenant, &pattern).await? {
        let tenant = &access.tenant;
        audit::record(&mut tx, tenant, &access.actor, "exclusion.remove", &pattern, now).await?;
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The pattern as it is stored: an address, or a domain.
fn parse(text: &str) -> Option<String> {
    let address = EmailAddress::parse(text).map(|address| address.to_string());
    let domain = || EmailAddress::parse(&format!("x@{text}")).map(|address| address.domain());
    address.or_else(domain).map(|pattern| pattern.to_lowercase())
}

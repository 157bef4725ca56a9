//! The links with which people let the tenant's CRM be used.

use super::super::consents::{self, ConsentLink};
use super::super::edge::{Body, Refused};
use crate::crm::consent::ConsentError;
use crate::store::consents::Purpose;
use crate::store::crm_connections::Kind;
use crate::store::tokens::Scope;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(ask))
}

/// A CRM that is to be opened by consent.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCrmConsent)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// Which CRM it is: `hubspot` or `pipedrive`, or another that the operator has configured a sign-in
    /// service of the same name for.
    #[schema(example = "hubspot")]
    kind: String,
}

/// Makes a link with which a person lets their CRM be used; the tenant's app there must be entered
/// (`PUT /oauth-apps/{service}`). When they have, it is connected; one that is connected already goes on
/// where it was, also instead of a token.
#[utoipa::path(
    post, path = "/crm/consents", tag = "crm", security(("token" = ["crm:write"])),
    request_body = Sent,
    responses((status = 201, description = "The link", body = ConsentLink), Refused)
)]
async fn ask(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<(StatusCode, Json<ConsentLink>), Problem> {
    let access = caller.may(Scope::CrmWrite)?;
    let kind = Kind::parse(&sent.kind).ok_or_else(|| Problem::invalid("kind", super::kinds()))?;
    Ok(ConsentLink::created(consents::begin(&state, access, Purpose::Crm { kind }).await?))
}

impl From<ConsentError> for Problem {
    fn from(error: ConsentError) -> Self {
        match error {
            ConsentError::Consent(error) => error.into(),
            ConsentError::Connect(error) => error.into(),
        }
    }
}

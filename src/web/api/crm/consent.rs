//! The links with which people let the tenant's CRM be used.

use super::super::edge::{Body, Refused};
use super::super::oauth::LinkView;
use crate::clock::Millis;
use crate::crm::CrmError;
use crate::crm::connection::ConnectError;
use crate::crm::consent::NoConsent;
use crate::store::crm_connections::Kind;
use crate::store::crm_consents::CrmConsent;
use crate::store::tokens::Scope;
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use serde::Deserialize;
use url::Url;
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
    responses((status = 201, description = "The link", body = LinkView), Refused)
)]
async fn ask(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<(StatusCode, Json<LinkView>), Problem> {
    let access = caller.may(Scope::CrmWrite)?;
    let kind = Kind::parse(&sent.kind).ok_or_else(|| Problem::invalid("kind", super::kinds()))?;
    Ok(LinkView::created(begin_consent(&state, &access, kind).await?))
}

/// Makes a link for a kind of CRM.
pub(in crate::web) async fn begin_consent(
    state: &State,
    access: &Access,
    kind: Kind,
) -> Result<(Url, Millis), Problem> {
    let meant = CrmConsent { tenant: access.tenant.clone(), kind, actor: access.actor.to_text() };
    let redirect = state.crm_consent_url();
    Ok(state.crm_desk(&redirect).begin(&meant, state.clock.now()).await?)
}

impl From<NoConsent> for Problem {
    fn from(error: NoConsent) -> Self {
        match error {
            NoConsent::Connect(ConnectError::Crm(CrmError::Store(error))) => error.into(),
            error => Self::new(problem::Kind::ConnectionRefused, error.to_string()),
        }
    }
}

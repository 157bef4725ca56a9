//! Whether the tenant's admins hear by mail of what stays ill or ends soon.

use super::edge::Refused;
use crate::followup::notice::{self, Reach, Sender};
use crate::store::tokens::Scope;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Mail to the tenant's admins about mailboxes and a CRM that stay ill, and secrets and consents that end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notices)]
struct NoticesView {
    /// Whose account sends it: `technical-user` or `operator`; null: nobody's.
    #[schema(example = "technical-user")]
    sender: Option<&'static str>,
    /// Why admins may not hear of it, and what to do; empty when all is well.
    detail: &'static str,
}

impl From<Reach> for NoticesView {
    fn from(reach: Reach) -> Self {
        Self { sender: reach.sender.map(Sender::as_str), detail: reach.detail }
    }
}

/// Whether the tenant's admins hear by mail of mailboxes and a CRM that stay ill, and of secrets and
/// consents that end.
#[utoipa::path(
    get, path = "/notices", tag = "mailboxes", security(("token" = ["mailboxes:read"])),
    responses((status = 200, description = "Whose account writes to them", body = NoticesView), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<NoticesView>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    let mut conn = state.db.read().await?;
    Ok(Json(notice::reach(&mut conn, &access.tenant, state.has_operator).await?.into()))
}

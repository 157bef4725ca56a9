//! Follow-ups: mail to accepted contacts, with the mail server's answer.

use super::edge::{self, Page, Params, Refused, time};
use crate::store::followups::{self, FollowUp};
use crate::store::tokens::Scope;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A mail to a contact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FollowUp)]
struct FollowUpView {
    /// Names the follow-up; newer ones sort later.
    id: String,
    /// To whom.
    contact: String,
    /// To which of the contact's addresses.
    address: String,
    /// `waiting`, `sending`, `sent`, `failed`, `uncertain` or `cancelled`.
    #[schema(example = "sent")]
    state: &'static str,
    /// How often it was offered to the server.
    attempts: u32,
    /// The server's last words.
    answer: String,
    /// When it was planned.
    created_at: String,
    /// When its state last changed.
    changed_at: String,
}

impl From<FollowUp> for FollowUpView {
    fn from(followup: FollowUp) -> Self {
        Self {
            id: followup.id.to_string(),
            contact: followup.contact.to_string(),
            address: followup.address.to_string(),
            state: followup.state.as_str(),
            attempts: followup.attempts,
            answer: followup.answer,
            created_at: time(followup.created_at),
            changed_at: time(followup.changed_at),
        }
    }
}

/// Which follow-ups.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those to this contact.
    contact: Option<String>,
    /// `next` of the page before.
    before: Option<String>,
    /// How many entries at most, 1 to 200; 50 if absent.
    limit: Option<i64>,
}

/// Follow-ups, newest first.
#[utoipa::path(
    get, path = "/followups", tag = "follow-ups", security(("token" = ["followups:read"])),
    params(Filter),
    responses((status = 200, description = "A page", body = Page<FollowUpView>), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<FollowUpView>>, Problem> {
    let access = caller.may(Scope::FollowupsRead)?;
    let contact = edge::id_in("contact", filter.contact.as_deref())?;
    let before = edge::id_in("before", filter.before.as_deref())?;
    let limit = edge::limit(filter.limit)?;
    let mut conn = state.db.read().await?;
    let (tenant, contact, before) = (&access.tenant, contact.as_ref(), before.as_ref());
    let found = followups::page(&mut conn, tenant, contact, before, limit + 1).await?;
    let views = found.into_iter().map(FollowUpView::from).collect();
    Ok(Json(edge::page(views, limit, |view: &FollowUpView| view.id.clone())))
}

//! Accepted contacts, as JSContact Cards.

use super::edge::{self, Page, Params, Refused, time};
use super::export;
use crate::contact::card;
use crate::store::contacts::{self, AcceptedContact};
use crate::store::tokens::Scope;
use crate::store::{ContactId, StoreError, repeated};
use crate::suggestion;
use crate::suggestion::export::uid_card;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export::export))
        .routes(routes!(get, remove))
}

/// A contact that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
struct ContactView {
    /// Names the contact; newer ones sort later.
    id: String,
    /// The contact list it belongs to.
    list: String,
    /// The CRM record it came from, if it was known there.
    record: Option<String>,
    /// Its values: a JSContact Card (RFC 9553).
    #[schema(value_type = Object)]
    card: Value,
    /// Confidence (0 to 1) and origin of every value, keyed like the Card's entries: `phones/1`.
    #[schema(value_type = Object)]
    confidences: Value,
    /// When it was first accepted.
    created_at: String,
    /// When it last changed.
    changed_at: String,
}

impl From<AcceptedContact> for ContactView {
    fn from(found: AcceptedContact) -> Self {
        Self {
            card: uid_card(&found),
            id: found.id.to_string(),
            list: found.list.to_string(),
            record: found.record.map(|id| id.to_string()),
            confidences: card::confidences(&found.contact),
            created_at: time(found.created_at),
            changed_at: time(found.changed_at),
        }
    }
}

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those of this contact list.
    list: Option<String>,
    /// `next` of the page before.
    before: Option<String>,
    /// How many entries at most, 1 to 200; 50 if absent.
    limit: Option<i64>,
}

/// Accepted contacts, newest first.
#[utoipa::path(
    get, path = "/contacts", tag = "contacts", security(("token" = ["contacts:read"])),
    params(Filter),
    responses((status = 200, description = "A page", body = Page<ContactView>), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<ContactView>>, Problem> {
    let access = caller.may(Scope::ContactsRead)?;
    let list = edge::id_in("list", filter.list.as_deref())?;
    let before = edge::id_in("before", filter.before.as_deref())?;
    let limit = edge::limit(filter.limit)?;
    let mut conn = state.db.read().await?;
    let (tenant, list, before) = (&access.tenant, list.as_ref(), before.as_ref());
    let found = contacts::page(&mut conn, tenant, list, before, limit + 1).await?;
    let views = found.into_iter().map(ContactView::from).collect();
    Ok(Json(edge::page(views, limit, |view: &ContactView| view.id.clone())))
}

/// One accepted contact.
#[utoipa::path(
    get, path = "/contacts/{id}", tag = "contacts", security(("token" = ["contacts:read"])),
    params(("id" = String, Path, description = "The contact")),
    responses((status = 200, description = "The contact", body = ContactView), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<ContactView>, Problem> {
    let access = caller.may(Scope::ContactsRead)?;
    let id: ContactId = edge::id(&id, "contact")?;
    let mut conn = state.db.read().await?;
    let found = contacts::get(&mut conn, &access.tenant, &id).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("contact"))?.into()))
}

/// Removes an accepted contact with everything that is kept because of it: its values in
/// suggestions, and its follow-up with the address. A follow-up that waits is not sent. The CRM's
/// record stays.
#[utoipa::path(
    delete, path = "/contacts/{id}", tag = "contacts", security(("token" = ["contacts:write"])),
    params(("id" = String, Path, description = "The contact")),
    responses((status = 204, description = "Removed"), Refused)
)]
async fn remove(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::ContactsWrite)?;
    let id: ContactId = edge::id(&id, "contact")?;
    let (tenant, actor, now) = (&access.tenant, &access.actor, state.clock.now());
    let remove = async || -> Result<bool, StoreError> {
        let mut tx = state.db.begin_write().await?;
        let removed = suggestion::remove_contact(&mut tx, tenant, &id, actor, now).await?;
        tx.commit().await?;
        Ok(removed)
    };
    if !repeated(|| Box::pin(remove())).await? {
        return Err(Problem::not_found("contact"));
    }
    Ok(StatusCode::NO_CONTENT)
}

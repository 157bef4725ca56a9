//! The fields of the connected CRM: which holds what, and what accepting a suggestion would write.

use super::super::edge::{self, Body, Refused};
use super::super::once::{TRY_AGAIN, told};
use super::super::suggestions::Acceptance;
use crate::crm::connection::{self, Accepting, Preview};
use crate::crm::mapping::{Field, Mapping, MappingError};
use crate::crm::{CrmError, Owner};
use crate::store::tokens::Scope;
use crate::store::{StoreError, SuggestionId, audit, crm_connections};
use crate::suggestion::{self, Choice};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(get, put, reset))
        .routes(routes!(owners))
        .routes(routes!(preview, preview_so))
}

/// Which field of the CRM holds what.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CrmMapping)]
#[serde(deny_unknown_fields)]
struct MappingSent {
    /// The fields, in their order: several that hold the same take the first, second, … value.
    fields: Vec<Field>,
}

impl From<Mapping> for MappingSent {
    fn from(Mapping { fields, .. }: Mapping) -> Self {
        Self { fields }
    }
}

impl From<MappingSent> for Mapping {
    fn from(MappingSent { fields }: MappingSent) -> Self {
        fields.into()
    }
}

/// Which field of the CRM holds what: as the admin has said, or as usual for the kind.
#[utoipa::path(
    get, path = "/crm/mapping", tag = "crm", security(("token" = ["crm:read"])),
    responses((status = 200, description = "The mapping", body = MappingSent), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<MappingSent>, Problem> {
    let access = caller.may(Scope::CrmRead)?;
    let mut conn = state.db.read().await?;
    let found = crm_connections::get(&mut conn, &access.tenant).await?;
    let found = found.ok_or_else(|| Problem::not_found("CRM connection"))?;
    let mapping = connection::mapping(&found)?;
    Ok(Json(mapping.ok_or_else(|| Problem::not_found("mapping of a CRM that has fields"))?.into()))
}

/// Says which field of the CRM holds what, after looking whether the CRM has these fields; one that it
/// lets nobody write is locked. Its records are read anew.
#[utoipa::path(
    put, path = "/crm/mapping", tag = "crm", security(("token" = ["crm:write"])),
    request_body = MappingSent,
    responses((status = 200, description = "The mapping", body = MappingSent), Refused)
)]
async fn put(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<MappingSent>,
) -> Result<Json<MappingSent>, Problem> {
    let access = caller.may(Scope::CrmWrite)?;
    let saved = save(&state, &access, &Mapping::from(sent)).await?;
    let mapping = saved.map_err(|error| Problem::invalid("fields", error.to_string()))?;
    Ok(Json(mapping.into()))
}

/// Saves a mapping after looking whether the CRM has its fields, and answers it as it was saved;
/// `Ok(Err)` says why it is not.
pub(in crate::web) async fn save(
    state: &State,
    access: &Access,
    mapping: &Mapping,
) -> Result<Result<Mapping, MappingError>, Problem> {
    let tenant = &access.tenant;
    let checked =
        connection::check_mapping(&state.crm, &state.db, &state.vault, tenant, mapping).await?;
    if let Ok(mapping) = &checked {
        set(state, access, Some(mapping)).await?;
    }
    Ok(checked)
}

/// Writes a mapping down that can be used, or that of the kind is to be as usual.
pub(in crate::web) async fn set(
    state: &State,
    Access { tenant, actor }: &Access,
    mapping: Option<&Mapping>,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    if !connection::save_mapping(&mut tx, tenant, mapping, now).await? {
        return Err(Problem::not_found("CRM connection"));
    }
    audit::record(&mut tx, tenant, actor, "crm.map", tenant.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Goes back to the usual mapping of the kind; the CRM's records are read anew.
#[utoipa::path(
    delete, path = "/crm/mapping", tag = "crm", security(("token" = ["crm:write"])),
    responses((status = 204, description = "As usual again"), Refused)
)]
async fn reset(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<StatusCode, Problem> {
    set(&state, &caller.may(Scope::CrmWrite)?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody who can own records of the CRM.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmOwner)]
struct OwnerView {
    /// The CRM's id of them, as the policies name it.
    id: String,
    /// What they are called.
    name: String,
    /// Their address.
    email: String,
}

impl From<Owner> for OwnerView {
    fn from(Owner { id, name, email }: Owner) -> Self {
        Self { id, name, email }
    }
}

/// Everybody who can own records of the CRM.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmOwners)]
struct Owners {
    /// The owners, in the CRM's order.
    items: Vec<OwnerView>,
}

/// Who can own records of the CRM. Whose new records shall be is said by the policies
/// (`PUT /policies`).
#[utoipa::path(
    get, path = "/crm/owners", tag = "crm", security(("token" = ["crm:read"])),
    responses((status = 200, description = "The owners", body = Owners), Refused)
)]
async fn owners(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<Owners>, Problem> {
    let tenant = caller.may(Scope::CrmRead)?.tenant;
    let owners = connection::owners(&state.crm, &state.db, &state.vault, &tenant).await?;
    Ok(Json(Owners { items: owners.into_iter().map(OwnerView::from).collect() }))
}

/// What accepting a suggestion would write.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmPreview)]
struct PreviewView {
    /// The CRM's id of the record; null: a new one is made.
    record: Option<String>,
    /// Why no new record would be made, as a sentence; null: one would.
    conflict: Option<&'static str>,
    /// The company that a new record would be with.
    #[schema(inline)]
    account: Option<AccountView>,
    /// The fields that would be written; in an address book the properties of the vCard.
    fields: Vec<EditView>,
    /// What cannot be written, as sentences.
    left_out: Vec<String>,
    /// Required fields that would be empty: as it is, nothing is written.
    missing: Vec<String>,
}

/// A company in the CRM.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmAccount)]
struct AccountView {
    /// The CRM's id of it; empty: it would be made first.
    id: String,
    /// What it is called.
    name: String,
}

/// A field that would be written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmEdit)]
struct EditView {
    /// The CRM's name of it.
    property: String,
    /// What is in it now; empty: nothing.
    from: String,
    /// What would be in it; empty: nothing.
    to: String,
}

/// What is said of whom the CRM has.
const THERE: &str = "the CRM has this person already: accepting makes no record, and the suggestion comes back \
                     compared with theirs";

impl From<Preview> for PreviewView {
    fn from(Preview { record, change, account, is_there }: Preview) -> Self {
        let conflict = is_there.then_some(THERE);
        let account = account.map(|account| AccountView { id: account.id, name: account.name });
        let edits = change.edits.into_iter().map(|edit| EditView {
            property: edit.property,
            from: edit.from,
            to: edit.to,
        });
        let (left_out, missing) = (change.left_out, change.missing);
        Self { record, conflict, account, fields: edits.collect(), left_out, missing }
    }
}

/// What accepting a suggestion as it is would write to the CRM, asked of the CRM now; nothing is
/// written.
#[utoipa::path(
    get, path = "/crm/preview/{id}", tag = "crm", security(("token" = ["crm:read"])),
    params(("id" = String, Path, description = "The suggestion")),
    responses((status = 200, description = "What would be written", body = PreviewView), Refused)
)]
async fn preview(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<PreviewView>, Problem> {
    let access = caller.may(Scope::CrmRead)?;
    would_write(&state, access, &id, &Choice::default()).await
}

/// What accepting a suggestion so would write to the CRM, asked of the CRM now; nothing is written. The body
/// is that of the acceptance, and whoever may accept may ask; who is accepted apart is somebody new.
#[utoipa::path(
    post, path = "/crm/preview/{id}", tag = "crm", security(("token" = ["suggestions:write"])),
    params(("id" = String, Path, description = "The suggestion")),
    request_body = Acceptance,
    responses((status = 200, description = "What would be written", body = PreviewView), Refused)
)]
async fn preview_so(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
    Body(sent): Body<Acceptance>,
) -> Result<Json<PreviewView>, Problem> {
    let access = caller.may(Scope::SuggestionsWrite)?;
    would_write(&state, access, &id, &sent.into()).await
}

async fn would_write(
    state: &State,
    Access { tenant, actor }: Access,
    id: &str,
    choice: &Choice,
) -> Result<Json<PreviewView>, Problem> {
    let id: SuggestionId = edge::id(id, "suggestion")?;
    let mut conn = state.db.read().await?;
    let (record, known, after) = suggestion::preview(&mut conn, &tenant, &id, choice).await?;
    let apart = suggestion::apart_in_crm(&mut conn, &tenant, &id, choice.apart).await?;
    drop(conn);
    let (record, known) = (record.as_ref(), known.as_ref());
    let now = state.clock.now();
    let accepting = Accepting { record, known, after: &after, apart: &apart, by: &actor, now };
    let preview =
        connection::preview(&state.crm, &state.db, &state.vault, &tenant, &accepting).await?;
    Ok(Json(preview.into()))
}

impl From<CrmError> for Problem {
    fn from(error: CrmError) -> Self {
        match error {
            CrmError::Store(error) => error.into(),
            CrmError::NotConnected => Self::not_found("CRM connection"),
            other => Self::new(problem::Kind::ConnectionRefused, told(other, TRY_AGAIN)),
        }
    }
}

//! The CRM's contacts, imported from a CSV export.

use super::edge::Refused;
use crate::crm;
use crate::store::tokens::Scope;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{self, DefaultBodyLimit};
use axum::http::{HeaderMap, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest file: some hundred thousand contacts.
const MAX_FILE: usize = 64 * 1024 * 1024;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(MAX_FILE))
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
struct Imported {
    /// Records written, new or changed.
    records: u64,
    /// Lines that gave no record.
    skipped: u64,
    /// Why, for the first of them: line and reason.
    notes: Vec<String>,
}

/// Imports a CSV export of the CRM's contacts. A record with an id that is there already is
/// replaced, so importing twice changes nothing.
#[utoipa::path(
    post, path = "/crm/records", tag = "records", security(("token" = ["records:write"])),
    request_body(content = String, content_type = "text/csv", description = "The file, UTF-8"),
    responses((status = 200, description = "Imported", body = Imported), Refused)
)]
async fn import(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    headers: HeaderMap,
    file: Result<Bytes, extract::rejection::BytesRejection>,
) -> Result<Json<Imported>, Problem> {
    let access = caller.may(Scope::RecordsWrite)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/csv")) {
        let detail = "send the file as it is, with Content-Type: text/csv";
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let file = file?;
    todo_import(&state, &access, &file).await
}

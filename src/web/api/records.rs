//! The CRM's contacts, imported from a CSV export.

use super::edge::Refused;
use crate::crm::csv::{self, ImportError};
use crate::store::tenants;
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

/// How many rows that were left out are named.
const MAX_PROBLEMS: usize = 100;

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Imported)]
struct ImportedView {
    /// Rows that became a record.
    new: usize,
    /// Rows that changed or confirmed a record.
    again: usize,
    /// Rows, or values of them, that were left out; the first hundred.
    problems: Vec<ProblemView>,
}

/// A row that was left out, or a value of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RowProblem)]
struct ProblemView {
    /// The line in the file where the row begins.
    line: u64,
    /// What it is and what to do.
    message: String,
}

/// Imports a CSV export of the CRM's contacts. A record with an id that is there already is
/// replaced, so importing twice changes nothing.
#[utoipa::path(
    post, path = "/crm/records", tag = "records", security(("token" = ["records:write"])),
    request_body(content = String, content_type = "text/csv", description = "The file, UTF-8"),
    responses((status = 200, description = "Imported", body = ImportedView), Refused)
)]
async fn import(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    headers: HeaderMap,
    file: Result<Bytes, extract::rejection::BytesRejection>,
) -> Result<Json<ImportedView>, Problem> {
    let access = caller.may(Scope::RecordsWrite)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/csv")) {
        let detail = "send the file as it is, with Content-Type: text/csv";
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let file = file?;
    let now = state.clock.now();
    let region = {
        let mut conn = state.db.read().await?;
        let tenant = tenants::get(&mut conn, &access.tenant).await?;
        tenant.map(|tenant| tenant.region).unwrap_or_default()
    };
    let (tenant, actor) = (&access.tenant, &access.actor);
    let done = csv::import(&state.db, tenant, actor, &file, &region, now, |_| {}).await?;
    let problems = done.problems.into_iter().take(MAX_PROBLEMS);
    Ok(Json(ImportedView {
        new: done.new,
        again: done.again,
        problems: problems
            .map(|problem| ProblemView { line: problem.line, message: problem.message })
            .collect(),
    }))
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::NoColumns | ImportError::Malformed(_) => {
                Self::new(Kind::Invalid, error.to_string())
            }
        }
    }
}

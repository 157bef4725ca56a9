//! The CRM's contacts, imported from a table.

#![expect(unused_qualifications, reason = "utoipa writes out what is imported for its derives")]

use super::edge::{Params, Refused};
use crate::contact::card;
use crate::crm::table::{self, Chosen, Column, ImportError, LeftOutError, Order, PreviewColumn};
use crate::store::tokens::Scope;
use crate::store::{TenantId, tenants};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{self, DefaultBodyLimit};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest file: some hundred thousand contacts.
pub(in crate::web) const MAX_FILE: usize = 64 * 1024 * 1024;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(import, erase))
        .routes(routes!(preview))
        .layer(DefaultBodyLimit::max(MAX_FILE))
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
    /// Records of earlier files that have left, where `whole` says so.
    gone: usize,
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

/// How a table is to be read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Reading {
    /// What columns hold whose names do not say it, as a JSON object: `{"Durchwahl": "phone"}`; null
    /// leaves a column out. A preview names the meanings.
    columns: Option<String>,
    /// The file is the whole CRM: who came with an earlier file and is not in this one has been deleted
    /// there, and is forgotten. A preview does not ask.
    #[serde(default)]
    whole: bool,
}

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erased)]
struct ErasedView {
    /// How many records.
    erased: usize,
}

/// A table as an import would read it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TablePreview)]
struct PreviewView {
    /// The columns, in order.
    columns: Vec<ColumnView>,
    /// What a column can hold.
    meanings: Vec<&'static str>,
    /// The first contacts, as JSContact Cards (RFC 9553).
    #[schema(value_type = Vec<Object>)]
    contacts: Vec<Value>,
    /// How many contacts there are.
    count: usize,
    /// How many records of earlier files are not in this one: they leave where an import says `whole`. Null where
    /// this one cannot be the whole CRM, since no row of it is a contact or since it holds what an import left out.
    leaving: Option<usize>,
    /// Rows, or values of them, that would be left out; the first hundred.
    problems: Vec<ProblemView>,
}

/// A column of a table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TableColumn)]
struct ColumnView {
    /// Its header, on one line; `Column 3` if it has none, `Phone (2)` if another one has it too.
    name: String,
    /// What it is taken for; null if nothing of it is read.
    meaning: Option<&'static str>,
}

/// Imports an export of the CRM's contacts, CSV or Excel (.xlsx). A record with an id that is there
/// already is replaced, so importing twice changes nothing. Asked for `text/csv`, it answers the rows
/// of which something was left out, all of them as they are in the file, with the line and the reason.
#[utoipa::path(
    post, path = "/crm/records", tag = "records", security(("token" = ["records:write"])),
    params(Reading),
    request_body(content(
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    )),
    responses(
        (status = 200, description = "Imported", content(
            (ImportedView = "application/json"), (String = "text/csv")
        )),
        Refused
    )
)]
async fn import(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(reading): Params<Reading>,
    headers: HeaderMap,
    file: Result<Bytes, extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let access = caller.may(Scope::RecordsWrite)?;
    check_type(&headers)?;
    let (file, chosen) = (file?, reading.chosen()?);
    let region = region(&state, &access.tenant).await?;
    let (tenant, actor, now) = (&access.tenant, &access.actor, state.clock.now());
    let order = Order { tenant, actor, chosen: &chosen, region: &region, now };
    let done = if reading.whole {
        table::import_whole(&state.db, order, file.clone(), |_| {}).await?
    } else {
        table::import(&state.db, order, file.clone(), |_| {}).await?
    };
    if headers.get(header::ACCEPT).is_some_and(|kinds| kinds.as_bytes().starts_with(b"text/csv")) {
        return left_out(file, chosen, region).await;
    }
    let problems = views(done.problems);
    Ok(Json(ImportedView { new: done.new, again: done.again, gone: done.gone, problems })
        .into_response())
}

/// Erases every record that was imported from a file, with what matching keeps of it; a connected CRM's
/// records, and contacts that reps accepted, stay. The same request again changes nothing.
#[utoipa::path(
    delete, path = "/crm/records", tag = "records", security(("token" = ["records:write"])),
    responses((status = 200, description = "Erased", body = ErasedView), Refused)
)]
async fn erase(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<ErasedView>, Problem> {
    let Access { tenant, actor } = caller.may(Scope::RecordsWrite)?;
    let erased = table::erase(&state.db, &tenant, &actor, state.clock.now()).await?;
    Ok(Json(ErasedView { erased }))
}

/// Shows what an import of the same file would do, and writes nothing.
#[utoipa::path(
    post, path = "/crm/records/preview", tag = "records", security(("token" = ["records:write"])),
    params(Reading),
    request_body(content(
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    )),
    responses((status = 200, description = "The table as it would be read", body = PreviewView), Refused)
)]
async fn preview(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(reading): Params<Reading>,
    headers: HeaderMap,
    file: Result<Bytes, extract::rejection::BytesRejection>,
) -> Result<Json<PreviewView>, Problem> {
    let access = caller.may(Scope::RecordsWrite)?;
    check_type(&headers)?;
    let (file, chosen) = (file?, reading.chosen()?);
    let region = region(&state, &access.tenant).await?;
    let read = move || table::preview(&file, &chosen, &region);
    let preview = spawn_blocking(read).await.map_err(Problem::internal)??;
    let leaving = table::would_leave(&state.db, &access.tenant, &preview).await?;
    let column = |PreviewColumn { name, column, .. }| {
        let meaning = column.map(Column::as_str);
        ColumnView { name, meaning }
    };
    Ok(Json(PreviewView {
        columns: preview.columns.into_iter().map(column).collect(),
        meanings: Column::meanings(),
        contacts: preview.contacts.iter().map(card::to_card).collect(),
        count: preview.count,
        leaving,
        problems: views(preview.problems),
    }))
}

impl Reading {
    fn chosen(&self) -> Result<Chosen, Problem> {
        let Some(json) = &self.columns else { return Ok(Chosen::new()) };
        serde_json::from_str(json).map_err(|_| {
            let meanings = Column::meanings().join(", ");
            let detail = format!(
                "columns must be a JSON object of column names and meanings; those are: {meanings}"
            );
            Problem::invalid("columns", detail)
        })
    }
}

/// The kinds of file that are tables.
const TABLES: [&str; 2] =
    ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"];

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| TABLES.iter().any(|table| kind.starts_with(table))) {
        return Ok(());
    }
    let detail = format!("send the file as it is, with Content-Type: {}", TABLES.join(" or "));
    Err(Problem::new(Kind::UnsupportedMediaType, detail))
}

/// The rows of which an import leaves out something, as a file.
pub(in crate::web) async fn left_out(
    file: Bytes,
    chosen: Chosen,
    region: String,
) -> Result<Response, Problem> {
    let write = move || {
        let mut csv = Vec::new();
        table::write_left_out(&mut csv, &file, &chosen, &region).map(|()| csv)
    };
    let csv = spawn_blocking(write).await.map_err(Problem::internal)?;
    let csv = csv.map_err(|error| match error {
        LeftOutError::Read(error) => error.into(),
        LeftOutError::Write(error) => Problem::internal(error),
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"left-out.csv\""),
    ];
    Ok((headers, csv).into_response())
}

/// Country (ISO 3166) of the tenant's phone numbers without a prefix.
pub(in crate::web) async fn region(state: &State, tenant: &TenantId) -> Result<String, Problem> {
    let mut conn = state.db.read().await?;
    let tenant = tenants::get(&mut conn, tenant).await?;
    Ok(tenant.map(|tenant| tenant.region).unwrap_or_default())
}

fn views(problems: Vec<table::Problem>) -> Vec<ProblemView> {
    let problems = problems.into_iter().take(MAX_PROBLEMS);
    problems.map(|table::Problem { line, message, .. }| ProblemView { line, message }).collect()
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::Table(_) | ImportError::Malformed(_) => {
                Self::new(Kind::Invalid, error.to_string())
            }
        }
    }
}

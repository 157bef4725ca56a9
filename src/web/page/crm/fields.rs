//! The fields of the tenant's CRM: which holds what, beside what is usual, and what the CRM cannot do.
//! Rows are added, moved and taken away on the page alone; nothing changes before all of it is saved.

mod row;

use super::super::assets::Links;
use super::super::consent::title;
use super::super::mailboxes::access;
use super::super::render::page;
use crate::crm::Crm;
use crate::crm::connection;
use crate::crm::mapping::{Mapping, MappingError, Slot};
use crate::store::TenantId;
use crate::store::crm_connections::{self, CrmConnection};
use crate::web::State;
use crate::web::api::crm::fields as api;
use crate::web::auth::{Access, SignedForm, SignedIn};
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use row::{Row, rows_of, rows_sent};

pub(super) fn router() -> Router<State> {
    Router::new().route("/connect/crm/fields", get(show).post(change))
}

#[derive(Template)]
#[template(path = "crm_fields.html")]
struct FieldsPage<'a> {
    links: Links,
    csrf: &'a str,
    user: &'a str,
    /// What people call the CRM.
    crm: &'a str,
    cannot: &'static [&'static str],
    /// Whether it has fields.
    is_mapped: bool,
    /// Whether the usual fields are shown that are saved.
    is_usual: bool,
    rows: Vec<Row>,
    /// How many of them cannot be right.
    wrong: usize,
    /// Usual fields that no row is about, with what they hold.
    left_out: Vec<(String, String)>,
    meanings: Vec<(&'static str, &'static str)>,
    said: Option<&'static str>,
    /// What is wrong with all of it.
    failures: Vec<String>,
}

/// What came of a change.
#[derive(Default)]
struct Outcome {
    /// The rows as they were sent, where they are not what is saved.
    rows: Option<Vec<Row>>,
    said: Option<&'static str>,
    failures: Vec<String>,
}

async fn connected(state: &State, tenant: &TenantId) -> Result<CrmConnection, Problem> {
    let mut conn = state.db.read().await?;
    let found = crm_connections::get(&mut conn, tenant).await?;
    found.ok_or_else(|| Problem::not_found("CRM connection; connect one first"))
}

async fn render(
    state: &State,
    signed_in: &SignedIn,
    outcome: Outcome,
) -> Result<Response, Problem> {
    let tenant = access(signed_in)?.tenant;
    let connection = connected(state, &tenant).await?;
    let usual = Mapping::usual(connection.kind);
    let is_mapped = usual.is_some();
    let usual = usual.unwrap_or_default();
    let Outcome { rows, said, mut failures } = outcome;
    let saved = match connection::mapping(&connection) {
        Ok(mapping) => mapping.unwrap_or_default(),
        Err(unreadable) => {
            failures.push(unreadable.to_string());
            usual.clone()
        }
    };
    let is_usual = rows.is_none() && saved == usual;
    let mut rows = rows.unwrap_or_else(|| rows_of(&saved));
    row::compare(&mut rows, &usual);
    let wrong = rows.iter().filter(|row| !row.wrong.is_empty()).count();
    let is_refused = wrong > 0 || !failures.is_empty();
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let left_out = row::left_out(&rows, &usual);
    let shown = FieldsPage {
        links: Links::new(),
        csrf: signed_in.csrf_token(),
        user: &signed_in.user().name,
        crm: title(connection.kind.as_str()),
        cannot: Crm::cannot(connection.kind),
        is_mapped,
        is_usual,
        rows,
        wrong,
        left_out,
        meanings: Slot::ALL.map(|slot| (slot.as_str(), slot.words())).to_vec(),
        said,
        failures,
    };
    Ok(page(status, &shown))
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    render(&state, &signed_in, Outcome::default()).await
}

/// Saves the rows, or shows them changed: one more, one less, one before another, the usual ones.
async fn change(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let kind = connected(&state, &access.tenant).await?.kind;
    let usual = Mapping::usual(kind).unwrap_or_default();
    let mut rows = rows_sent(&form.fields);
    let asked = form.field("do").unwrap_or_default();
    let (asked, what) = asked.split_once(':').unwrap_or((asked, ""));
    let said = match asked {
        "add" => {
            row::add(&mut rows, Row::default());
            "A row is added at the end. Nothing is saved yet."
        }
        "put-back" => {
            let fields = usual.fields.iter().filter(|field| field.property == what);
            fields.for_each(|field| row::add(&mut rows, Row::of(field)));
            "The field is put back at the end. Nothing is saved yet."
        }
        "remove" => {
            row::remove(&mut rows, what);
            "The field is taken away. Nothing is saved yet."
        }
        "before" => {
            row::bring_forward(&mut rows, what);
            "The order is changed. Nothing is saved yet."
        }
        "usual" => {
            rows = rows_of(&usual);
            "These are the usual fields. Nothing is saved yet: save them, or leave the page and all stays \
             as it was."
        }
        _ => return save(&state, &access, &form.signed_in, rows, &usual).await,
    };
    let outcome = Outcome { rows: Some(rows), said: Some(said), ..Outcome::default() };
    render(&state, &form.signed_in, outcome).await
}

/// Saves the rows, if the CRM has their fields. The usual ones are not kept as the tenant's own: if they
/// become others with a newer version, the tenant has those.
async fn save(
    state: &State,
    access: &Access,
    signed_in: &SignedIn,
    mut rows: Vec<Row>,
    usual: &Mapping,
) -> Result<Response, Problem> {
    const SAID: &str = "The fields are saved. The records are read anew with them.";
    let done = match row::mapping(&mut rows) {
        None => Ok(Err(MappingError(Vec::new()))),
        Some(mapping) if mapping == *usual => api::set(state, access, None).await.map(Ok),
        Some(mapping) => Ok(api::save(state, access, &mapping).await?.map(drop)),
    };
    let outcome = match done {
        Ok(Ok(())) => Outcome { said: Some(SAID), ..Outcome::default() },
        Ok(Err(error)) => {
            let failures = row::blame(&mut rows, error);
            Outcome { rows: Some(rows), failures, ..Outcome::default() }
        }
        Err(problem) if problem.kind.is_sayable() => {
            let failures = vec![problem.detail.to_string()];
            Outcome { rows: Some(rows), failures, ..Outcome::default() }
        }
        Err(problem) => return Err(problem),
    };
    render(state, signed_in, outcome).await
}

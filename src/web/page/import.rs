//! The CRM's contacts out of a file, by an admin: a look at what would come in, the import with how far
//! it is, what was left out to mend it, and beside it what was accepted, as a file of the same columns.
//!
//! The file stays with the browser, which sends it for each of these: nothing of it is kept here in
//! between, and any replica can answer.

mod progress;
mod upload;
mod view;

use super::mailboxes::access;
use super::render::page;
use crate::crm::table::{self, Order};
use crate::web::api::export::{self, Wanted};
use crate::web::api::records::{MAX_FILE, left_out, region};
use crate::web::auth::{Access, SignedForm, SignedIn};
use crate::web::problem::{Kind, Problem};
use crate::web::{MAX_BODY, State};
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{self, DefaultBodyLimit, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::task::spawn_blocking;
use upload::{Upload, What};
use view::Outcome;

/// What is answered at once.
pub(super) fn router() -> Router<State> {
    Router::new().route("/import", get(show)).route("/contacts/export", get(accepted))
}

/// What takes as long as its file is large.
pub(super) fn upload_router() -> Router<State> {
    Router::new()
        .route("/import", post(take))
        .route("/import/erase", post(erase))
        .layer(DefaultBodyLimit::max(MAX_FILE.saturating_add(MAX_BODY)))
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let tenant = access(&signed_in)?.tenant;
    let shown = view::load(&state, &signed_in, &tenant, Outcome::default()).await?;
    Ok(page(StatusCode::OK, &shown))
}

/// Erases what was imported, once the admin has said that this is meant.
async fn erase(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let Access { tenant, actor } = access(&form.signed_in)?;
    let outcome = if form.field("sure").is_some() {
        Outcome::Erased(table::erase(&state.db, &tenant, &actor, state.clock.now()).await?)
    } else {
        Outcome::Nothing
    };
    let shown = view::load(&state, &form.signed_in, &tenant, outcome).await?;
    Ok(page(StatusCode::OK, &shown))
}

/// Everything that was accepted, as a file.
async fn accepted(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let tenant = access(&signed_in)?.tenant;
    export::file(state, tenant, &wanted)
}

/// Looks at a file, imports it, or gives back what is left out of it.
async fn take(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let access = access(&signed_in)?;
    let upload = match upload::read(&signed_in, form).await {
        Ok(upload) => upload,
        Err(problem) => return refuse(&state, &signed_in, Upload::default(), problem).await,
    };
    let region = region(&state, &access.tenant).await?;
    match upload.what {
        What::Look => look(&state, &signed_in, upload, region).await,
        What::LeftOut => {
            let (file, chosen) = (upload.file.clone(), upload.chosen.clone());
            match left_out(file, chosen, region).await {
                Err(problem) => refuse(&state, &signed_in, upload, problem).await,
                file => file,
            }
        }
        What::Import if progress::is_wanted(&headers) => {
            Ok(progress::stream(state, signed_in, access, upload, region))
        }
        What::Import => match import(&state, &access, &upload, &region, |_| ()).await {
            Ok(done) => {
                let outcome = Outcome::Imported(done, upload.chosen);
                let shown = view::load(&state, &signed_in, &access.tenant, outcome).await?;
                Ok(page(StatusCode::OK, &shown))
            }
            Err(problem) => refuse(&state, &signed_in, upload, problem).await,
        },
    }
}

async fn look(
    state: &State,
    signed_in: &SignedIn,
    upload: Upload,
    region: String,
) -> Result<Response, Problem> {
    let (file, chosen) = (upload.file.clone(), upload.chosen.clone());
    let read = move || table::preview(&file, &chosen, &region);
    let found = spawn_blocking(read).await.map_err(Problem::internal)?;
    match found {
        Ok(found) => {
            let tenant = &signed_in.user().tenant;
            let leaving = table::would_leave(&state.db, tenant, &found).await?;
            let outcome = Outcome::Looked(found, leaving);
            let shown = view::load(state, signed_in, tenant, outcome).await?;
            Ok(page(StatusCode::OK, &shown))
        }
        Err(error) => refuse(state, signed_in, upload, error.into()).await,
    }
}

async fn import(
    state: &State,
    access: &Access,
    upload: &Upload,
    region: &str,
    progress: impl FnMut(usize),
) -> Result<table::Imported, Problem> {
    let Access { tenant, actor } = access;
    let order = Order { tenant, actor, chosen: &upload.chosen, region, now: state.clock.now() };
    let (db, file) = (&state.db, upload.file.clone());
    Ok(if upload.whole {
        table::import_whole(db, order, file, progress).await?
    } else {
        table::import(db, order, file, progress).await?
    })
}

/// What the sender can mend is said on the page; the rest is a problem.
async fn refuse(
    state: &State,
    signed_in: &SignedIn,
    upload: Upload,
    problem: Problem,
) -> Result<Response, Problem> {
    if !matches!(problem.kind, Kind::Invalid | Kind::TooLarge) {
        return Err(problem);
    }
    let outcome = Outcome::Failed(problem.detail.to_string(), upload.chosen);
    let shown = view::load(state, signed_in, &signed_in.user().tenant, outcome).await?;
    Ok(page(problem.kind.status(), &shown))
}

//! The folders of a mailbox, to tick those that are read and to choose the one that is watched.

use super::assets::Links;
use super::mailboxes::access;
use super::render::page;
use crate::store::mailboxes::Mailbox;
use crate::web::State;
use crate::web::api::mailboxes::{
    Folder, SentFolders, folders_read, list_folders, mailbox_with_folders, save_folders,
};
use crate::web::auth::{Access, SignedForm, SignedIn};
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

pub(super) fn router() -> Router<State> {
    Router::new().route("/mailboxes/{id}/folders", get(show).post(save))
}

#[derive(Template)]
#[template(path = "folders.html")]
struct FoldersPage<'a> {
    links: Links,
    csrf: &'a str,
    user: &'a str,
    id: &'a str,
    address: &'a str,
    folders: Vec<Folder>,
    failure: Option<String>,
}

async fn show(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let access = access(&signed_in)?;
    let mailbox = mailbox_with_folders(&state, &access, &id).await?;
    render(&state, &signed_in, (&access, &mailbox), None).await
}

/// What the server has; if it does not say, what is read now.
async fn render(
    state: &State,
    signed_in: &SignedIn,
    (access, mailbox): (&Access, &Mailbox),
    refused: Option<(SentFolders, String)>,
) -> Result<Response, Problem> {
    let (mut folders, mut failure) = match list_folders(state, access, mailbox).await {
        Ok(folders) => (folders, None),
        Err(problem) => (folders_read(state, mailbox).await?, Some(worth_telling(problem)?)),
    };
    if let Some((sent, why)) = refused {
        for folder in &mut folders {
            folder.watched = sent.watched.as_ref().map_or(folder.watched, |id| *id == folder.id);
            folder.read = folder.watched || sent.folders.contains(&folder.id);
        }
        failure = Some(why);
    }
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = FoldersPage {
        links: Links::new(),
        csrf: signed_in.csrf_token(),
        user: &signed_in.user().name,
        id: mailbox.id.as_str(),
        address: &mailbox.address,
        folders,
        failure,
    };
    Ok(page(status, &shown))
}

async fn save(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let mailbox = mailbox_with_folders(&state, &access, &id).await?;
    let ticked = form.fields.iter().filter(|(name, _)| name == "folder");
    let sent = SentFolders {
        folders: ticked.map(|(_, value)| value.clone()).collect(),
        watched: form.field("watched").map(str::to_owned),
    };
    match save_folders(&state, &access, &mailbox, &sent).await {
        Ok(()) => Ok(Redirect::to("/mailboxes").into_response()),
        Err(problem) => {
            let refused = (sent, worth_telling(problem)?);
            render(&state, &form.signed_in, (&access, &mailbox), Some(refused)).await
        }
    }
}

/// What the sender can mend is said on the page; the rest is a problem.
fn worth_telling(problem: Problem) -> Result<String, Problem> {
    if problem.kind.is_sayable() { Ok(problem.detail.to_string()) } else { Err(problem) }
}

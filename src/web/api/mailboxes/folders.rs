//! Which folders of a mailbox are read.

use super::super::edge::{self, Body, Refused};
use super::{connect, graph_folders};
use crate::store::graph::{cursors, set_folders};
use crate::store::mailboxes::{Kind, Mailbox};
use crate::store::tokens::Scope;
use crate::store::{MailboxId, StoreError, audit, mailboxes};
use crate::vault::VaultError;
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most folders beside the watched one; they are looked at one after the other.
const MOST: usize = 20;

/// The folders to read beside the one that is watched.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MailboxFolders)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    /// Their names, or ids at Microsoft 365; those that are not named are not read any more.
    #[schema(example = json!(["Enquiries"]))]
    folders: Vec<String>,
}

/// Chooses which folders are read beside the watched one, every few minutes, after each was opened.
/// What was sent, drafts, junk, trash and views of all mail are refused. At Microsoft 365 a folder is named
/// by its id, which the list of folders tells.
#[utoipa::path(
    put, path = "/mailboxes/{id}/folders", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    request_body = Sent,
    responses((status = 204, description = "Set"), Refused)
)]
pub(super) async fn set(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
    Body(sent): Body<Sent>,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let Access { tenant, actor } = &access;
    let id: MailboxId = edge::id(&id, "mailbox")?;
    if sent.folders.len() > MOST {
        return Err(Problem::invalid("folders", format!("at most {MOST} folders can be read")));
    }
    let mut conn = state.db.read().await?;
    let found = mailboxes::get(&mut conn, tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    drop(conn);
    let names = match found.kind {
        Kind::Imap => opened(&state, &access, &found, &sent.folders).await?,
        Kind::Graph => {
            state.probes.count(&access)?;
            graph_folders::checked(&state, &found, &sent.folders).await?
        }
        Kind::File => {
            let detail = "what was imported has no folders to read";
            return Err(Problem::new(problem::Kind::Conflict, detail));
        }
    };
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    match found.kind {
        Kind::Graph => set_folders(&mut tx, &found, &names, now).await?,
        Kind::Imap | Kind::File => mailboxes::set_folders(&mut tx, &found, &names, now).await?,
    }
    audit::record(&mut tx, tenant, actor, "mailbox.set-folders", id.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The folders that were sent, without the watched one, once each was opened.
async fn opened(
    state: &State,
    access: &Access,
    mailbox: &Mailbox,
    sent: &[String],
) -> Result<Vec<String>, Problem> {
    let mut conn = state.db.read().await?;
    let password = mailboxes::password(&mut conn, &state.vault, &mailbox.tenant, &mailbox.id).await;
    drop(conn);
    let password = password.map_err(|error| match error {
        VaultError::Store(error) => error.into(),
        _ => Problem::new(problem::Kind::Conflict, "the password cannot be opened: enter it again"),
    })?;
    let password = password.ok_or_else(|| Problem::not_found("mailbox"))?;
    let mut names = Vec::new();
    for name in sent {
        let name = edge::line("folders", name, 255)?;
        if name != mailbox.folder && !names.contains(&name) {
            state.probes.count(access)?;
            let folder = Mailbox { folder: name.clone(), ..mailbox.clone() };
            connect::check(state, &folder, &password).await?;
            names.push(name);
        }
    }
    Ok(names)
}

/// A folder of a mailbox.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailboxFolder)]
pub(super) struct FolderView {
    /// By what it is chosen: its name, or at Microsoft 365 its id.
    #[schema(example = "inbox")]
    folder: String,
    /// What people call it, if that is something else and known.
    name: Option<String>,
    /// How many messages are in it, if that is known.
    messages: Option<u32>,
    /// Whether it is read.
    read: bool,
}

/// The folders of a mailbox that are read, and of one that the app itself reads at Microsoft 365 those
/// that could be, too.
#[utoipa::path(
    get, path = "/mailboxes/{id}/folders", tag = "mailboxes",
    security(("token" = ["mailboxes:read"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 200, description = "The folders", body = [FolderView]), Refused)
)]
pub(super) async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<Vec<FolderView>>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    let id: MailboxId = edge::id(&id, "mailbox")?;
    let mut conn = state.db.read().await?;
    let found = mailboxes::get(&mut conn, &access.tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    let read: Vec<String> = match found.kind {
        Kind::Imap => mailboxes::folders(&mut conn, &found).await?,
        Kind::Graph => {
            cursors(&mut conn, &found).await?.into_iter().map(|cursor| cursor.folder).collect()
        }
        Kind::File => Vec::new(),
    };
    drop(conn);
    let others = match found.kind {
        Kind::Graph => {
            state.probes.count(&access)?;
            graph_folders::to_choose(&state, &found).await?.unwrap_or_default()
        }
        Kind::Imap | Kind::File => Vec::new(),
    };
    let (known, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|folder| read.contains(&folder.id));
    let read = read.into_iter().map(|folder| {
        let known = known.iter().find(|known| known.id == folder);
        let name = known.map(|known| known.name.clone());
        FolderView { folder, name, messages: known.map(|known| known.messages), read: true }
    });
    let others = others.into_iter().map(|folder| FolderView {
        folder: folder.id,
        name: Some(folder.name),
        messages: Some(folder.messages),
        read: false,
    });
    Ok(Json(read.chain(others).collect()))
}

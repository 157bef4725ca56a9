//! Which folders of a mailbox there are, and which are read.

use super::super::edge::{self, Body, Refused};
use crate::source::imap::{self, ConnectError, NoKey};
use crate::store::mailboxes::Mailbox;
use crate::store::tokens::Scope;
use crate::store::{MailboxId, StoreError, audit, mailboxes};
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

/// A folder of a mailbox.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::web) struct Folder {
    /// Its name, with those of the folders that it lies in.
    #[schema(example = "Enquiries")]
    pub(in crate::web) name: String,
    /// Whether it is read.
    pub(in crate::web) read: bool,
    /// Whether it is the one that is watched: read at once, while the others are looked at every few
    /// minutes.
    pub(in crate::web) watched: bool,
    /// Whether it can never be read: it holds what was sent, drafts, junk, trash or a view of all
    /// mail.
    pub(in crate::web) excluded: bool,
}

/// The folders to read beside the one that is watched.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MailboxFolders)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    /// Their names; those that are not named are not read any more.
    #[schema(example = json!(["Enquiries"]))]
    folders: Vec<String>,
}

/// The folders that the mailbox's server has, the watched one first.
#[utoipa::path(
    get, path = "/mailboxes/{id}/folders", tag = "mailboxes",
    security(("token" = ["mailboxes:read"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 200, description = "The folders", body = [Folder]), Refused)
)]
pub(super) async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<Vec<Folder>>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    let mailbox = imap_mailbox(&state, &access, &id).await?;
    Ok(Json(list_folders(&state, &access, &mailbox).await?))
}

/// Chooses which folders are read beside the watched one, every few minutes, after each was opened.
/// What was sent, drafts, junk, trash and views of all mail are refused.
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
    let mailbox = imap_mailbox(&state, &access, &id).await?;
    save_folders(&state, &access, &mailbox, &sent.folders).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A mailbox whose folders can be chosen.
pub(in crate::web) async fn imap_mailbox(
    state: &State,
    access: &Access,
    id: &str,
) -> Result<Mailbox, Problem> {
    let id: MailboxId = edge::id(id, "mailbox")?;
    let found = mailboxes::get(&mut *state.db.read().await?, &access.tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    if found.kind != mailboxes::Kind::Imap {
        let detail = "only of a mailbox of kind imap can further folders be read";
        return Err(Problem::new(problem::Kind::Conflict, detail));
    }
    Ok(found)
}

/// What its server has, and which of that is read. A folder that is read and has vanished is named
/// as well.
pub(in crate::web) async fn list_folders(
    state: &State,
    access: &Access,
    mailbox: &Mailbox,
) -> Result<Vec<Folder>, Problem> {
    let read = mailboxes::folders(&mut *state.db.read().await?, mailbox).await?;
    state.probes.count(access)?;
    let settings = state.keys().settings(mailbox).await?;
    let there =
        imap::list_folders(&state.imap, &settings).await.map_err(|error| refused(&error))?;
    let mut folders: Vec<Folder> = there
        .into_iter()
        .map(|folder| Folder {
            read: read.contains(&folder.name),
            watched: folder.name == mailbox.folder,
            excluded: folder.is_special,
            name: folder.name,
        })
        .collect();
    for name in read {
        if !folders.iter().any(|folder| folder.name == name) {
            let watched = name == mailbox.folder;
            folders.push(Folder { name, read: true, watched, excluded: false });
        }
    }
    folders.sort_by_key(|folder| !folder.watched);
    Ok(folders)
}

/// Saves which folders are read beside the watched one, after each was opened.
pub(in crate::web) async fn save_folders(
    state: &State,
    access: &Access,
    mailbox: &Mailbox,
    asked: &[String],
) -> Result<(), Problem> {
    let Access { tenant, actor } = access;
    let mut names = Vec::new();
    for name in asked {
        let name = edge::line("folders", name, 255)?;
        if name != mailbox.folder && !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > MOST {
        return Err(Problem::invalid("folders", format!("at most {MOST} folders can be read")));
    }
    if !names.is_empty() {
        state.probes.count(access)?;
        let settings = state.keys().settings(mailbox).await?;
        let checked = imap::check_folders(&state.imap, &settings, &names).await;
        checked.map_err(|(name, error)| match name {
            Some(name) => {
                Problem::new(problem::Kind::ConnectionRefused, format!("{name}: {error}"))
            }
            None => refused(&error),
        })?;
    }
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    mailboxes::set_folders(&mut tx, mailbox, &names, now).await?;
    let id = mailbox.id.as_str();
    audit::record(&mut tx, tenant, actor, "mailbox.set-folders", id, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

fn refused(error: &ConnectError) -> Problem {
    Problem::new(problem::Kind::ConnectionRefused, error.to_string())
}

impl From<NoKey> for Problem {
    fn from(error: NoKey) -> Self {
        match error {
            NoKey::Store(error) => error.into(),
            NoKey::Gone => Self::not_found("mailbox"),
            NoKey::Unavailable => Self::new(problem::Kind::Unavailable, error.to_string()),
            NoKey::NoApp(_) | NoKey::NoService(_) | NoKey::Vault(_) => {
                Self::new(problem::Kind::Conflict, error.to_string())
            }
            NoKey::Token(error) => Self::new(problem::Kind::ConnectionRefused, error.to_string()),
        }
    }
}

//! Which folders of a mailbox there are, and which are read.

use super::super::edge::{self, Body, Refused};
use super::super::once::{TRY_AGAIN, told};
use super::graph_folders;
use crate::source::graph;
use crate::source::imap::{self, ConnectError, NoKey};
use crate::store::graph::{cursors, set_folders};
use crate::store::mailboxes::{FolderEnd, Kind, Mailbox};
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
#[expect(clippy::struct_excessive_bools, reason = "what is said of a folder to programs")]
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::web) struct Folder {
    /// By what it is chosen: its name, or at Microsoft 365 its id.
    #[schema(example = "inbox")]
    pub(in crate::web) id: String,
    /// What people call it, with the names of the folders that it lies in.
    #[schema(example = "Enquiries")]
    pub(in crate::web) name: String,
    /// How many messages are in it, if that is known.
    pub(in crate::web) messages: Option<u32>,
    /// Whether it is read.
    pub(in crate::web) read: bool,
    /// Whether it is the one that is watched: read at once, while the others are looked at every few
    /// minutes.
    pub(in crate::web) watched: bool,
    /// Whether it can never be read: it holds what was sent, drafts, junk, trash or a view of all
    /// mail.
    pub(in crate::web) excluded: bool,
    /// Whether it was chosen and is not there any more.
    pub(in crate::web) gone: bool,
}

/// The folders to read.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MailboxFolders)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct SentFolders {
    /// By what they are chosen; those that are not named are not read any more, but for the watched one.
    #[schema(example = json!(["Enquiries"]))]
    pub(in crate::web) folders: Vec<String>,
    /// The one that is watched; absent: the one that is watched now.
    #[schema(example = "inbox")]
    pub(in crate::web) watched: Option<String>,
}

/// The folders that the mailbox's server has, the watched one first. Of a mailbox at Microsoft 365 that
/// is read in a person's name, those that are read.
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
    let mailbox = mailbox_with_folders(&state, &access, &id).await?;
    Ok(Json(list_folders(&state, &access, &mailbox).await?))
}

/// Chooses which folder is watched and which are read beside it, every few minutes, after each was
/// opened. What was sent, drafts, junk, trash and views of all mail are refused. At Microsoft 365 a folder
/// is chosen by its id, which the list of folders tells.
#[utoipa::path(
    put, path = "/mailboxes/{id}/folders", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    request_body = SentFolders,
    responses((status = 204, description = "Set"), Refused)
)]
pub(super) async fn set(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
    Body(sent): Body<SentFolders>,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let mailbox = mailbox_with_folders(&state, &access, &id).await?;
    save_folders(&state, &access, &mailbox, &sent).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A mailbox whose folders can be chosen.
pub(in crate::web) async fn mailbox_with_folders(
    state: &State,
    access: &Access,
    id: &str,
) -> Result<Mailbox, Problem> {
    let id: MailboxId = edge::id(id, "mailbox")?;
    let found = mailboxes::get(&mut *state.db.read().await?, &access.tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    if found.kind == Kind::File {
        let detail = "what was imported has no folders to read";
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
    state.probes.count(access)?;
    // Whether a folder that is read and not listed is there all the same.
    let mut is_there: fn(&str) -> bool = |name| name.eq_ignore_ascii_case("inbox");
    let mut folders: Vec<Folder> = match mailbox.kind {
        Kind::Graph => {
            let there = graph_folders::to_choose(state, mailbox).await?;
            is_there = if there.is_some() { graph::is_well_known } else { |_| true };
            let folder = |folder: graph::Folder| Folder {
                id: folder.id,
                messages: Some(folder.messages),
                ..Folder::called(folder.name)
            };
            there.unwrap_or_default().into_iter().map(folder).collect()
        }
        Kind::Imap | Kind::File => {
            let settings = state.keys.settings(mailbox).await?;
            let there = imap::list_folders(&state.imap, &settings).await;
            let folder = |folder: imap::FolderName| Folder {
                excluded: folder.is_special,
                ..Folder::called(folder.name)
            };
            there.map_err(|error| refused(&error))?.into_iter().map(folder).collect()
        }
    };
    let read = folders_read(state, mailbox).await?;
    for known in read {
        match folders.iter_mut().find(|folder| folder.id == known.id) {
            Some(folder) => (folder.read, folder.watched) = (true, known.watched),
            None => folders.push(Folder { gone: !is_there(&known.id), ..known }),
        }
    }
    folders.sort_by_key(|folder| (!folder.watched, !folder.read));
    Ok(folders)
}

/// The folders that are read now, as far as the database knows them.
pub(in crate::web) async fn folders_read(
    state: &State,
    mailbox: &Mailbox,
) -> Result<Vec<Folder>, Problem> {
    let mut conn = state.db.read().await?;
    let read: Vec<String> = match mailbox.kind {
        Kind::Graph => {
            cursors(&mut conn, mailbox).await?.into_iter().map(|cursor| cursor.folder).collect()
        }
        Kind::Imap | Kind::File => mailboxes::folders(&mut conn, mailbox).await?,
    };
    let folder = |name: String| {
        let watched = name == mailbox.folder;
        Folder { read: true, watched, ..Folder::called(name) }
    };
    Ok(read.into_iter().map(folder).collect())
}

impl Folder {
    /// A folder that is chosen by what it is called, and is not read.
    fn called(name: String) -> Self {
        let id = name.clone();
        let (read, watched, excluded, gone) = (false, false, false, false);
        Self { id, name, messages: None, read, watched, excluded, gone }
    }
}

/// Saves which folder is watched and which are read beside it, after each was opened, but for the one
/// that is watched now and stays so.
pub(in crate::web) async fn save_folders(
    state: &State,
    access: &Access,
    mailbox: &Mailbox,
    sent: &SentFolders,
) -> Result<(), Problem> {
    let Access { tenant, actor } = access;
    let longest = if mailbox.kind == Kind::Graph { 512 } else { 255 };
    let watched = match &sent.watched {
        Some(watched) => edge::line("watched", watched, longest)?,
        None => mailbox.folder.clone(),
    };
    let mut others: Vec<String> = Vec::new();
    for name in sent.folders.iter().take(2 * MOST) {
        let name = edge::line("folders", name, longest)?;
        if name != watched && !others.contains(&name) {
            others.push(name);
        }
    }
    if others.len() > MOST || sent.folders.len() > 2 * MOST {
        return Err(Problem::invalid("folders", format!("at most {MOST} folders can be read")));
    }
    let mut new = others.clone();
    if watched != mailbox.folder {
        new.push(watched.clone());
    }
    let mut ends = Vec::new();
    if !new.is_empty() {
        state.probes.count(access)?;
        match mailbox.kind {
            Kind::Graph => graph_folders::check(state, mailbox, &new).await?,
            Kind::Imap | Kind::File => ends = check(state, mailbox, &new).await?,
        }
    }
    let mailbox = Mailbox { folder: watched, ..mailbox.clone() };
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    let saved = match mailbox.kind {
        Kind::Graph => set_folders(&mut tx, &mailbox, &others, now).await,
        Kind::Imap | Kind::File => mailboxes::set_folders(&mut tx, &mailbox, &others, now).await,
    };
    saved.map_err(|error| {
        if error.is_unique_violation() {
            let detail = "another mailbox with this address is connected that watches this folder";
            return Problem::new(problem::Kind::Conflict, detail);
        }
        error.into()
    })?;
    for end in &ends {
        mailboxes::begin_after(&mut tx, (tenant, &mailbox.id), end).await?;
    }
    let id = mailbox.id.as_str();
    audit::record(&mut tx, tenant, actor, "mailbox.set-folders", id, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Opens folders of a mailbox on an IMAP server, and says where they end.
async fn check(
    state: &State,
    mailbox: &Mailbox,
    names: &[String],
) -> Result<Vec<FolderEnd>, Problem> {
    let settings = state.keys.settings(mailbox).await?;
    let checked = imap::check_folders(&state.imap, &settings, names).await;
    checked.map_err(|(name, error)| match name {
        Some(name) => Problem::new(
            problem::Kind::ConnectionRefused,
            told(format!("{name}: {error}"), TRY_AGAIN),
        ),
        None => refused(&error),
    })
}

fn refused(error: &ConnectError) -> Problem {
    Problem::new(problem::Kind::ConnectionRefused, told(error, TRY_AGAIN))
}

impl From<NoKey> for Problem {
    fn from(error: NoKey) -> Self {
        match error {
            NoKey::Store(error) => error.into(),
            NoKey::Gone => Self::not_found("mailbox"),
            NoKey::Unavailable => Self::new(problem::Kind::Unavailable, told(error, TRY_AGAIN)),
            NoKey::NoApp(_) | NoKey::NoService(_) | NoKey::Vault(_) => {
                Self::new(problem::Kind::Conflict, error.to_string())
            }
            NoKey::Token(error) => {
                Self::new(problem::Kind::ConnectionRefused, told(error, TRY_AGAIN))
            }
        }
    }
}

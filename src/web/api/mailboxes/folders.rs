//! Which folders of a mailbox are read.

use super::super::edge::{self, Body, Refused};
use super::connect;
use crate::store::tokens::Scope;
use crate::store::{MailboxId, StoreError, audit, mailboxes};
use crate::vault::VaultError;
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::extract::{self, Path};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Most folders beside the watched one; they are looked at one after the other.
const MOST: usize = 20;

/// The folders to read beside the one that is watched.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MailboxFolders)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    /// Their names; those that are not named are not read any more.
    #[schema(example = json!(["Enquiries"]))]
    folders: Vec<String>,
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
    let Access { tenant, actor } = &access;
    let id: MailboxId = edge::id(&id, "mailbox")?;
    if sent.folders.len() > MOST {
        return Err(Problem::invalid("folders", format!("at most {MOST} folders can be read")));
    }
    let mut conn = state.db.read().await?;
    let found = mailboxes::get(&mut conn, tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    if found.kind != mailboxes::Kind::Imap {
        let detail = "only of a mailbox of kind imap can further folders be read";
        return Err(Problem::new(problem::Kind::Conflict, detail));
    }
    let password = mailboxes::password(&mut conn, &state.vault, tenant, &id).await;
    drop(conn);
    let password = password.map_err(|error| match error {
        VaultError::Store(error) => error.into(),
        _ => Problem::new(problem::Kind::Conflict, "the password cannot be opened: enter it again"),
    })?;
    let password = password.ok_or_else(|| Problem::not_found("mailbox"))?;
    let mut names = Vec::new();
    for name in &sent.folders {
        let name = edge::line("folders", name, 255)?;
        if name != found.folder && !names.contains(&name) {
            state.probes.count(&access)?;
            let folder = mailboxes::Mailbox { folder: name.clone(), ..found.clone() };
            connect::check(&state, &folder, &password).await?;
            names.push(name);
        }
    }
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    mailboxes::set_folders(&mut tx, &found, &names, now).await?;
    audit::record(&mut tx, tenant, actor, "mailbox.set-folders", id.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

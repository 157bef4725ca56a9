//! Mailboxes: connected mail accounts. A password goes in and never comes out again.

mod connect;
mod discover;
mod folders;
mod graph_folders;
mod meant;
mod server;
pub(super) mod view;

use super::edge::{self, Body, Refused};
use crate::store::audit;
use crate::store::graph::{self, consent_end, end_subscription};
use crate::store::mailboxes::{self, Kind, Mailbox};
use crate::store::tokens::Scope;
use crate::store::{MailboxId, StoreError};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use view::MailboxView;

pub(in crate::web) use connect::{Sent, save};
pub(in crate::web) use folders::{
    Folder, SentFolders, folders_read, list_folders, mailbox_with_folders, save_folders,
};
pub(in crate::web) use meant::folder_meant;
pub(in crate::web) use server::{Sent as SentServer, move_to};

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, connect::connect))
        .routes(routes!(discover::discover))
        .routes(routes!(get, remove))
        .routes(routes!(set_password))
        .routes(routes!(server::set_server))
        .routes(routes!(folders::get, folders::set))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// The tenant's mailboxes, oldest first.
#[utoipa::path(
    get, path = "/mailboxes", tag = "mailboxes", security(("token" = ["mailboxes:read"])),
    responses((status = 200, description = "The mailboxes", body = [MailboxView]), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<Vec<MailboxView>>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    let mut conn = state.db.read().await?;
    let found = mailboxes::list(&mut conn, &access.tenant).await?;
    Ok(Json(found.into_iter().map(MailboxView::from).collect()))
}

/// One mailbox and how it fares.
#[utoipa::path(
    get, path = "/mailboxes/{id}", tag = "mailboxes", security(("token" = ["mailboxes:read"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 200, description = "The mailbox", body = MailboxView), Refused)
)]
async fn get(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<MailboxView>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    let id: MailboxId = edge::id(&id, "mailbox")?;
    let mut conn = state.db.read().await?;
    let found = mailboxes::get(&mut conn, &access.tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    let consent_end = consent_end(&mut conn, &access.tenant, &id).await?;
    let older = match found.kind {
        Kind::Graph => graph::backfill(&mut conn, &found).await?,
        Kind::Imap | Kind::File => mailboxes::backfill(&mut conn, &access.tenant, &id).await?,
    };
    Ok(Json(MailboxView::from(found).with_consent_end(consent_end).with_older_mail(older)))
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// Kept sealed, never shown again.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Sets another password, after the server has accepted it.
#[utoipa::path(
    put, path = "/mailboxes/{id}/password", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    request_body = NewPassword,
    responses((status = 204, description = "Set"), Refused)
)]
async fn set_password(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
    Body(sent): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    replace_password(&state, &access, &id, &sent.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets another password in place, after the server has accepted it.
pub(in crate::web) async fn replace_password(
    state: &State,
    access: &Access,
    id: &str,
    password: &SecretString,
) -> Result<(), Problem> {
    let Access { tenant, actor } = access;
    let id: MailboxId = edge::id(id, "mailbox")?;
    let found = {
        let mut conn = state.db.read().await?;
        mailboxes::get(&mut conn, tenant, &id).await?
    };
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    if found.kind != Kind::Imap {
        let detail = "only a mailbox of kind imap has a password";
        return Err(Problem::new(problem::Kind::Conflict, detail));
    }
    state.probes.count(access)?;
    connect::check(state, &found, password).await?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    if !mailboxes::set_password(&mut tx, &state.vault, &found, password, now).await? {
        let detail = "the mailbox was removed, or given another server or user name meanwhile: look at it and \
                      enter the password again";
        return Err(Problem::new(problem::Kind::Conflict, detail));
    }
    audit::record(&mut tx, tenant, actor, "mailbox.set-password", id.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Stops reading a mailbox until it is resumed.
#[utoipa::path(
    post, path = "/mailboxes/{id}/pause", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 200, description = "Paused", body = MailboxView), Refused)
)]
async fn pause(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<MailboxView>, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    Ok(Json(set_paused(&state, &access, &id, true).await?.into()))
}

/// Goes on reading where it was paused.
#[utoipa::path(
    post, path = "/mailboxes/{id}/resume", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 200, description = "Resumed", body = MailboxView), Refused)
)]
async fn resume(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<Json<MailboxView>, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    Ok(Json(set_paused(&state, &access, &id, false).await?.into()))
}

/// Pauses a mailbox or ends its pause.
pub(in crate::web) async fn set_paused(
    state: &State,
    Access { tenant, actor }: &Access,
    id: &str,
    paused: bool,
) -> Result<Mailbox, Problem> {
    let id: MailboxId = edge::id(id, "mailbox")?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    let (changed, action) = if paused {
        (mailboxes::pause(&mut tx, tenant, &id, now).await?, "mailbox.pause")
    } else {
        (mailboxes::resume(&mut tx, tenant, &id, now).await?, "mailbox.resume")
    };
    if changed {
        audit::record(&mut tx, tenant, actor, action, id.as_str(), now).await?;
    }
    let found = mailboxes::get(&mut tx, tenant, &id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    found.ok_or_else(|| Problem::not_found("mailbox"))
}

/// Disconnects a mailbox: its password is deleted, its suggestions and contacts stay.
#[utoipa::path(
    delete, path = "/mailboxes/{id}", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    responses((status = 204, description = "Disconnected"), Refused)
)]
async fn remove(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    disconnect(&state, &caller.may(Scope::MailboxesWrite)?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disconnects a mailbox.
pub(in crate::web) async fn disconnect(
    state: &State,
    Access { tenant, actor }: &Access,
    id: &str,
) -> Result<(), Problem> {
    let id: MailboxId = edge::id(id, "mailbox")?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    end_subscription(&mut tx, tenant, &id, now).await?;
    if !mailboxes::remove(&mut tx, tenant, &id).await? {
        return Err(Problem::not_found("mailbox"));
    }
    audit::record(&mut tx, tenant, actor, "mailbox.remove", id.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

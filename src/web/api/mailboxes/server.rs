//! Another server for a mailbox that is connected: it goes on where it was, once that one has let us in.

use super::super::edge::{self, Body, Refused};
use super::connect::{self, settings, tls};
use super::view::MailboxView;
use crate::source::imap;
use crate::store::mailboxes::{self, Kind, Login, Mailbox};
use crate::store::tokens::Scope;
use crate::store::{MailboxId, Security, StoreError, audit};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::Json;
use axum::extract::{self, Path};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where a mailbox is from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MailboxServer)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Sent {
    /// The IMAP server.
    #[schema(example = "imap.example.com")]
    pub(in crate::web) host: String,
    /// 993 for `tls` and 143 for `starttls` if absent.
    pub(in crate::web) port: Option<u16>,
    /// `tls` from the first byte, or `starttls`.
    #[serde(default = "tls")]
    #[schema(value_type = Option<String>, example = "tls")]
    pub(in crate::web) security: Security,
    /// The name to sign in with; the one that is used now if absent.
    pub(in crate::web) username: Option<String>,
    /// Kept sealed, never shown again. The one that another server was shown is not shown to this one.
    #[schema(value_type = String, format = Password)]
    pub(in crate::web) password: SecretString,
}

/// Has a mailbox read from another server, or by another port, encryption or user name, after that server has
/// let us in. Its list, folders and suggestions stay, and no message is read twice. A consent by which it was read is
/// not used any more.
#[utoipa::path(
    put, path = "/mailboxes/{id}/server", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The mailbox")),
    request_body = Sent,
    responses((status = 200, description = "Changed", body = MailboxView), Refused)
)]
pub(super) async fn set_server(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
    Body(sent): Body<Sent>,
) -> Result<Json<MailboxView>, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    Ok(Json(move_to(&state, &access, &id, sent).await?.into()))
}

/// Has a mailbox read from another server.
pub(in crate::web) async fn move_to(
    state: &State,
    access: &Access,
    id: &str,
    sent: Sent,
) -> Result<Mailbox, Problem> {
    let Access { tenant, actor } = access;
    let id: MailboxId = edge::id(id, "mailbox")?;
    let found = mailboxes::get(&mut *state.db.read().await?, tenant, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    if found.kind != Kind::Imap {
        let detail = "only a mailbox of kind imap has a server that can be changed";
        return Err(Problem::new(problem::Kind::Conflict, detail));
    }
    let password = sent.password.clone();
    let username = sent.username.clone().unwrap_or_else(|| found.username.clone());
    let settings = settings(sent, &username, &found.folder)?;
    state.probes.count(access)?;
    imap::check_again(&state.imap, &settings).await.map_err(|error| connect::refused(&error))?;
    let login = Login {
        host: settings.host,
        port: settings.port,
        security: settings.security,
        username: settings.username,
        password,
    };
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    if !mailboxes::set_server(&mut tx, &state.vault, &found, &login, now).await? {
        let detail = "the mailbox was removed, or given another server or user name meanwhile: look at it and \
                      enter them again";
        return Err(Problem::new(problem::Kind::Conflict, detail));
    }
    audit::record(&mut tx, tenant, actor, "mailbox.set-server", id.as_str(), now).await?;
    let mailbox = mailboxes::get(&mut tx, tenant, &id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    mailbox.ok_or_else(|| Problem::not_found("mailbox"))
}

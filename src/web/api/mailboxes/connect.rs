//! Connecting a mailbox: nothing is saved before the server has let us in.

use super::super::edge::{self, Body, Refused};
use super::super::once::{NOTHING_SAVED, told};
use super::server;
use super::view::MailboxView;
use crate::contact::EmailAddress;
use crate::matching::fold::is_free_mail;
use crate::source::imap::{self, ConnectError, Credential, Settings};
use crate::store::mailboxes::{self, Kind, Mailbox, NewMailbox};
use crate::store::tokens::Scope;
use crate::store::{ListId, Security, StoreError, audit, exclusions, lists};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{self, Problem};
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// A mail account to connect.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewMailbox)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Sent {
    /// The address people write to.
    #[schema(example = "anna@example.com")]
    pub(in crate::web) address: String,
    /// The contact list its suggestions will land in.
    pub(in crate::web) list: String,
    /// The IMAP server.
    #[schema(example = "imap.example.com")]
    pub(in crate::web) host: String,
    /// 993 for `tls` and 143 for `starttls` if absent.
    pub(in crate::web) port: Option<u16>,
    /// `tls` from the first byte, or `starttls`.
    #[serde(default = "tls")]
    #[schema(value_type = Option<String>, example = "tls")]
    pub(in crate::web) security: Security,
    /// The name to sign in with; the address if absent.
    pub(in crate::web) username: Option<String>,
    /// Kept sealed, never shown again.
    #[schema(value_type = String, format = Password)]
    pub(in crate::web) password: SecretString,
    /// The folder to read; `INBOX` if absent.
    pub(in crate::web) folder: Option<String>,
    /// How many days back to read at first; 30 if absent, 0 for none.
    pub(in crate::web) backfill_days: Option<u32>,
}

pub(super) const fn tls() -> Security {
    Security::Tls
}

impl Sent {
    fn check(self) -> Result<(ListId, Settings, EmailAddress, u32), Problem> {
        let address = EmailAddress::parse(&self.address)
            .ok_or_else(|| Problem::invalid("address", "address is not an e-mail address"))?;
        let list = edge::id_in("list", Some(&self.list))?
            .ok_or_else(|| Problem::invalid("list", "list is missing"))?;
        let days = edge::backfill_days(self.backfill_days)?;
        let Self { host, port, security, username, password, .. } = self;
        let server = server::Sent { host, port, security, username, password };
        let folder = self.folder.as_deref().unwrap_or("INBOX");
        Ok((list, settings(server, address.as_str(), folder)?, address, days))
    }
}

/// How a folder of a mailbox is opened; `username` is for who sent none.
pub(super) fn settings(
    sent: server::Sent,
    username: &str,
    folder: &str,
) -> Result<Settings, Problem> {
    let usual_port = match sent.security {
        Security::Tls => 993,
        Security::StartTls => 143,
    };
    Ok(Settings {
        username: edge::line("username", sent.username.as_deref().unwrap_or(username), 254)?,
        host: edge::line("host", &sent.host, 253)?,
        port: sent.port.unwrap_or(usual_port),
        security: sent.security,
        credential: Credential::Password(sent.password),
        folder: edge::line("folder", folder, 255)?,
    })
}

/// Connects a mailbox, after its server has let us in and opened the folder. Its domain becomes one
/// of the tenant's own (see exclusions), unless anybody can have an address there.
#[utoipa::path(
    post, path = "/mailboxes", tag = "mailboxes", security(("token" = ["mailboxes:write"])),
    request_body = Sent,
    responses((status = 201, description = "Connected", body = MailboxView), Refused)
)]
pub(super) async fn connect(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<(StatusCode, Json<MailboxView>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let mailbox = save(&state, &access, sent).await?;
    Ok((StatusCode::CREATED, Json(mailbox.into())))
}

/// Connects a mailbox that somebody sent.
pub(in crate::web) async fn save(
    state: &State,
    access: &Access,
    sent: Sent,
) -> Result<Mailbox, Problem> {
    let Access { tenant, actor } = access;
    let password = sent.password.clone();
    let (list, settings, address, backfill_days) = sent.check()?;
    {
        let mut conn = state.db.read().await?;
        let found = lists::get(&mut conn, tenant, &list).await?;
        found.ok_or_else(|| Problem::invalid("list", "there is no such list"))?;
    }
    state.probes.count(access)?;
    let checked = imap::check(&state.imap, &settings).await.map_err(|error| refused(&error))?;
    let now = state.clock.now();
    let new = NewMailbox {
        tenant: tenant.clone(),
        list,
        kind: Kind::Imap,
        address: address.to_string(),
        host: settings.host,
        port: settings.port,
        security: settings.security,
        username: settings.username,
        password,
        folder: settings.folder,
        backfill_days,
    };
    let mut tx = state.db.begin_write().await?;
    let id = mailboxes::create(&mut tx, &state.vault, &new, now).await.map_err(connected)?;
    if let Some(end) = &checked.end {
        mailboxes::begin_after(&mut tx, (tenant, &id), end).await?;
    }
    let domain = address.registrable_domain();
    if !is_free_mail(&domain) {
        exclusions::add_own_domain(&mut tx, &new.tenant, &domain, now).await?;
    }
    audit::record(&mut tx, &new.tenant, actor, "mailbox.connect", id.as_str(), now).await?;
    let mailbox = mailboxes::get(&mut tx, &new.tenant, &id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    mailbox.ok_or_else(|| Problem::not_found("mailbox"))
}

/// Tries a connected mailbox with another password.
pub(super) async fn check(
    state: &State,
    mailbox: &Mailbox,
    password: &SecretString,
) -> Result<(), Problem> {
    let settings = Settings {
        host: mailbox.host.clone(),
        port: mailbox.port,
        security: mailbox.security,
        username: mailbox.username.clone(),
        credential: Credential::Password(password.clone()),
        folder: mailbox.folder.clone(),
    };
    imap::check_again(&state.imap, &settings).await.map_err(|error| refused(&error))?;
    Ok(())
}

pub(super) fn refused(error: &ConnectError) -> Problem {
    Problem::new(problem::Kind::ConnectionRefused, told(error, NOTHING_SAVED))
}

fn connected(error: StoreError) -> Problem {
    if error.is_unique_violation() {
        let detail = "this folder of this address is connected already: to read it from another server, change that \
                      of the mailbox (PUT /api/v1/mailboxes/{id}/server)";
        return Problem::new(problem::Kind::Conflict, detail);
    }
    error.into()
}

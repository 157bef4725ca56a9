//! How a mailbox is connected, found out from its address.

use super::super::edge::{Body, Refused};
use crate::contact::EmailAddress;
use crate::source::discover::Discovered;
use crate::source::providers::Kind;
use crate::store::tokens::Scope;
use crate::web::State;
use crate::web::auth::ApiCaller;
use crate::web::problem::Problem;
use axum::{Json, extract};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The address of a mailbox.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MailboxAddress)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    /// The address people write to.
    #[schema(example = "anna@example.com")]
    address: String,
}

/// How its mailbox is connected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discovered)]
pub(super) struct DiscoveredView {
    /// `imap`, or `graph` for mailboxes at Microsoft.
    #[schema(example = "imap")]
    kind: &'static str,
    /// The IMAP server.
    host: String,
    /// Its port.
    port: u16,
    /// `tls` from the first byte, or `starttls`.
    security: &'static str,
    /// The name to sign in with; empty where the address does not tell it.
    username: String,
    /// Who knew it: `table`, `autoconfig`, `srv`, `mx`, `autodiscover` or `ispdb`.
    source: &'static str,
    /// Whether a person should look at the host, which lies outside the domain: DNS named it without proof, or the
    /// domain's autoconfig file although others take its mail.
    confirm: bool,
    /// What to enter: `password`, `app-password`, or `oauth` where the provider asks for consent.
    #[schema(value_type = String, example = "app-password")]
    sign_in: crate::source::providers::SignIn,
    /// The sign-in service whose consent opens it over IMAP instead of a password, where there is
    /// one (`POST /mailboxes/consents`).
    oauth_service: Option<&'static str>,
    /// The provider's name.
    provider: Option<&'static str>,
    /// The provider's own instructions.
    help: Option<&'static str>,
    /// One sentence about what the provider wants.
    note: Option<&'static str>,
}

impl From<Discovered> for DiscoveredView {
    fn from(found: Discovered) -> Self {
        Self {
            kind: match found.kind {
                Kind::Imap => "imap",
                Kind::Graph => "graph",
            },
            sign_in: found.sign_in(),
            host: found.host,
            port: found.port,
            security: found.security.as_str(),
            username: found.username,
            source: found.source.as_str(),
            confirm: found.confirm,
            oauth_service: found.provider.and_then(|provider| provider.oauth.as_deref()),
            provider: found.provider.map(|provider| provider.name.as_str()),
            help: found.provider.map(|provider| provider.help.as_str()),
            note: found.provider.map(|provider| provider.note.as_str()),
        }
    }
}

/// Finds out how a mailbox is connected: from what is known of large providers, and from what the
/// domain says of itself. Nothing is asked of a third party unless the operator allows it.
#[utoipa::path(
    post, path = "/mailboxes/discover", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    request_body = Sent,
    responses((status = 200, description = "How it is connected", body = DiscoveredView), Refused)
)]
pub(super) async fn discover(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<Json<DiscoveredView>, Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    let address = EmailAddress::parse(&sent.address)
        .ok_or_else(|| Problem::invalid("address", "address is not an e-mail address"))?;
    state.probes.count(&access)?;
    let found = state.discoverer.discover(&address).await.ok_or_else(|| {
        Problem::not_found(
            "hint how this mailbox is connected; ask its provider for the IMAP server",
        )
    })?;
    Ok(Json(found.into()))
}

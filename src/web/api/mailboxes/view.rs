//! A mailbox as the API shows it.

use super::super::edge::time;
use crate::clock::Millis;
use crate::store::mailboxes::{Backfill, Mailbox};
use serde::Serialize;
use utoipa::ToSchema;

/// A connected mail account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub(in crate::web::api) struct MailboxView {
    /// Names the mailbox.
    id: String,
    /// `imap`, `graph` for Microsoft 365, or `file` for what was imported.
    #[schema(example = "imap")]
    kind: &'static str,
    /// The address people write to.
    address: String,
    /// The contact list its suggestions land in.
    list: String,
    /// The server.
    host: String,
    /// The server's port.
    port: u16,
    /// `tls` from the first byte, or `starttls`.
    #[schema(example = "tls")]
    security: &'static str,
    /// The name to sign in with.
    username: String,
    /// The sign-in service whose consent opens it; empty: a password does, or Microsoft Graph.
    #[schema(example = "google")]
    oauth_service: String,
    /// The folder that is read.
    folder: String,
    /// How many days before it was connected were read at first.
    backfill_days: u32,
    /// How it fares: `connecting`, `healthy`, `catching-up`, `needs-consent`, `wrong-password`,
    /// `throttled`, `unreachable`, `refused`, `no-folder`, `stalled` or `paused`.
    #[schema(example = "healthy")]
    state: &'static str,
    /// What failed and what to do; empty when all is well.
    state_detail: String,
    /// Since when it is in this state.
    state_since: String,
    /// Since when it is ill, through whatever states; absent when it is well.
    ill_since: Option<String>,
    /// When it is tried again by itself, if it is waiting.
    retry_at: Option<String>,
    /// When the last message was read.
    message_at: Option<String>,
    /// When it was connected.
    created_at: String,
    /// When the person's consent ends with which it is read, unless it is used before; only where
    /// one mailbox is shown, and only if it is read in a person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_ends_at: Option<String>,
    /// How far its older mail is read; only where one mailbox is shown, and only while some is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    older_mail: Option<OlderMailView>,
}

/// How far older mail is read, over all folders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OlderMail)]
struct OlderMailView {
    /// How many messages are done.
    done: i64,
    /// Of how many, as far as is known.
    total: i64,
}

impl MailboxView {
    /// Tells when the consent to read it ends, too.
    pub(super) fn with_consent_end(self, at: Option<Millis>) -> Self {
        Self { consent_ends_at: at.map(time), ..self }
    }

    /// Tells how far older mail is read, too.
    pub(super) fn with_older_mail(self, Backfill { done, total }: Backfill) -> Self {
        Self { older_mail: (done < total).then_some(OlderMailView { done, total }), ..self }
    }
}

impl From<Mailbox> for MailboxView {
    fn from(mailbox: Mailbox) -> Self {
        Self {
            id: mailbox.id.to_string(),
            kind: mailbox.kind.as_str(),
            address: mailbox.address,
            list: mailbox.list.to_string(),
            host: mailbox.host,
            port: mailbox.port,
            security: mailbox.security.as_str(),
            username: mailbox.username,
            oauth_service: mailbox.oauth_service,
            folder: mailbox.folder,
            backfill_days: mailbox.backfill_days,
            state: mailbox.state.as_str(),
            state_detail: mailbox.state_detail,
            state_since: time(mailbox.state_since),
            ill_since: mailbox.ill_since.map(time),
            retry_at: mailbox.retry_at.map(time),
            message_at: mailbox.message_at.map(time),
            created_at: time(mailbox.created_at),
            consent_ends_at: None,
            older_mail: None,
        }
    }
}

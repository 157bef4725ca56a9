//! How a mailbox fares and what heals it, as one line of a page.

use super::consent;
use super::ending::{WARN_SECS, day};
use super::review::words::{self, When};
use crate::clock::Millis;
use crate::source::providers;
use crate::store::Security;
use crate::store::endings::{Ending, Subject};
use crate::store::mailboxes::{Kind, Mailbox};
use crate::web::api::mailboxes as api;
use crate::web::auth::SignedForm;
use secrecy::SecretString;

/// A mailbox.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) address: String,
    pub(super) class: &'static str,
    pub(super) words: &'static str,
    pub(super) detail: String,
    pub(super) since: When,
    pub(super) last: Option<When>,
    pub(super) retry: Option<String>,
    pub(super) is_imap: bool,
    /// Where it is read from, to be changed.
    pub(super) server: Option<Server>,
    pub(super) is_watched: bool,
    pub(super) is_paused: bool,
    /// Whose consent opens it, for people.
    pub(super) service: Option<String>,
    pub(super) help: Option<&'static str>,
}

impl Line {
    pub(super) fn new(mailbox: Mailbox, endings: &[Ending], now: Millis) -> Self {
        let consent = Subject::Consent(mailbox.id.clone());
        let ending = endings.iter().find(|ending| ending.subject == consent);
        let service = match mailbox.kind {
            Kind::Graph if ending.is_some() => "Microsoft",
            _ => consent::title(&mailbox.oauth_service),
        };
        let warned = ending.filter(|end| end.at > now && end.at <= now.plus_secs(WARN_SECS));
        let (class, words) = match mailbox.kind {
            Kind::File => ("off", "imported"),
            Kind::Imap | Kind::Graph => words::health(mailbox.state),
        };
        Self {
            id: mailbox.id.to_string(),
            server: (mailbox.kind == Kind::Imap).then(|| Server::new(&mailbox)),
            class,
            words,
            detail: if mailbox.state_detail.is_empty() {
                warned.map(|ending| unused(ending.at)).unwrap_or_default()
            } else {
                mailbox.state_detail
            },
            since: When::new(mailbox.ill_since.unwrap_or(mailbox.state_since), now),
            last: mailbox.message_at.map(|at| When::new(at, now)),
            retry: mailbox.retry_at.filter(|at| *at > now).map(Millis::to_rfc3339),
            is_imap: mailbox.kind == Kind::Imap,
            is_watched: mailbox.kind != Kind::File,
            is_paused: mailbox.paused,
            service: Some(service.to_owned()).filter(|title| !title.is_empty()),
            help: providers::of_host(&mailbox.host).map(|provider| provider.help.as_str()),
            address: mailbox.address,
        }
    }

    /// With the server that was typed, if it was this mailbox's.
    pub(super) fn typed(self, typed: Option<&(String, Server)>) -> Self {
        let typed = typed.filter(|(id, _)| *id == self.id).map(|(_, server)| server.clone());
        Self { server: typed.or(self.server), ..self }
    }
}

/// The form to change a mailbox's server.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: String,
    pub(super) is_starttls: bool,
    pub(super) username: String,
    /// Whether it was sent and refused.
    pub(super) is_open: bool,
}

impl Server {
    fn new(mailbox: &Mailbox) -> Self {
        Self {
            host: mailbox.host.clone(),
            port: mailbox.port.to_string(),
            is_starttls: mailbox.security == Security::StartTls,
            username: mailbox.username.clone(),
            is_open: false,
        }
    }

    /// As it was sent, to be sent again.
    pub(super) fn sent(form: &SignedForm) -> Self {
        let text = |name| form.field(name).unwrap_or_default().trim().to_owned();
        Self {
            host: text("host"),
            port: text("port"),
            is_starttls: form.field("security") == Some("starttls"),
            username: text("username"),
            is_open: true,
        }
    }

    /// What it asks for.
    pub(super) fn with_password(self, password: SecretString) -> api::SentServer {
        api::SentServer {
            host: self.host,
            port: self.port.parse().ok(),
            security: if self.is_starttls { Security::StartTls } else { Security::Tls },
            username: Some(self.username).filter(|name| !name.is_empty()),
            password,
        }
    }
}

/// One sentence about a consent that ends because it is not used.
fn unused(at: Millis) -> String {
    format!("Microsoft ends the consent on {} unless the mailbox is read before.", day(at))
}

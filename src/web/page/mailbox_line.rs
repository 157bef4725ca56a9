//! How a mailbox fares and what heals it, as one line of a page.

use super::consent;
use super::ending::{WARN_SECS, day};
use super::review::words::{self, When};
use crate::clock::Millis;
use crate::source::providers;
use crate::store::endings::{Ending, Subject};
use crate::store::mailboxes::{Kind, Mailbox};

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
}

/// One sentence about a consent that ends because it is not used.
fn unused(at: Millis) -> String {
    format!("Microsoft ends the consent on {} unless the mailbox is read before.", day(at))
}

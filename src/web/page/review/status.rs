//! What stands around the cards: lists, decisions, mailboxes, and why mail gave nothing.

use super::words::{self, When};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::store::crm_writes::Standing;
use crate::store::mailboxes::{Kind, Mailbox};
use crate::store::messages::Count;
use crate::store::suggestions::{State, Suggestion};

/// A contact list to choose.
#[derive(Debug)]
pub(super) struct ListTab {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) open: i64,
    pub(super) is_current: bool,
}

/// A decision that can be undone.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub(super) id: String,
    pub(super) verb: &'static str,
    pub(super) name: String,
    pub(super) position: String,
    pub(super) by: String,
    pub(super) when: When,
    /// How it fares on its way to the CRM.
    pub(super) crm: String,
}

impl Decided {
    pub(super) fn new(
        suggestion: &Suggestion,
        by: String,
        now: Millis,
        write: Option<&Standing>,
    ) -> Self {
        Self {
            id: suggestion.id.to_string(),
            verb: if suggestion.state == State::Accepted { "Accepted" } else { "Dismissed" },
            name: name_of(&suggestion.contact),
            position: position_of(&suggestion.contact),
            by,
            when: When::new(suggestion.changed_at, now),
            crm: write
                .filter(|_| suggestion.state == State::Accepted)
                .map(words::on_its_way)
                .unwrap_or_default(),
        }
    }
}

/// How a mailbox fares.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) address: String,
    pub(super) class: &'static str,
    pub(super) words: &'static str,
    pub(super) detail: String,
    pub(super) last: Option<When>,
}

impl Health {
    pub(super) fn new(mailbox: Mailbox, now: Millis) -> Self {
        let (class, words) = match mailbox.kind {
            Kind::Imap | Kind::Graph => words::health(mailbox.state),
            Kind::File => ("off", "imported"),
        };
        Self {
            class,
            words,
            detail: mailbox.state_detail,
            last: mailbox.message_at.map(|at| When::new(at, now)),
            address: mailbox.address,
        }
    }
}

/// Why mail gave nothing.
#[derive(Debug, Default)]
pub(super) struct Nothing {
    pub(super) read: i64,
    pub(super) suggested: i64,
    pub(super) known: i64,
    pub(super) reasons: Vec<(String, i64)>,
}

impl Nothing {
    pub(super) fn new(counts: &[Count]) -> Self {
        let mut nothing = Self::default();
        for count in counts {
            nothing.read += count.messages;
            match count.outcome.as_str() {
                "new" | "update" => nothing.suggested += count.messages,
                "known" => nothing.known += count.messages,
                "skipped" => nothing.reasons.push((words::reason(&count.reason), count.messages)),
                "quarantined" => {
                    nothing.reasons.push((words::quarantined(&count.reason), count.messages));
                }
                _ => {}
            }
        }
        nothing.reasons.sort_by_key(|(_, messages)| std::cmp::Reverse(*messages));
        nothing
    }
}

/// What to call the person; an address where there is no name.
pub(in crate::web::page) fn name_of(contact: &Contact) -> String {
    let name = contact.name.as_ref().map(|name| name.value.display());
    let email = || contact.emails.first().map(|email| email.value.to_string());
    name.or_else(email).unwrap_or_else(|| "Somebody without a name".to_owned())
}

/// Title and employer on one line.
pub(in crate::web::page) fn position_of(contact: &Contact) -> String {
    let title = contact.titles.first().map(|title| title.value.as_str());
    let employer = contact.organizations.first().map(|name| name.value.as_str());
    [title, employer].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

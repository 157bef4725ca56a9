//! Events: what a webhook tells. Each is a job, enqueued in the transaction that makes it true, which
//! names things by their ids only; its values are read when it is sent.

use crate::clock::Millis;
use crate::store::graph::GroupState;
use crate::store::jobs::{self, Kind, NewJob};
use crate::store::mailboxes::State;
use crate::store::{
    Conn, ContactId, GroupId, Id, ListId, MailboxId, StoreError, SuggestionId, TenantId,
    crm_connections,
};

const STATE_CHANGED: &str = "mailbox.state_changed";
const CRM_STATE_CHANGED: &str = "crm.state_changed";
const GROUP_STATE_CHANGED: &str = "graph_group.state_changed";
const ACCEPTED: &str = "contact.accepted";
const UNDONE: &str = "contact.undone";
const REMOVED: &str = "contact.removed";

/// What has happened, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A mailbox fares otherwise than before.
    MailboxStateChanged {
        /// The mailbox.
        mailbox: MailboxId,
        /// How it fares.
        state: State,
        /// Since when.
        at: Millis,
    },
    /// The CRM's connection fares otherwise than before.
    CrmStateChanged {
        /// Which CRM it is.
        kind: crm_connections::Kind,
        /// How it fares.
        state: crm_connections::State,
        /// Since when.
        at: Millis,
    },
    /// A group at Microsoft that is followed fares otherwise than before.
    GraphGroupStateChanged {
        /// The group.
        group: GroupId,
        /// How it fares.
        state: GroupState,
        /// Since when.
        at: Millis,
    },
    /// A contact was accepted.
    ContactAccepted {
        /// The contact.
        contact: ContactId,
        /// The suggestion that became it, or became part of it.
        suggestion: SuggestionId,
        /// When.
        at: Millis,
    },
    /// An acceptance was taken back: by a rep, or because the CRM could not take it.
    ContactUndone {
        /// The contact, which is as it was before, or gone.
        contact: ContactId,
        /// The suggestion, which is open again.
        suggestion: SuggestionId,
        /// When.
        at: Millis,
    },
    /// A contact was removed with all that was kept of it.
    ContactRemoved {
        /// The contact.
        contact: ContactId,
        /// The list that it was in.
        list: ListId,
        /// When.
        at: Millis,
    },
}

impl Event {
    /// The event's name, as receivers see it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MailboxStateChanged { .. } => STATE_CHANGED,
            Self::CrmStateChanged { .. } => CRM_STATE_CHANGED,
            Self::GraphGroupStateChanged { .. } => GROUP_STATE_CHANGED,
            Self::ContactAccepted { .. } => ACCEPTED,
            Self::ContactUndone { .. } => UNDONE,
            Self::ContactRemoved { .. } => REMOVED,
        }
    }

    /// When it happened.
    pub const fn at(&self) -> Millis {
        match self {
            Self::MailboxStateChanged { at, .. }
            | Self::CrmStateChanged { at, .. }
            | Self::GraphGroupStateChanged { at, .. }
            | Self::ContactAccepted { at, .. }
            | Self::ContactUndone { at, .. }
            | Self::ContactRemoved { at, .. } => *at,
        }
    }

    /// As it stands in a job.
    pub fn to_payload(&self) -> String {
        let name = self.name();
        match self {
            Self::MailboxStateChanged { mailbox, state, at } => {
                format!("{name} {mailbox} {} {}", state.as_str(), at.0)
            }
            Self::CrmStateChanged { kind, state, at } => {
                format!("{name} {} {} {}", kind.as_str(), state.as_str(), at.0)
            }
            Self::GraphGroupStateChanged { group, state, at } => {
                format!("{name} {group} {} {}", state.as_str(), at.0)
            }
            Self::ContactAccepted { contact, suggestion, at }
            | Self::ContactUndone { contact, suggestion, at } => {
                format!("{name} {contact} {suggestion} {}", at.0)
            }
            Self::ContactRemoved { contact, list, at } => {
                format!("{name} {contact} {list} {}", at.0)
            }
        }
    }

    /// Reads what [`Event::to_payload`] wrote.
    pub fn parse(payload: &str) -> Option<Self> {
        let mut words = payload.split(' ');
        let (name, of, what) = (words.next()?, words.next()?, words.next()?);
        let at = Millis(words.next()?.parse().ok()?);
        match name {
            STATE_CHANGED => Some(Self::MailboxStateChanged {
                mailbox: Id::parse(of)?,
                state: State::parse(what)?,
                at,
            }),
            CRM_STATE_CHANGED => Some(Self::CrmStateChanged {
                kind: crm_connections::Kind::parse(of)?,
                state: crm_connections::State::parse(what)?,
                at,
            }),
            GROUP_STATE_CHANGED => Some(Self::GraphGroupStateChanged {
                group: Id::parse(of)?,
                state: GroupState::parse(what)?,
                at,
            }),
            ACCEPTED => Some(Self::ContactAccepted {
                contact: Id::parse(of)?,
                suggestion: Id::parse(what)?,
                at,
            }),
            UNDONE => Some(Self::ContactUndone {
                contact: Id::parse(of)?,
                suggestion: Id::parse(what)?,
                at,
            }),
            REMOVED => {
                Some(Self::ContactRemoved { contact: Id::parse(of)?, list: Id::parse(what)?, at })
            }
            _ => None,
        }
    }
}

/// Has the tenant's webhook told of an event, if there is one.
pub async fn tell(
    conn: &mut Conn,
    tenant: &TenantId,
    event: &Event,
    now: Millis,
) -> Result<(), StoreError> {
    let listening: Option<String> =
        sqlx::query_scalar("SELECT url FROM webhooks WHERE tenant_id = $1 AND state <> 'gone'")
            .bind(tenant.as_str())
            .fetch_optional(&mut *conn)
            .await?;
    if listening.is_some() {
        let job = NewJob {
            tenant: tenant.clone(),
            kind: Kind::SendEvent,
            payload: event.to_payload(),
            dedupe_key: None,
            run_at: now,
        };
        jobs::enqueue(conn, &job, now).await?;
    }
    Ok(())
}

/// Before the holder of a mailbox writes its state: has it told if it is another one than now.
pub(in crate::store) async fn tell_of_state(
    conn: &mut Conn,
    (tenant, mailbox): (&TenantId, &MailboxId),
    fence: i64,
    state: State,
    now: Millis,
) -> Result<(), StoreError> {
    let present: Option<(String, i64)> =
        sqlx::query_as("SELECT state, fence FROM mailboxes WHERE tenant_id = $1 AND id = $2")
            .bind(tenant.as_str())
            .bind(mailbox.as_str())
            .fetch_optional(&mut *conn)
            .await?;
    if present.is_some_and(|(present, held)| present != state.as_str() && held == fence) {
        let event = Event::MailboxStateChanged { mailbox: mailbox.clone(), state, at: now };
        tell(conn, tenant, &event, now).await?;
    }
    Ok(())
}

/// Before a mailbox is connected anew: has it told of, unless it is paused or connecting already.
pub(in crate::store) async fn tell_of_connecting(
    conn: &mut Conn,
    (tenant, mailbox): (&TenantId, &MailboxId),
    now: Millis,
) -> Result<(), StoreError> {
    let is_told: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM mailboxes
         WHERE tenant_id = $1 AND id = $2 AND paused = 0 AND state <> 'connecting'",
    )
    .bind(tenant.as_str())
    .bind(mailbox.as_str())
    .fetch_optional(&mut *conn)
    .await?;
    if is_told.is_some() {
        let state = State::Connecting;
        let event = Event::MailboxStateChanged { mailbox: mailbox.clone(), state, at: now };
        tell(conn, tenant, &event, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written_and_names_nobody() {
        let (mailbox, at) = (MailboxId::new(), Millis(5));
        let ill = Event::MailboxStateChanged { mailbox, state: State::NeedsConsent, at };
        let (kind, state) =
            (crm_connections::Kind::Salesforce, crm_connections::State::WrongPassword);
        let crm = Event::CrmStateChanged { kind, state, at };
        let (contact, suggestion) = (ContactId::new(), SuggestionId::new());
        let (of, list) = (contact.clone(), ListId::new());
        let removed = Event::ContactRemoved { contact: of, list, at };
        let (of, by) = (contact.clone(), suggestion.clone());
        let undone = Event::ContactUndone { contact: of, suggestion: by, at };
        let accepted = Event::ContactAccepted { contact, suggestion, at: Millis(-7) };
        let (group, state) = (GroupId::new(), GroupState::Unseen);
        let group = Event::GraphGroupStateChanged { group, state, at };
        for event in [ill, crm, group, accepted, undone, removed] {
            assert_eq!(Event::parse(&event.to_payload()), Some(event));
        }
        for nonsense in [
            "",
            "mailbox.state_changed",
            "contact.accepted a b 1",
            "crm.state_changed a healthy 1",
            "x y z 1",
        ] {
            assert_eq!(Event::parse(nonsense), None, "{nonsense}");
        }
    }
}

//! What can fall ill: a mailbox, the CRM's connection, or a group that is followed; what is told of each.

use crate::clock::Millis;
use crate::store::crm_connections::{self, CrmConnection};
use crate::store::graph::{self, Group};
use crate::store::mailboxes::{self, Mailbox};
use crate::store::{Conn, GroupId, MailboxId, StoreError, TenantId, Told};

/// Something that is connected, and may be ill.
pub(super) enum Patient {
    Mailbox(Box<Mailbox>),
    Crm(Box<CrmConnection>),
    Group(Box<Group>),
}

/// Stands for the CRM's connection, of which a tenant has one, where a mailbox has its id.
const CRM: &str = "crm";
/// Stands before the id of a group.
const GROUP: &str = "group-";

/// How long what only a person can heal is waited for: a server may err for a moment.
const PATIENCE_FOR_A_PERSON_SECS: i64 = 10 * 60;
/// How long what mostly heals by itself is waited for.
const PATIENCE_SECS: i64 = 3600;

/// What mail about it says.
pub(super) struct Words<'a> {
    /// What it is called in a subject.
    pub(super) short: String,
    /// The same in a sentence.
    pub(super) what: String,
    /// What happens when it is well: it "is read".
    pub(super) works: &'static str,
    /// What does not happen: "read".
    pub(super) done: &'static str,
    /// What is wrong, in a few words.
    pub(super) why: &'static str,
    /// What is wrong and what to do.
    pub(super) detail: &'a str,
    /// That nothing is lost.
    pub(super) waits: &'static str,
    /// The same once it is well.
    pub(super) is_done: &'static str,
    /// What the page is for.
    pub(super) to_do: &'static str,
    /// Where it is healed.
    pub(super) page: &'static str,
}

/// What is ill at a tenant, or was while its admins do not know yet that it is not.
pub(super) async fn to_be_told(
    conn: &mut Conn,
    tenant: &TenantId,
) -> Result<Vec<Told<Patient>>, StoreError> {
    let mailboxes = mailboxes::to_be_told(conn, tenant).await?;
    let crm = crm_connections::to_be_told(conn, tenant).await?;
    let groups = graph::groups_ill_or_told(conn, tenant).await?;
    let mailboxes = mailboxes.into_iter().map(|told| told.map(|it| Patient::Mailbox(Box::new(it))));
    let crm = crm.into_iter().map(|told| told.map(|it| Patient::Crm(Box::new(it))));
    let groups = groups.into_iter().map(|told| told.map(|it| Patient::Group(Box::new(it))));
    Ok(mailboxes.chain(crm).chain(groups).collect())
}

impl Patient {
    /// What [`Patient::id`] names, if it is there.
    pub(super) async fn get(
        conn: &mut Conn,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<Self>, StoreError> {
        if id == CRM {
            let crm = crm_connections::get(conn, tenant).await?;
            return Ok(crm.map(|it| Self::Crm(Box::new(it))));
        }
        if let Some(id) = id.strip_prefix(GROUP) {
            let Some(id) = GroupId::parse(id) else { return Ok(None) };
            let group = graph::group(conn, tenant, &id).await?;
            return Ok(group.map(|it| Self::Group(Box::new(it))));
        }
        let Some(id) = MailboxId::parse(id) else { return Ok(None) };
        let mailbox = mailboxes::get(conn, tenant, &id).await?;
        Ok(mailbox.map(|it| Self::Mailbox(Box::new(it))))
    }

    /// Names it among what its tenant has connected.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Mailbox(mailbox) => mailbox.id.to_string(),
            Self::Crm(_) => CRM.to_owned(),
            Self::Group(group) => format!("{GROUP}{}", group.id),
        }
    }

    /// Since when it is ill; none if it is well.
    pub(super) fn ill_since(&self) -> Option<Millis> {
        match self {
            Self::Mailbox(mailbox) => mailbox.ill_since,
            Self::Crm(crm) => crm.ill_since,
            Self::Group(group) => group.ill_since,
        }
    }

    /// Since when it is in its state.
    pub(super) fn state_since(&self) -> Option<Millis> {
        match self {
            Self::Mailbox(mailbox) => Some(mailbox.state_since),
            Self::Crm(_) | Self::Group(_) => None,
        }
    }

    /// How many seconds its illness is nobody's business. None: nobody knows yet whether it lasts, for a group
    /// is looked at every hour only.
    pub(super) fn patience(&self) -> Option<i64> {
        let needs_a_person = match self {
            Self::Mailbox(mailbox) => mailbox.state.needs_a_person(),
            Self::Crm(crm) => crm.state.needs_a_person(),
            Self::Group(group) => {
                return (group.looked_at > group.ill_since).then_some(PATIENCE_SECS);
            }
        };
        Some(if needs_a_person { PATIENCE_FOR_A_PERSON_SECS } else { PATIENCE_SECS })
    }

    /// Notes how often its admins were told. False: somebody else was faster.
    pub(super) async fn note_told(
        &self,
        conn: &mut Conn,
        tenant: &TenantId,
        times: (u32, u32),
        now: Millis,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Mailbox(mailbox) => {
                mailboxes::note_told(conn, tenant, &mailbox.id, times, now).await
            }
            Self::Crm(_) => crm_connections::note_told(conn, tenant, times, now).await,
            Self::Group(group) => graph::note_group_told(conn, tenant, &group.id, times, now).await,
        }
    }

    /// What those have in common that are ill of the same. Where its server asks for a pause, the sentence
    /// names a moment.
    pub(super) fn cause(&self) -> (&'static str, &str) {
        let words = self.words();
        match self {
            Self::Mailbox(it) if it.state == mailboxes::State::Throttled => (words.why, ""),
            _ => (words.why, words.detail),
        }
    }

    pub(super) fn words(&self) -> Words<'_> {
        match self {
            Self::Mailbox(mailbox) if mailbox.state == mailboxes::State::NoFolder => Words {
                short: format!("A folder of {}", mailbox.address),
                what: format!("a folder of the mailbox {} that was chosen", mailbox.address),
                waits: "The other folders that were chosen are read. Mail that comes to this one \
                        meanwhile is read as soon as it is there again.",
                to_do: "To choose another folder",
                ..of_mailbox(mailbox)
            },
            Self::Mailbox(mailbox) => of_mailbox(mailbox),
            Self::Crm(crm) => Words {
                short: crm.kind.title().to_owned(),
                what: format!("the CRM ({} at {})", crm.kind.title(), crm.url),
                works: "is reached",
                done: "reached",
                why: of_crm(crm.state),
                detail: &crm.state_detail,
                waits: "What is accepted meanwhile waits, four days at most, and is written as soon as \
                        the CRM is well again.",
                is_done: "What was accepted meanwhile is being written.",
                to_do: "To heal it",
                page: "connect/crm",
            },
            Self::Group(group) => Words {
                short: format!("The group {}", group.group),
                what: format!(
                    "the group {} at Microsoft, whose members are connected,",
                    group.group
                ),
                works: "is followed",
                done: "followed",
                why: "it cannot be looked at",
                detail: &group.detail,
                waits: "Meanwhile whoever leaves it goes on being read, and whoever joins it is not \
                        connected. Both are made good as soon as it can be looked at again.",
                is_done: "Who has joined meanwhile is connected, and who has left is paused.",
                to_do: "To follow it no more, or to enter the app's new secret",
                page: "connect/microsoft",
            },
        }
    }
}

fn of_mailbox(mailbox: &Mailbox) -> Words<'_> {
    Words {
        short: mailbox.address.clone(),
        what: format!("the mailbox {}", mailbox.address),
        works: "is read",
        done: "read",
        why: why(mailbox.state),
        detail: &mailbox.state_detail,
        waits: "Nothing is lost: mail that comes meanwhile is read as soon as the mailbox is well \
                again.",
        is_done: "What came meanwhile is being read; nothing was lost.",
        to_do: "To heal or to pause it",
        page: "mailboxes",
    }
}

const fn why(state: mailboxes::State) -> &'static str {
    use mailboxes::State;
    match state {
        State::NeedsConsent => "it needs consent",
        State::WrongPassword => "wrong password",
        State::Throttled => "its server asks for a pause",
        State::Refused => "its server refuses",
        State::NoFolder => "it is gone or cannot be opened",
        State::Stalled => "undersigned itself fails at it",
        State::Connecting
        | State::Healthy
        | State::CatchingUp
        | State::Unreachable
        | State::Paused => "its server cannot be reached",
    }
}

const fn of_crm(state: crm_connections::State) -> &'static str {
    use crm_connections::State;
    match state {
        State::NeedsConsent => "it needs consent",
        State::WrongPassword => "wrong password",
        State::Refused => "it refuses",
        State::Throttled => "it asks for a pause",
        State::Connecting | State::Healthy | State::Unreachable => "there is no answer",
    }
}

//! What can fall ill: a mailbox, or the CRM's connection; what is told of each.

use crate::clock::Millis;
use crate::store::crm_connections::{self, CrmConnection};
use crate::store::mailboxes::{self, Mailbox};
use crate::store::{Conn, MailboxId, StoreError, TenantId, Told};

/// Something that is connected, and may be ill.
pub(super) enum Patient {
    Mailbox(Box<Mailbox>),
    Crm(Box<CrmConnection>),
}

/// Stands for the CRM's connection, of which a tenant has one, where a mailbox has its id.
const CRM: &str = "crm";

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
    let mailboxes = mailboxes.into_iter().map(|told| told.map(|it| Patient::Mailbox(Box::new(it))));
    let crm = crm.into_iter().map(|told| told.map(|it| Patient::Crm(Box::new(it))));
    Ok(mailboxes.chain(crm).collect())
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
        let Some(id) = MailboxId::parse(id) else { return Ok(None) };
        let mailbox = mailboxes::get(conn, tenant, &id).await?;
        Ok(mailbox.map(|it| Self::Mailbox(Box::new(it))))
    }

    /// Names it among what its tenant has connected.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Mailbox(mailbox) => mailbox.id.as_str(),
            Self::Crm(_) => CRM,
        }
    }

    /// Since when it is ill; none if it is well.
    pub(super) fn ill_since(&self) -> Option<Millis> {
        match self {
            Self::Mailbox(mailbox) => mailbox.ill_since,
            Self::Crm(crm) => crm.ill_since,
        }
    }

    /// Whether only a person can heal it.
    pub(super) fn needs_a_person(&self) -> bool {
        match self {
            Self::Mailbox(mailbox) => mailbox.state.needs_a_person(),
            Self::Crm(crm) => crm.state.needs_a_person(),
        }
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
        State::Connecting | State::Healthy | State::Unreachable => "there is no answer",
    }
}

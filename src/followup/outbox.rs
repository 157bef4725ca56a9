//! Sends follow-ups: the job behind each, and what it promises.
//!
//! ```text
//! waiting --server takes sender and recipient--> [commit: sending] --DATA--> [commit: sent]
//! ```
//!
//! **A contact gets at most one follow-up.** The step to `sending` is committed, under the fence of
//! the job's lease, after the server took the recipient and before it is given the text. Whatever
//! fails before, or is refused after, is certain: nothing was delivered, and it is tried again or
//! given up. Whatever is lost after that commit without an answer (the connection, the process by
//! `kill -9`, the machine) is not certain: the mail may have arrived. Such a follow-up becomes
//! `uncertain`, is shown as such, and is never sent again, since a second mail to a prospect does
//! more harm than a missing one. That window is the time the server takes to accept the text,
//! usually some ten milliseconds.
//!
//! Waiting for another try is the job's: durable, ever longer, for about four days. An account
//! that a human must mend (wrong password, sender not allowed) stops only its own mail: it says so
//! in its state, and is tried once an hour.

use super::accounts::Accounts;
use super::message::{self, Envelope, Mail};
use super::plan::is_excluded;
use super::smtp::{Answer, Connection, Consequence, SmtpError, Way};
use super::technical_user::password;
use super::template::{Sender, Template};
use crate::clock::{Clock, Millis};
use crate::contact::Contact;
use crate::store::followups::{self, FollowUp, State};
use crate::store::jobs::{self, Job};
use crate::store::technical_users::{self, State as AccountState, TechnicalUser};
use crate::store::{Conn, Db, FollowUpId, StoreError, contacts};
use crate::vault::Vault;
use std::time::Duration;
use tokio::time::sleep;
use tracing::{info, warn};

/// How long the job stays ours once the mail is about to be handed over.
const LEASE_SECS: i64 = 60;
/// How long an account that a human must mend is left alone.
const REST: Duration = Duration::from_hours(1);
/// How often an outcome is offered to the database before it is lost.
const TRIES_TO_NOTE: u32 = 5;

/// The outbox of all tenants.
#[derive(Clone)]
pub struct Outbox {
    db: Db,
    vault: Vault,
    clock: Clock,
    way: Way,
    accounts: Accounts,
}

/// A follow-up was not sent yet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Postponed {
    /// Why: one sentence without personal data.
    pub reason: String,
    /// When to try again, if it does not depend on the number of tries.
    pub after: Option<Duration>,
}

impl From<StoreError> for Postponed {
    fn from(error: StoreError) -> Self {
        Self { reason: error.to_string(), after: None }
    }
}

/// What is to be done about a follow-up.
enum Next {
    Send(Box<Ready>),
    Settle(Millis, State, String),
    Nothing,
}

/// What became of an attempt: of the follow-up as it was `seen`, and of one version of the
/// account's settings.
struct Note {
    seen: Millis,
    state: State,
    said: String,
    account: Option<(Millis, AccountState)>,
}

/// What a follow-up needs to be sent.
struct Ready {
    seen: Millis,
    user: TechnicalUser,
    mail: Mail,
}

impl Outbox {
    /// The outbox; `way` is how its connections are made.
    pub fn new(db: Db, vault: Vault, clock: Clock, way: Way) -> Self {
        Self { db, vault, clock, way, accounts: Accounts::default() }
    }

    /// Sends a follow-up if it is still to be sent. `Ok`: nothing remains to be done about it.
    pub async fn send(&self, job: &Job, id: &FollowUpId) -> Result<(), Postponed> {
        let next = self.next(&mut *self.db.read().await?, job, id).await?;
        let ready = match next {
            Next::Send(ready) => ready,
            Next::Settle(seen, state, said) => {
                info!(follow_up = %id, state = state.as_str(), "a follow-up ended");
                self.note(job, id, &Note { seen, state, said, account: None }).await?;
                return Ok(());
            }
            Next::Nothing => return Ok(()),
        };
        let (version, mut seen) = (ready.user.changed_at, ready.seen);
        if let Some(rest) = self.accounts.rest(&job.tenant, version, self.clock.now()) {
            return Err(Postponed {
                reason: "the technical user has to be mended first".into(),
                after: Some(rest),
            });
        }
        let handed_over = match self.offer(job, &ready).await {
            Ok(mut connection) => {
                let Some(begun) = self.begin(job, id, seen).await? else { return Ok(()) };
                seen = begun;
                let answer = connection.hand_over(&ready.mail.bytes).await;
                if answer.is_ok() {
                    self.accounts.keep(&job.tenant, version, connection);
                }
                answer
            }
            Err(error) => Err(error),
        };
        self.conclude(job, id, seen, &ready.user, handed_over).await
    }

    /// Looks at where a follow-up stands, and builds its mail.
    async fn next(&self, conn: &mut Conn, job: &Job, id: &FollowUpId) -> Result<Next, StoreError> {
        let tenant = &job.tenant;
        let Some(follow_up) = followups::get(conn, tenant, id).await? else {
            return Ok(Next::Nothing);
        };
        let seen = follow_up.changed_at;
        match follow_up.state {
            State::Waiting => {}
            State::Sending => {
                return Ok(Next::Settle(seen, State::Uncertain, SmtpError::Unsure.to_string()));
            }
            State::Sent | State::Failed | State::Uncertain | State::Cancelled => {
                return Ok(Next::Nothing);
            }
        }
        let cancel = |why: &str| Ok(Next::Settle(seen, State::Cancelled, why.into()));
        let user = technical_users::get(conn, tenant).await?.filter(|user| user.enabled);
        let Some(user) = user else {
            return cancel("follow-up mail was switched off");
        };
        if is_excluded(conn, tenant, &follow_up.address).await? {
            return cancel("the address was excluded");
        }
        let Some(contact) = contacts::get(conn, tenant, &follow_up.contact).await? else {
            return cancel("the contact is no longer there");
        };
        Ok(match write(&user, &follow_up, &contact.contact, self.clock.now()) {
            Ok(mail) => Next::Send(Box::new(Ready { seen, user, mail })),
            Err(why) => Next::Settle(seen, State::Failed, why),
        })
    }

    /// A connection on which the server has taken sender and recipient: the one that was kept,
    /// unless it went stale meanwhile, or a new one.
    async fn offer(&self, job: &Job, ready: &Ready) -> Result<Connection, SmtpError> {
        let Ready { user, mail, .. } = ready;
        if let Some(mut kept) = self.accounts.take(&job.tenant, user.changed_at) {
            match kept.offer(&mail.from, &mail.to).await {
                Ok(()) => return Ok(kept),
                Err(error) if error.is_stale() => {}
                Err(error) => return Err(error),
            }
        }
        let password = password(&self.db, &self.vault, &job.tenant, user).await?;
        let account = user.account(&password);
        let mut connection = self.way.open(&account).await?;
        connection.offer(&mail.from, &mail.to).await?;
        Ok(connection)
    }

    /// Commits that the mail is now being handed over, and says since when. `None`: the job is
    /// another's, or the follow-up was withdrawn, and perhaps planned anew with a job of its own.
    async fn begin(
        &self,
        job: &Job,
        id: &FollowUpId,
        seen: Millis,
    ) -> Result<Option<Millis>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin_write().await?;
        let ours = jobs::renew(&mut tx, job, now.plus_secs(LEASE_SECS)).await?
            && followups::begin(&mut tx, &job.tenant, id, seen, now).await?;
        if ours {
            tx.commit().await?;
        }
        Ok(ours.then_some(now))
    }

    /// Notes what became of an attempt, of the follow-up and of the account.
    async fn conclude(
        &self,
        job: &Job,
        id: &FollowUpId,
        seen: Millis,
        user: &TechnicalUser,
        result: Result<Answer, SmtpError>,
    ) -> Result<(), Postponed> {
        let (state, said, account) = match &result {
            Ok(answer) => (State::Sent, answer.to_string(), AccountState::Ready),
            Err(error) => {
                let state = match error.consequence() {
                    Consequence::TryAgain | Consequence::MendAccount => State::Waiting,
                    Consequence::GiveUp => State::Failed,
                    Consequence::LeaveAlone => State::Uncertain,
                };
                (state, error.to_string(), error.account())
            }
        };
        let outcome = result.as_ref().map_or_else(SmtpError::name, |_| "sent");
        metrics::counter!("undersigned_follow_ups_total", "outcome" => outcome).increment(1);
        info!(follow_up = %id, state = state.as_str(), outcome, "a follow-up was tried");
        let note = Note { seen, state, said, account: Some((user.changed_at, account)) };
        let is_noted = self.note(job, id, &note).await?;
        match result {
            // What was planned anew meanwhile has its own job, which waits for the time to undo.
            Err(error) if state == State::Waiting && is_noted => {
                Err(self.postpone(job, user, &error))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn postpone(&self, job: &Job, user: &TechnicalUser, error: &SmtpError) -> Postponed {
        let reason = format!("the mail could not be handed over: {}", error.name());
        if error.consequence() != Consequence::MendAccount {
            return Postponed { reason, after: None };
        }
        let until =
            Millis(self.clock.now().0 + i64::try_from(REST.as_millis()).unwrap_or_default());
        self.accounts.leave_alone(&job.tenant, user.changed_at, until);
        warn!(tenant = %job.tenant, outcome = error.name(), "a technical user has to be mended");
        Postponed { reason, after: Some(REST) }
    }

    /// Writes a note; `false`: it is none of this job's business any more. Tries again for a while, for what happened on the wire cannot be taken back.
    async fn note(&self, job: &Job, id: &FollowUpId, note: &Note) -> Result<bool, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.note_once(job, id, note).await {
                Err(error) if tries < TRIES_TO_NOTE => {
                    warn!(job = %job.id, %error, "cannot note what became of a follow-up");
                    sleep(Duration::from_secs(u64::from(tries))).await;
                }
                result => return result,
            }
        }
    }

    /// Writes under the fence of the job: a worker that lost it changes nothing.
    async fn note_once(&self, job: &Job, id: &FollowUpId, note: &Note) -> Result<bool, StoreError> {
        let (tenant, now) = (&job.tenant, self.clock.now());
        let mut tx = self.db.begin_write().await?;
        if !jobs::renew(&mut tx, job, now.plus_secs(LEASE_SECS)).await? {
            return Ok(false);
        }
        let became = (note.state, note.said.as_str());
        let is_noted = followups::settle(&mut tx, tenant, id, note.seen, became, now).await?;
        if let Some((version, state)) = note.account {
            let detail = if state == AccountState::Ready { "" } else { &note.said };
            technical_users::set_state(&mut tx, tenant, version, state, detail, now).await?;
        }
        tx.commit().await?;
        Ok(is_noted)
    }
}

/// The mail of a follow-up, or one sentence that says why there is none.
fn write(
    user: &TechnicalUser,
    follow_up: &FollowUp,
    contact: &Contact,
    now: Millis,
) -> Result<Mail, String> {
    let sender = Sender { name: &user.from_name, address: &user.from_address };
    let words = Template::parse(&user.subject_template, &user.body_template)
        .and_then(|template| template.render(contact, &sender))
        .map_err(|error| error.to_string())?;
    let envelope = Envelope {
        from_name: &user.from_name,
        from: &user.from_address,
        to_name: contact.name.as_ref().map_or("", |name| &name.value.full),
        to: &follow_up.address,
    };
    message::build(follow_up.id.as_str(), &envelope, &words, now).map_err(|error| error.to_string())
}

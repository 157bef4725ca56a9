//! What the daemon runs: each kind of job in one match.

use super::{Job, JobError, Kind, Work, expiry, illness, learn, membership, policy, rekey};
use crate::clock::{Clock, Millis};
use crate::config::Retention;
use crate::crm::http::Http;
use crate::crm::webhook::{Messenger, NotTold};
use crate::crm::{self, CrmError};
use crate::followup::notice::{NoticeError, Notices};
use crate::followup::outbox::{Outbox, Postponed};
use crate::source::graph::{self, Connector, Fault};
use crate::store::webhooks::Event;
use crate::store::{
    Conn, Db, FollowUpId, MailboxId, StoreError, TenantId, WriteId, followups, repeated, sessions,
};
use crate::suggestion::{self, retention};
use crate::vault::Vault;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The parts of the daemon that jobs need.
pub struct Daemon {
    /// The database.
    pub db: Db,
    /// The vault.
    pub vault: Vault,
    /// The clock.
    pub clock: Clock,
    /// Sends follow-ups.
    pub outbox: Outbox,
    /// Reaches Microsoft.
    pub graph: Connector,
    /// Opens mailboxes there.
    pub graph_keys: Arc<graph::Keys>,
    /// Reaches CRMs.
    pub http: Http,
    /// Sends notices to the tenant's admins.
    pub notices: Notices,
    /// Where the pages are that a notice points to.
    pub public_url: Url,
    /// How long is kept what nobody decides about.
    pub keep: Retention,
}

impl Work for Daemon {
    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let now = self.clock.now();
        match job.kind {
            Kind::SendFollowUp => self.outbox.send(job, &follow_up(job)?).await?,
            Kind::Retention => {
                retention::forget(&self.db, &job.tenant, &self.keep, now).await?;
            }
            Kind::WatchHealth => {
                illness::look(&self.db, &self.notices, &job.tenant, now).await?;
                expiry::look(&self.db, &self.notices, &job.tenant, now).await?;
            }
            Kind::SendNotice => self.notify(job).await?,
            Kind::FollowGroups => {
                let Self { db, vault, graph, .. } = self;
                membership::look(db, vault, graph, &job.tenant, now).await?;
            }
            Kind::PurgeSessions => {
                let mut tx = self.db.begin_write().await?;
                sessions::forget_expired(&mut tx, &job.tenant, now).await?;
                tx.commit().await.map_err(StoreError::from)?;
            }
            Kind::ReadCrm => Box::pin(self.read_crm(&job.tenant)).await?,
            Kind::WriteCrm => Box::pin(self.write_crm(job)).await?,
            Kind::SendEvent => self.tell(job).await?,
            Kind::LearnMatching => learn(&self.db, &job.tenant, now).await?,
            Kind::EndSubscription => self.unsubscribe(job).await?,
            Kind::Rekey => self.rekey(&job.tenant).await?,
        }
        Ok(())
    }

    async fn given_up(&self, conn: &mut Conn, job: &Job, now: Millis) -> Result<(), StoreError> {
        match (job.kind, follow_up(job)) {
            (Kind::SendFollowUp, Ok(id)) => followups::give_up(conn, &job.tenant, &id, now).await,
            (Kind::WriteCrm, _) => {
                let Ok(id) = crm_write(job) else { return Ok(()) };
                let reason = "the CRM did not take it for four days";
                let anew = crm::write::give_up(conn, &job.tenant, &id, reason, now).await?;
                suggestion::decide_anew(conn, &job.tenant, &anew, now).await
            }
            (
                Kind::SendFollowUp
                | Kind::Retention
                | Kind::PurgeSessions
                | Kind::WatchHealth
                | Kind::SendNotice
                | Kind::FollowGroups
                | Kind::ReadCrm
                | Kind::LearnMatching
                | Kind::EndSubscription
                | Kind::Rekey
                | Kind::SendEvent,
                _,
            ) => Ok(()),
        }
    }
}

impl Daemon {
    /// Reads what changed in the CRM; open suggestions hear of it meanwhile, and what they hear of an
    /// import too, whether the CRM can be read or not.
    async fn read_crm(&self, tenant: &TenantId) -> Result<(), JobError> {
        let Self { http, db, vault, clock, .. } = self;
        let reading = crm::sync::sync(http, db, vault, clock, tenant);
        let read = Box::pin(suggestion::renew_meanwhile(db, tenant, clock, reading)).await;
        suggestion::renew(db, tenant, clock).await?;
        match read {
            // Whoever hurried this may have connected another CRM, of which that pause says nothing.
            Err(error @ (CrmError::Throttled(Some(after)) | CrmError::Away(after))) => {
                Err(JobError::NotYet { reason: error.to_string(), after })
            }
            read => Ok(read?),
        }
    }

    async fn write_crm(&self, job: &Job) -> Result<(), JobError> {
        let Self { http, db, vault, clock, .. } = self;
        let (tenant, id) = (&job.tenant, crm_write(job)?);
        let made = crm::write::make(http, db, vault, clock, tenant, &id).await?;
        let Some(made) = made else { return Ok(()) };
        let settle = async || -> Result<(), StoreError> {
            let now = clock.now();
            let mut tx = db.begin_write().await?;
            let anew = crm::write::settle(&mut tx, tenant, made.clone(), now).await?;
            suggestion::decide_anew(&mut tx, tenant, &anew, now).await?;
            Ok(tx.commit().await?)
        };
        repeated(|| Box::pin(settle())).await?;
        // What is written is done, whatever comes of this: the next reading looks again.
        if let Err(error) = suggestion::renew(db, tenant, clock).await {
            tracing::warn!(%error, "suggestions are compared anew later");
        }
        Ok(())
    }

    /// Makes match keys anew; open suggestions hear of whom they meet by these.
    async fn rekey(&self, tenant: &TenantId) -> Result<(), JobError> {
        rekey::rekey(&self.db, tenant).await?;
        Ok(suggestion::renew(&self.db, tenant, &self.clock).await?)
    }

    async fn tell(&self, job: &Job) -> Result<(), JobError> {
        let event = Event::parse(&job.payload);
        let event = event.ok_or_else(|| JobError::fail("the job names no event"))?;
        let Self { http, db, vault, clock, .. } = self;
        let messenger = Messenger { http, db, vault, clock };
        match messenger.tell(&job.tenant, job.id.as_str(), &event).await {
            Err(error @ NotTold::Unreachable(Some(asked))) => {
                let failures = job.failures.saturating_add(1);
                let after = policy::pause_asked(asked, failures, rand::random::<f64>());
                Err(JobError::Retry { reason: error.to_string(), after: Some(after) })
            }
            told => Ok(told?),
        }
    }

    async fn unsubscribe(&self, job: &Job) -> Result<(), JobError> {
        let (mailbox, subscription) = job
            .payload
            .split_once(':')
            .and_then(|(mailbox, subscription)| Some((MailboxId::parse(mailbox)?, subscription)))
            .ok_or_else(|| JobError::fail("the job names no subscription"))?;
        let whose = (&job.tenant, &mailbox);
        Ok(graph::unsubscribe(&self.graph_keys, whose, subscription).await?)
    }

    async fn notify(&self, job: &Job) -> Result<(), JobError> {
        let mut conn = self.db.read().await?;
        let notice = if expiry::is_meant(&job.payload) {
            expiry::notice(&mut conn, job, &self.public_url, self.clock.now()).await?
        } else {
            illness::notice(&mut conn, job, &self.public_url, self.clock.now()).await?
        };
        drop(conn);
        let Some(notice) = notice else { return Ok(()) };
        Ok(self.notices.send(&job.tenant, &notice).await?)
    }
}

fn crm_write(job: &Job) -> Result<WriteId, JobError> {
    WriteId::parse(&job.payload).ok_or_else(|| JobError::fail("the job names no write"))
}

fn follow_up(job: &Job) -> Result<FollowUpId, JobError> {
    FollowUpId::parse(&job.payload).ok_or_else(|| JobError::fail("the job names no follow-up"))
}

/// How soon a write looks again whether it is its turn; it is called when it is.
const TURN: Duration = Duration::from_secs(15);

/// How soon a write looks again whether its company is made, which mostly takes a second.
const CLAIM: Duration = Duration::from_secs(3);

impl From<CrmError> for JobError {
    fn from(error: CrmError) -> Self {
        match error {
            // Whoever disconnects a CRM wants nothing written there.
            CrmError::NotConnected => Self::fail(error.to_string()),
            CrmError::Throttled(Some(after)) | CrmError::Away(after) => {
                Self::Wait { reason: error.to_string(), after }
            }
            CrmError::Earlier | CrmError::Unseen => {
                Self::NotYet { reason: error.to_string(), after: TURN }
            }
            CrmError::Claimed => Self::NotYet { reason: error.to_string(), after: CLAIM },
            other => Self::retry(other.to_string()),
        }
    }
}

impl From<Fault> for JobError {
    fn from(fault: Fault) -> Self {
        match fault.wait() {
            Some(after) => Self::Wait { reason: fault.to_string(), after },
            None if fault.passes() => Self::retry(fault.to_string()),
            None => Self::fail(fault.to_string()),
        }
    }
}

impl From<NotTold> for JobError {
    fn from(error: NotTold) -> Self {
        match error {
            // Whoever removes a webhook wants nothing sent there.
            NotTold::NoWebhook | NotTold::Gone => Self::fail(error.to_string()),
            NotTold::Unreachable(after) => Self::Retry { reason: error.to_string(), after },
            other => Self::retry(other.to_string()),
        }
    }
}

impl From<NoticeError> for JobError {
    fn from(error: NoticeError) -> Self {
        match error {
            NoticeError::NotNow(_) | NoticeError::NoSender | NoticeError::Store(_) => {
                Self::retry(error.to_string())
            }
            NoticeError::Never(_) => Self::fail(error.to_string()),
        }
    }
}

impl From<Postponed> for JobError {
    fn from(postponed: Postponed) -> Self {
        Self::Retry { reason: postponed.reason, after: postponed.after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::oauth::TokenError;

    #[test]
    fn who_asks_to_wait_is_waited_for_and_that_counts_as_no_try() {
        let wait = Duration::from_secs(97);
        let asked: [JobError; 4] = [
            Fault::Throttled(wait).into(),
            Fault::Token(TokenError::Throttled(wait)).into(),
            CrmError::Throttled(Some(wait)).into(),
            CrmError::Away(wait).into(),
        ];
        for error in asked {
            assert!(matches!(error, JobError::Wait { after, .. } if after == wait), "{error:?}");
        }
        for second in [CrmError::Earlier, CrmError::Claimed, CrmError::Unseen] {
            assert!(matches!(second.into(), JobError::NotYet { .. }), "it may be called");
        }
        assert!(matches!(Fault::Unreachable.into(), JobError::Retry { after: None, .. }));
        assert!(matches!(Fault::NoApp.into(), JobError::Fail { .. }));
    }
}

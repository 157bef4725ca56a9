//! What the daemon runs: each kind of job in one match.

use super::{Job, JobError, Kind, Work};
use crate::clock::Millis;
use crate::followup::outbox::{Outbox, Postponed};
use crate::store::{Conn, FollowUpId, StoreError, followups};

/// The parts of the daemon that jobs need.
pub struct Daemon {
    /// Sends follow-ups.
    pub outbox: Outbox,
}

impl Work for Daemon {
    async fn run(&self, job: &Job) -> Result<(), JobError> {
        match job.kind {
            Kind::SendFollowUp => Ok(self.outbox.send(job, &follow_up(job)?).await?),
            Kind::Retention | Kind::PurgeSessions => Ok(()),
        }
    }

    async fn given_up(&self, conn: &mut Conn, job: &Job, now: Millis) -> Result<(), StoreError> {
        match (job.kind, follow_up(job)) {
            (Kind::SendFollowUp, Ok(id)) => followups::give_up(conn, &job.tenant, &id, now).await,
            _ => Ok(()),
        }
    }
}

fn follow_up(job: &Job) -> Result<FollowUpId, JobError> {
    FollowUpId::parse(&job.payload).ok_or_else(|| JobError::fail("the job names no follow-up"))
}

impl From<Postponed> for JobError {
    fn from(postponed: Postponed) -> Self {
        Self::Retry { reason: postponed.reason, after: postponed.after }
    }
}

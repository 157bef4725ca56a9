//! What the daemon runs: each kind of job in one match.

use super::{Job, JobError, Kind, Work};
use crate::clock::{Clock, Millis};
use crate::config::Retention;
use crate::followup::outbox::{Outbox, Postponed};
use crate::store::{Conn, Db, FollowUpId, StoreError, followups, sessions};
use crate::suggestion::retention;

/// The parts of the daemon that jobs need.
pub struct Daemon {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// Sends follow-ups.
    pub outbox: Outbox,
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
            Kind::PurgeSessions => {
                let mut tx = self.db.begin_write().await?;
                sessions::forget_expired(&mut tx, &job.tenant, now).await?;
                tx.commit().await.map_err(StoreError::from)?;
            }
        }
        Ok(())
    }

    async fn given_up(&self, conn: &mut Conn, job: &Job, now: Millis) -> Result<(), StoreError> {
        match (job.kind, follow_up(job)) {
            (Kind::SendFollowUp, Ok(id)) => followups::give_up(conn, &job.tenant, &id, now).await,
            (Kind::SendFollowUp | Kind::Retention | Kind::PurgeSessions, _) => Ok(()),
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

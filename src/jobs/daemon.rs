//! What the daemon runs: each kind of job in one match.

use super::{Job, JobError, Kind, Work, illness};
use crate::clock::{Clock, Millis};
use crate::config::Retention;
use crate::followup::notice::{NoticeError, Notices};
use crate::followup::outbox::{Outbox, Postponed};
use crate::store::{Conn, Db, FollowUpId, StoreError, followups, sessions};
use crate::suggestion::retention;
use url::Url;

/// The parts of the daemon that jobs need.
pub struct Daemon {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// Sends follow-ups.
    pub outbox: Outbox,
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
            Kind::WatchHealth => illness::look(&self.db, &job.tenant, now).await?,
            Kind::SendNotice => self.notify(job).await?,
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
            (
                Kind::SendFollowUp
                | Kind::Retention
                | Kind::PurgeSessions
                | Kind::WatchHealth
                | Kind::SendNotice,
                _,
            ) => Ok(()),
        }
    }
}

impl Daemon {
    async fn notify(&self, job: &Job) -> Result<(), JobError> {
        let mut conn = self.db.read().await?;
        let notice = illness::notice(&mut conn, job, &self.public_url).await?;
        drop(conn);
        let Some(notice) = notice else { return Ok(()) };
        Ok(self.notices.send(&job.tenant, &notice).await?)
    }
}

fn follow_up(job: &Job) -> Result<FollowUpId, JobError> {
    FollowUpId::parse(&job.payload).ok_or_else(|| JobError::fail("the job names no follow-up"))
}

impl From<NoticeError> for JobError {
    fn from(error: NoticeError) -> Self {
        match error {
            NoticeError::NotNow(_) | NoticeError::Store(_) => Self::retry(error.to_string()),
            NoticeError::NoTechnicalUser | NoticeError::Never(_) => Self::fail(error.to_string()),
        }
    }
}

impl From<Postponed> for JobError {
    fn from(postponed: Postponed) -> Self {
        Self::Retry { reason: postponed.reason, after: postponed.after }
    }
}

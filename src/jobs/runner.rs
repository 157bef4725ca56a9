//! Claims what is due, runs it, and settles how it ended.

use super::{Job, JobError, Kind, NewJob, policy};
use crate::clock::{Clock, Millis};
use crate::lifecycle::Shutdown;
use crate::store::{Conn, Db, StoreError, jobs, rekeying};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};
use tracing::{debug, error, info, warn};

/// How long a claim holds without being renewed: a dead worker's jobs move on within it.
const LEASE_SECS: i64 = 45;
/// How often the lease of a running job is renewed.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often the database is asked for what is due, besides the bell.
const POLL: Duration = Duration::from_secs(1);
/// How often recurring jobs are seeded, old ones forgotten and the queue measured.
const HOUSEKEEPING: Duration = Duration::from_mins(1);
/// How long a job that was done is kept.
const KEEP_DONE_SECS: i64 = 7 * 86_400;
/// How long a job that was given up is kept.
const KEEP_DEAD_SECS: i64 = 90 * 86_400;

/// What the runner runs: one match over [`Kind`] in the daemon, a script in a test.
pub trait Work: Send + Sync + 'static {
    /// Runs a job. It may run again after an error, a panic or a lost worker.
    fn run(&self, job: &Job) -> impl Future<Output = Result<(), JobError>> + Send;

    /// Says of what the job stood for that it will not happen; in the transaction that gives the
    /// job up.
    fn given_up(
        &self,
        conn: &mut Conn,
        job: &Job,
        now: Millis,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Runs due jobs, several at once. Any number of runners may share a database.
pub struct Runner<W> {
    db: Db,
    clock: Clock,
    work: W,
    workers: usize,
    bell: Arc<Notify>,
}

impl<W: Work> Runner<W> {
    /// A runner of up to `workers` jobs at once.
    pub fn new(db: Db, clock: Clock, work: W, workers: usize) -> Self {
        Self { db, clock, work, workers: workers.max(1), bell: Arc::default() }
    }

    /// Rung after a commit that enqueued a job for now, so that it need not wait for the next look.
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }

    /// Runs jobs until the soft stop, then finishes those at hand; at the hard stop leaves them for
    /// another worker to take when their leases run out.
    pub async fn run(self, shutdown: Shutdown) {
        let Shutdown { soft, hard } = shutdown;
        let runner = Arc::new(self);
        let mut running = JoinSet::new();
        let mut housekeeping = interval(HOUSEKEEPING);
        while !soft.is_cancelled() {
            while running.try_join_next().is_some() {}
            let free = running.len() < runner.workers;
            if free && let Some(job) = runner.next().await {
                running.spawn(Arc::clone(&runner).take(job));
                continue;
            }
            tokio::select! {
                () = soft.cancelled() => {}
                _ = running.join_next(), if !running.is_empty() => {}
                () = runner.bell.notified(), if free => {}
                _ = housekeeping.tick() => runner.keep_house().await,
                () = sleep(POLL), if free => {}
            }
        }
        tokio::select! {
            () = hard.cancelled() => {
                info!(jobs = running.len(), "leaving running jobs to whoever takes them next");
                running.shutdown().await;
            }
            () = async { while running.join_next().await.is_some() {} } => {}
        }
    }

    /// The next job, if one is due. When another worker was faster, there may be more.
    async fn next(&self) -> Option<Job> {
        for _ in 0..3 {
            match self.claim().await {
                Ok(Claim::Taken(job)) => return Some(job),
                Ok(Claim::Missed) => {}
                Ok(Claim::NothingDue) => return None,
                Err(error) => {
                    warn!(%error, "cannot look for due jobs");
                    return None;
                }
            }
        }
        None
    }

    async fn claim(&self) -> Result<Claim, StoreError> {
        let now = self.clock.now();
        if !jobs::any_due(&mut *self.db.read().await?, now).await? {
            return Ok(Claim::NothingDue);
        }
        let mut tx = self.db.begin_write().await?;
        let job = jobs::claim(&mut tx, now, now.plus_secs(LEASE_SECS)).await?;
        tx.commit().await?;
        Ok(job.map_or(Claim::Missed, Claim::Taken))
    }

    async fn take(self: Arc<Self>, job: Job) {
        let began = Instant::now();
        let result = if job.attempts > job.kind.max_attempts() {
            Err(JobError::fail("the job was begun too often and never came to an end"))
        } else {
            tokio::select! {
                result = AssertUnwindSafe(self.work.run(&job)).catch_unwind() => {
                    result.unwrap_or_else(|_| Err(JobError::retry("the job panicked")))
                }
                () = self.lose(&job) => {
                    warn!(job = %job.id, kind = job.kind.as_str(), "the lease of a job was lost");
                    return tally(&job, "lost", began);
                }
            }
        };
        let outcome = match result {
            Ok(()) => Outcome::Done,
            Err(JobError::Retry { reason, after }) if job.attempts < job.kind.max_attempts() => {
                let failures = job.failures.saturating_add(1);
                let after = after.unwrap_or_else(|| policy::pause(failures, rand::random::<f64>()));
                Outcome::Again { reason, after }
            }
            Err(JobError::Wait { reason, after }) if !self.is_overdue(&job) => {
                Outcome::Later { reason, after, heeds_hurry: false }
            }
            Err(JobError::NotYet { reason, after }) if !self.is_overdue(&job) => {
                Outcome::Later { reason, after, heeds_hurry: true }
            }
            Err(
                JobError::Retry { reason, .. }
                | JobError::Wait { reason, .. }
                | JobError::NotYet { reason, .. }
                | JobError::Fail { reason },
            ) => Outcome::GivenUp { reason },
        };
        match self.settle(&job, &outcome).await {
            Ok(true) => tally(&job, outcome.log(&job), began),
            Ok(false) => tally(&job, "lost", began),
            Err(error) => {
                error!(job = %job.id, %error, "cannot note how a job ended; it will run again");
                tally(&job, "unsettled", began);
            }
        }
    }

    fn is_overdue(&self, job: &Job) -> bool {
        policy::is_overdue(job.kind, job.created_at, self.clock.now())
    }

    /// Renews the job's lease; returns when it is lost.
    async fn lose(&self, job: &Job) {
        let mut held_until = self.clock.now().plus_secs(LEASE_SECS);
        loop {
            sleep(HEARTBEAT).await;
            let until = self.clock.now().plus_secs(LEASE_SECS);
            match self.renew(job, until).await {
                Ok(true) => held_until = until,
                Ok(false) => return,
                Err(error) => {
                    warn!(job = %job.id, %error, "cannot renew the lease of a job");
                    if self.clock.now() >= held_until {
                        return;
                    }
                }
            }
        }
    }

    async fn renew(&self, job: &Job, until: Millis) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let held = jobs::renew(&mut tx, job, until).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// Notes how a job ended, with what follows from it, in one transaction. `false`: the lease
    /// was lost and nothing was changed. What the job stands for comes before the job, as everywhere.
    async fn settle(&self, job: &Job, outcome: &Outcome) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin_write().await?;
        if let Outcome::GivenUp { .. } = outcome {
            self.work.given_up(&mut tx, job, now).await?;
        }
        let held = match outcome {
            Outcome::Done => jobs::finish(&mut tx, job, now).await?,
            Outcome::Again { reason, after } => {
                jobs::put_back(&mut tx, job, reason, now.plus(*after)).await?
            }
            Outcome::Later { reason, after, heeds_hurry: true } => {
                jobs::defer(&mut tx, job, reason, now.plus(*after)).await?
            }
            Outcome::Later { reason, after, heeds_hurry: false } => {
                jobs::wait_until(&mut tx, job, reason, now.plus(*after)).await?
            }
            Outcome::GivenUp { reason } => jobs::bury(&mut tx, job, reason, now).await?,
        };
        if !held {
            return Ok(false);
        }
        if let (Outcome::Done | Outcome::GivenUp { .. }, Some(every)) = (outcome, job.kind.every())
        {
            let hurried = jobs::was_hurried(&mut tx, job).await?;
            let run_at = if hurried { now } else { now.plus(every) };
            let next = NewJob::recurring(&job.tenant, job.kind, run_at);
            jobs::enqueue(&mut tx, &next, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn keep_house(&self) {
        if let Err(error) = self.tidy().await {
            warn!(%error, "cannot tidy the jobs");
        }
    }

    /// Sees that every tenant has its recurring jobs, and one where match keys are of older rules; forgets old
    /// jobs, and measures the queue.
    async fn tidy(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut conn = self.db.read().await?;
        let mut missing = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.every().is_some()) {
            for tenant in jobs::tenants_without(&mut conn, kind).await? {
                missing.push(NewJob::recurring(&tenant, kind, now));
            }
        }
        for tenant in rekeying::tenants(&mut conn).await? {
            missing.push(NewJob::rekey(&tenant, now));
        }
        for (kind, state, number) in jobs::count(&mut conn).await? {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!("undersigned_jobs", "kind" => kind, "state" => state)
                .set(number as f64);
        }
        drop(conn);
        // What is lost with the power is missing again.
        let mut tx = self.db.begin_repeatable().await?;
        for job in missing {
            jobs::enqueue(&mut tx, &job, now).await?;
        }
        jobs::purge(&mut tx, now.plus_secs(-KEEP_DONE_SECS), now.plus_secs(-KEEP_DEAD_SECS))
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

enum Claim {
    Taken(Job),
    Missed,
    NothingDue,
}

enum Outcome {
    Done,
    Again { reason: String, after: Duration },
    Later { reason: String, after: Duration, heeds_hurry: bool },
    GivenUp { reason: String },
}

impl Outcome {
    /// Logs the outcome and names it for the metrics.
    fn log(&self, job: &Job) -> &'static str {
        let (id, kind, attempts) = (&job.id, job.kind.as_str(), job.attempts);
        match self {
            Self::Done => {
                debug!(job = %id, kind, attempts, "job done");
                "done"
            }
            Self::Again { reason, after } => {
                info!(job = %id, kind, attempts, reason, seconds = after.as_secs(), "job will be tried again");
                "retried"
            }
            Self::Later { reason, after, .. } => {
                debug!(job = %id, kind, reason, seconds = after.as_secs(), "job waits");
                "deferred"
            }
            Self::GivenUp { reason } => {
                error!(job = %id, kind, attempts, reason, "job given up");
                "dead"
            }
        }
    }
}

fn tally(job: &Job, outcome: &'static str, began: Instant) {
    let kind = job.kind.as_str();
    metrics::counter!("undersigned_jobs_total", "kind" => kind, "outcome" => outcome).increment(1);
    metrics::histogram!("undersigned_job_seconds", "kind" => kind).record(began.elapsed());
}

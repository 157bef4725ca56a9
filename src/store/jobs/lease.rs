//! Jobs in the hands of workers.

use super::Kind;
use crate::clock::Millis;
use crate::store::{Conn, Id, JobId, StoreError, TenantId};
use sqlx::FromRow;

/// A job in the hands of a worker.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What runs.
    pub kind: Kind,
    /// What it runs on.
    pub payload: String,
    /// How often it was begun, this time included.
    pub attempts: u32,
    /// How often it failed before.
    pub failures: u32,
    /// When it was added.
    pub created_at: Millis,
    fence: i64,
}

#[derive(FromRow)]
struct JobRow {
    id: String,
    tenant_id: String,
    kind: String,
    payload: String,
    attempts: i64,
    failures: i64,
    created_at: i64,
    fence: i64,
}

impl TryFrom<JobRow> for Job {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self, StoreError> {
        let kind = Kind::parse(&row.kind);
        Ok(Self {
            kind: kind.ok_or(StoreError::Row {
                table: "jobs",
                column: "kind",
                row: row.id.clone(),
            })?,
            id: Id::stored(row.id),
            tenant: Id::stored(row.tenant_id),
            payload: row.payload,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            created_at: Millis(row.created_at),
            fence: row.fence,
        })
    }
}

/// Whether a job waits to be claimed; asked before [`claim`], which takes the write lock.
pub async fn any_due(conn: &mut Conn, now: Millis) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT run_at FROM jobs
         WHERE state IN ('queued', 'running') AND run_at <= $1
           AND (state = 'queued' OR lease_until < $1)
           AND kind IN ('send-follow-up', 'retention', 'purge-sessions', 'watch-health',
                        'send-notice', 'follow-groups', 'read-crm', 'write-crm', 'send-event',
                        'learn-matching', 'end-subscription', 'rekey')
         LIMIT 1",
    )
    .bind(now.0)
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Takes the job that is due the longest, or one whose worker's lease ran out.
///
/// PostgreSQL checks the outer condition again after waiting for a row that another worker took;
/// then `None` comes back although more may be due. No lock outlives the claim.
pub async fn claim(
    conn: &mut Conn,
    now: Millis,
    lease_until: Millis,
) -> Result<Option<Job>, StoreError> {
    let row: Option<JobRow> = sqlx::query_as(
        "UPDATE jobs
         SET state = 'running', lease_until = $2, fence = fence + 1, attempts = attempts + 1,
             hurried = 0
         WHERE id = (
             SELECT id FROM jobs
             WHERE state IN ('queued', 'running') AND run_at <= $1
               AND (state = 'queued' OR lease_until < $1)
               AND kind IN ('send-follow-up', 'retention', 'purge-sessions', 'watch-health',
                        'send-notice', 'follow-groups', 'read-crm', 'write-crm', 'send-event',
                        'learn-matching', 'end-subscription', 'rekey')
             ORDER BY run_at, id
             LIMIT 1)
           AND (state = 'queued' OR (state = 'running' AND lease_until < $1))
         RETURNING id, tenant_id, kind, payload, attempts, failures, created_at, fence",
    )
    .bind(now.0)
    .bind(lease_until.0)
    .fetch_optional(conn)
    .await?;
    row.map(Job::try_from).transpose()
}

/// Prolongs the lease. `false`: it was lost, and whatever the caller is doing must not take effect.
/// In a transaction this also keeps other workers off the job until its end.
pub async fn renew(conn: &mut Conn, job: &Job, lease_until: Millis) -> Result<bool, StoreError> {
    let renewed = sqlx::query(
        "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND fence = $2 AND state = 'running'",
    )
    .bind(job.id.as_str())
    .bind(job.fence)
    .bind(lease_until.0)
    .execute(conn)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// The job is done. `false`: the lease was lost, roll back.
pub async fn finish(conn: &mut Conn, job: &Job, now: Millis) -> Result<bool, StoreError> {
    let finished = sqlx::query(
        "UPDATE jobs SET state = 'done', finished_at = $3, last_error = ''
         WHERE id = $1 AND fence = $2 AND state = 'running'",
    )
    .bind(job.id.as_str())
    .bind(job.fence)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(finished.rows_affected() == 1)
}

/// Whether the job was to run now while it ran; asked in the transaction that settles it.
pub async fn was_hurried(conn: &mut Conn, job: &Job) -> Result<bool, StoreError> {
    let hurried: i64 = sqlx::query_scalar("SELECT hurried FROM jobs WHERE id = $1")
        .bind(job.id.as_str())
        .fetch_one(conn)
        .await?;
    Ok(hurried != 0)
}

/// The job has failed and is to be tried again at `run_at`, or at once if it was hurried. `false`: the lease
/// was lost, roll back.
pub async fn put_back(
    conn: &mut Conn,
    job: &Job,
    reason: &str,
    run_at: Millis,
) -> Result<bool, StoreError> {
    queue_again(conn, job, reason, run_at, Again { is_failure: true, heeds_hurry: true }).await
}

/// It is not the job's turn: it is to be tried at `run_at`, or at once if it was hurried, for that may be its
/// turn; and this time was no try. `false`: the lease was lost, roll back.
pub async fn defer(
    conn: &mut Conn,
    job: &Job,
    reason: &str,
    run_at: Millis,
) -> Result<bool, StoreError> {
    queue_again(conn, job, reason, run_at, Again { is_failure: false, heeds_hurry: true }).await
}

/// The other side asks to wait: the job is to be tried at `run_at` and not before, whoever hurried it, and this
/// time was no try. `false`: the lease was lost, roll back.
pub async fn wait_until(
    conn: &mut Conn,
    job: &Job,
    reason: &str,
    run_at: Millis,
) -> Result<bool, StoreError> {
    queue_again(conn, job, reason, run_at, Again { is_failure: false, heeds_hurry: false }).await
}

/// How a job is queued again.
struct Again {
    /// Whether this time was a try, and in vain.
    is_failure: bool,
    /// Whether a job that was hurried keeps its time, which has come.
    heeds_hurry: bool,
}

async fn queue_again(
    conn: &mut Conn,
    job: &Job,
    reason: &str,
    run_at: Millis,
    again: Again,
) -> Result<bool, StoreError> {
    let queued = sqlx::query(
        "UPDATE jobs SET state = 'queued', last_error = $4, lease_until = 0,
             run_at = CASE WHEN hurried = 1 AND $6 = 1 THEN run_at ELSE $3 END, hurried = 0,
             attempts = attempts - 1 + $5, failures = failures + $5
         WHERE id = $1 AND fence = $2 AND state = 'running'",
    )
    .bind(job.id.as_str())
    .bind(job.fence)
    .bind(run_at.0)
    .bind(reason)
    .bind(i64::from(again.is_failure))
    .bind(i64::from(again.heeds_hurry))
    .execute(conn)
    .await?;
    Ok(queued.rows_affected() == 1)
}

/// The job is given up. `false`: the lease was lost, roll back.
pub async fn bury(
    conn: &mut Conn,
    job: &Job,
    reason: &str,
    now: Millis,
) -> Result<bool, StoreError> {
    let buried = sqlx::query(
        "UPDATE jobs SET state = 'dead', finished_at = $3, last_error = $4
         WHERE id = $1 AND fence = $2 AND state = 'running'",
    )
    .bind(job.id.as_str())
    .bind(job.fence)
    .bind(now.0)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(buried.rows_affected() == 1)
}

//! Durable jobs: what runs later or again, kept in the database so that no crash loses it.
//!
//! A worker holds a job by a lease. Every claim raises the job's `fence`; whoever settles a job
//! must still hold the fence it claimed with, so a worker that was stopped, slept or lost its
//! network changes nothing when it comes back.

use super::{Conn, FollowUpId, Id, JobId, StoreError, TenantId};
use crate::clock::Millis;
use sqlx::FromRow;

/// What can be run. A closed set: `jobs::Work` runs each in one match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Sends one follow-up; the payload is its id.
    SendFollowUp,
    /// Expires suggestions and forgets message keys of a tenant.
    Retention,
    /// Removes the ended sessions of a tenant.
    PurgeSessions,
}

impl Kind {
    /// Every kind. The claim's SQL names the same ones: a worker leaves alone what only a newer
    /// version knows.
    pub const ALL: [Self; 3] = [Self::SendFollowUp, Self::Retention, Self::PurgeSessions];

    /// The kind's name in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendFollowUp => "send-follow-up",
            Self::Retention => "retention",
            Self::PurgeSessions => "purge-sessions",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A job to be run.
#[derive(Debug)]
pub struct NewJob {
    /// Whose it is.
    pub tenant: TenantId,
    /// What runs.
    pub kind: Kind,
    /// What it runs on: an id, never personal data.
    pub payload: String,
    /// At most one unfinished job of a tenant has this key.
    pub dedupe_key: Option<String>,
    /// Not before this.
    pub run_at: Millis,
}

impl NewJob {
    /// The sending of a follow-up. The follow-up's own state keeps it from going twice.
    pub fn send_follow_up(tenant: &TenantId, follow_up: &FollowUpId, run_at: Millis) -> Self {
        Self {
            tenant: tenant.clone(),
            kind: Kind::SendFollowUp,
            payload: follow_up.to_string(),
            dedupe_key: None,
            run_at,
        }
    }

    /// A job that comes again and again; there is one of each kind for a tenant.
    pub fn recurring(tenant: &TenantId, kind: Kind, run_at: Millis) -> Self {
        Self {
            tenant: tenant.clone(),
            kind,
            payload: String::new(),
            dedupe_key: Some(kind.as_str().to_owned()),
            run_at,
        }
    }
}

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
    fence: i64,
}

#[derive(FromRow)]
struct JobRow {
    id: String,
    tenant_id: String,
    kind: String,
    payload: String,
    attempts: i64,
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
            fence: row.fence,
        })
    }
}

/// Adds a job. `None`: an unfinished one with its dedupe key is there already.
pub async fn enqueue(
    conn: &mut Conn,
    job: &NewJob,
    now: Millis,
) -> Result<Option<JobId>, StoreError> {
    let id = JobId::new();
    let added = sqlx::query(
        "INSERT INTO jobs (id, tenant_id, kind, payload, dedupe_key, state, run_at, created_at)
         VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)
         ON CONFLICT DO NOTHING",
    )
    .bind(id.as_str())
    .bind(job.tenant.as_str())
    .bind(job.kind.as_str())
    .bind(&job.payload)
    .bind(&job.dedupe_key)
    .bind(job.run_at.0)
    .bind(now.0)
    .execute(conn)
    .await?
    .rows_affected();
    Ok((added == 1).then_some(id))
}

/// Whether a job waits to be claimed; asked before [`claim`], which takes the write lock.
pub async fn any_due(conn: &mut Conn, now: Millis) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT run_at FROM jobs
         WHERE state IN ('queued', 'running') AND run_at <= $1
           AND (state = 'queued' OR lease_until < $1)
           AND kind IN ('send-follow-up', 'retention', 'purge-sessions')
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
         SET state = 'running', lease_until = $2, fence = fence + 1, attempts = attempts + 1
         WHERE id = (
             SELECT id FROM jobs
             WHERE state IN ('queued', 'running') AND run_at <= $1
               AND (state = 'queued' OR lease_until < $1)
               AND kind IN ('send-follow-up', 'retention', 'purge-sessions')
             ORDER BY run_at, id
             LIMIT 1)
           AND (state = 'queued' OR (state = 'running' AND lease_until < $1))
         RETURNING id, tenant_id, kind, payload, attempts, fence",
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

/// The job is to be tried again at `run_at`. `false`: the lease was lost, roll back.
pub async fn put_back(
    conn: &mut Conn,
    job: &Job,
    reason: &str,
    run_at: Millis,
) -> Result<bool, StoreError> {
    let put_back = sqlx::query(
        "UPDATE jobs SET state = 'queued', run_at = $3, last_error = $4, lease_until = 0
         WHERE id = $1 AND fence = $2 AND state = 'running'",
    )
    .bind(job.id.as_str())
    .bind(job.fence)
    .bind(run_at.0)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(put_back.rows_affected() == 1)
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

/// Removes the jobs of one payload that nobody has begun.
pub async fn remove_queued(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    payload: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM jobs
         WHERE tenant_id = $1 AND kind = $2 AND payload = $3 AND state = 'queued'",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(payload)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets what waits for another try run now, because its cause was mended. Jobs that were never
/// begun keep their time.
pub async fn try_now(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: Kind,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE jobs SET run_at = $3
         WHERE tenant_id = $1 AND kind = $2 AND state = 'queued' AND attempts > 0 AND run_at > $3",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// The tenants that have no unfinished job of a recurring kind.
pub async fn tenants_without(conn: &mut Conn, kind: Kind) -> Result<Vec<TenantId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM tenants
         WHERE NOT EXISTS (
             SELECT 1 FROM jobs
             WHERE jobs.tenant_id = tenants.id AND jobs.dedupe_key = $1
               AND jobs.state IN ('queued', 'running'))
         ORDER BY id",
    )
    .bind(kind.as_str())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(Id::stored).collect())
}

/// Forgets the jobs done before one point in time and given up before another.
pub async fn purge(
    conn: &mut Conn,
    done_before: Millis,
    dead_before: Millis,
) -> Result<u64, StoreError> {
    let purged = sqlx::query(
        "DELETE FROM jobs
         WHERE (state = 'done' AND finished_at < $1) OR (state = 'dead' AND finished_at < $2)",
    )
    .bind(done_before.0)
    .bind(dead_before.0)
    .execute(conn)
    .await?;
    Ok(purged.rows_affected())
}

/// How many jobs of a kind are in a state: kind, state, number. What is done is not counted.
pub async fn count(conn: &mut Conn) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT kind, state, COUNT(*) FROM jobs
         WHERE state IN ('queued', 'running', 'dead')
         GROUP BY kind, state",
    )
    .fetch_all(conn)
    .await?)
}

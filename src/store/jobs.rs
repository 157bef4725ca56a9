//! Durable jobs: what runs later or again, kept in the database so that no crash loses it.
//!
//! A worker holds a job by a lease. Every claim raises the job's `fence`; whoever settles a job
//! must still hold the fence it claimed with, so a worker that was stopped, slept or lost its
//! network changes nothing when it comes back.
//!
//! Whoever changes in one transaction what a job stands for (a write to the CRM, a follow-up) and jobs
//! takes the jobs last, and several of them in the order of their payloads: on PostgreSQL two that take
//! the same rows in different orders end one another. A worker that keeps others off the job it runs, while
//! it sends a follow-up, begins with that job, which nobody else takes then; and the technical user comes last.

mod lease;
mod queue;

pub use lease::{
    Job, any_due, bury, claim, defer, finish, put_back, renew, wait_until, was_hurried,
};
pub use queue::{count, hurry, hurry_one, purge, remove_queued, tenants_without, try_now};

use super::{Conn, FollowUpId, JobId, MailboxId, StoreError, TenantId, WriteId};
use crate::clock::Millis;

/// What can be run. A closed set: `jobs::Work` runs each in one match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Sends one follow-up; the payload is its id.
    SendFollowUp,
    /// Expires suggestions and forgets message keys of a tenant.
    Retention,
    /// Removes the ended sessions of a tenant.
    PurgeSessions,
    /// Finds mailboxes of a tenant whose admins are to be told how they fare.
    WatchHealth,
    /// Sends one of them a mail; the payload says what about, which mailbox, to whom.
    SendNotice,
    /// Follows the groups of a tenant whose members' mailboxes are connected.
    FollowGroups,
    /// Reads what changed in a tenant's CRM.
    ReadCrm,
    /// Makes one write to a CRM, or takes it back; the payload is its id.
    WriteCrm,
    /// Tells the tenant's webhook of an event; the payload says which, by ids.
    SendEvent,
    /// Learns from a tenant's records how much it says that two agree.
    LearnMatching,
    /// Ends a subscription at Microsoft; the payload says whose mailbox's and which.
    EndSubscription,
    /// Makes a tenant's match keys anew that older rules made.
    Rekey,
}

impl Kind {
    /// Every kind. The claim's SQL names the same ones: a worker leaves alone what only a newer
    /// version knows.
    pub const ALL: [Self; 12] = [
        Self::SendFollowUp,
        Self::Retention,
        Self::PurgeSessions,
        Self::WatchHealth,
        Self::SendNotice,
        Self::FollowGroups,
        Self::ReadCrm,
        Self::WriteCrm,
        Self::SendEvent,
        Self::LearnMatching,
        Self::EndSubscription,
        Self::Rekey,
    ];

    /// The kind's name in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendFollowUp => "send-follow-up",
            Self::Retention => "retention",
            Self::PurgeSessions => "purge-sessions",
            Self::WatchHealth => "watch-health",
            Self::SendNotice => "send-notice",
            Self::FollowGroups => "follow-groups",
            Self::ReadCrm => "read-crm",
            Self::WriteCrm => "write-crm",
            Self::SendEvent => "send-event",
            Self::LearnMatching => "learn-matching",
            Self::EndSubscription => "end-subscription",
            Self::Rekey => "rekey",
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

    /// A write to a CRM. The write's own state keeps it from being made twice.
    pub fn write_crm(tenant: &TenantId, write: &WriteId, run_at: Millis) -> Self {
        Self {
            tenant: tenant.clone(),
            kind: Kind::WriteCrm,
            payload: write.to_string(),
            dedupe_key: None,
            run_at,
        }
    }

    /// The end of a subscription at Microsoft; without its id, of those that nobody knows of. Ending it twice
    /// changes nothing.
    pub fn end_subscription(
        tenant: &TenantId,
        mailbox: &MailboxId,
        subscription: &str,
        run_at: Millis,
    ) -> Self {
        Self {
            tenant: tenant.clone(),
            kind: Kind::EndSubscription,
            payload: format!("{mailbox}:{subscription}"),
            dedupe_key: None,
            run_at,
        }
    }

    /// The making of match keys that older rules made. There is one for a tenant.
    pub fn rekey(tenant: &TenantId, run_at: Millis) -> Self {
        Self::recurring(tenant, Kind::Rekey, run_at)
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

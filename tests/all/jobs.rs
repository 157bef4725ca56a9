//! What must not be lost, and must not happen twice, is a job: stories of workers that meet, stop
//! and die.

mod hurried;
mod order;
mod tries;

use crate::support::databases::on_each_database;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use undersigned::clock::{Clock, Millis};
use undersigned::jobs::{Job, JobError, Kind, NewJob, Runner, Work, enqueue};
use undersigned::lifecycle::Shutdown;
use undersigned::store::{Conn, Db, StoreError, TenantId, jobs};

const NOON: Millis = Millis(1_790_000_000_000);

/// Notes what runs, and does what the payload says.
#[derive(Clone, Default)]
struct Script {
    began: Arc<Mutex<Vec<String>>>,
    given_up: Arc<Mutex<Vec<String>>>,
    gate: Arc<Notify>,
}

impl Script {
    fn began(&self) -> Vec<String> {
        self.began.lock().expect("a list").clone()
    }

    async fn until_began(&self, times: usize) {
        let begun = async {
            while self.began().len() < times {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), begun).await.expect("the job begins");
    }
}

impl Work for Script {
    async fn run(&self, job: &Job) -> Result<(), JobError> {
        self.began.lock().expect("a list").push(format!("{}#{}", job.payload, job.attempts));
        match job.payload.as_str() {
            "panics" => panic!("secret words"),
            "fails" => Err(JobError::fail("the letter box was bricked up")),
            "busy" => Err(JobError::Wait {
                reason: "the other side is busy".into(),
                after: Duration::from_mins(30),
            }),
            "asks in vain" => {
                self.gate.notified().await;
                let reason = "the other side asks to wait".into();
                Err(JobError::Wait { reason, after: Duration::from_mins(1) })
            }
            "comes second" => {
                self.gate.notified().await;
                let reason = "another one comes first".into();
                Err(JobError::NotYet { reason, after: Duration::from_mins(1) })
            }
            "waits" => {
                self.gate.notified().await;
                Ok(())
            }
            "stumbles" => {
                self.gate.notified().await;
                Err(JobError::retry("the door was locked"))
            }
            _ => Ok(()),
        }
    }

    async fn given_up(&self, _: &mut Conn, job: &Job, _: Millis) -> Result<(), StoreError> {
        self.given_up.lock().expect("a list").push(job.payload.clone());
        Ok(())
    }
}

/// A process that runs jobs.
struct Worker {
    bell: Arc<Notify>,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(db: &Db, clock: &Clock, script: &Script) -> Self {
        let runner = Runner::new(db.clone(), clock.clone(), script.clone(), 4);
        let (bell, shutdown) = (runner.bell(), Shutdown::default());
        let task = tokio::spawn(runner.run(shutdown.clone()));
        Self { bell, shutdown, task }
    }

    /// Finishes what it has begun.
    async fn stop(self) {
        self.shutdown.soft.cancel();
        timeout(Duration::from_secs(20), self.task).await.expect("stops").expect("no panic");
    }

    /// Dies as with kill -9: nothing is noted any more.
    async fn die(self) {
        self.shutdown.soft.cancel();
        self.shutdown.hard.cancel();
        self.task.await.expect("no panic");
    }
}

async fn tenant(db: &Db) -> TenantId {
    let id = TenantId::new();
    let mut tx = db.begin_write().await.expect("a transaction");
    sqlx::query(
        "INSERT INTO tenants (id, name, region, hash_key_sealed, created_at)
         VALUES ($1, $1, 'DE', '', 0)",
    )
    .bind(id.as_str())
    .execute(&mut *tx)
    .await
    .expect("a tenant");
    tx.commit().await.expect("committed");
    id
}

async fn put(db: &Db, tenant: &TenantId, payload: &str, at: Millis) {
    let job = NewJob {
        tenant: tenant.clone(),
        kind: Kind::SendFollowUp,
        payload: payload.to_owned(),
        dedupe_key: Some(payload.to_owned()),
        run_at: at,
    };
    let mut tx = db.begin_write().await.expect("a transaction");
    enqueue(&mut tx, &job, at).await.expect("enqueued");
    tx.commit().await.expect("committed");
}

/// State, seconds from noon to its next run, and last error of a job.
async fn look(db: &Db, payload: &str) -> (String, i64, String) {
    let mut conn = db.read().await.expect("a connection");
    let (state, run_at, last_error): (String, i64, String) =
        sqlx::query_as("SELECT state, run_at, last_error FROM jobs WHERE payload = $1")
            .bind(payload)
            .fetch_one(&mut *conn)
            .await
            .expect("the job");
    (state, (run_at - NOON.0) / 1000, last_error)
}

async fn until(db: &Db, payload: &str, state: &str) -> (String, i64, String) {
    for _ in 0..2000 {
        let seen = look(db, payload).await;
        if seen.0 == state {
            return seen;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{payload} never became {state}: {:?}", look(db, payload).await);
}

#[tokio::test]
async fn two_workers_share_the_jobs_and_none_runs_twice() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        let payloads: Vec<String> = (0..60).map(|number| format!("job {number:02}")).collect();
        for payload in &payloads {
            put(db, &tenant, payload, NOON).await;
        }
        let workers = [Worker::start(db, &clock, &script), Worker::start(db, &clock, &script)];
        for payload in &payloads {
            until(db, payload, "done").await;
        }
        for worker in workers {
            worker.stop().await;
        }
        let mut began = script.began();
        began.retain(|begun| begun.starts_with("job"));
        began.sort();
        let once: Vec<String> = payloads.iter().map(|payload| format!("{payload}#1")).collect();
        assert_eq!(began, once);
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_for_twice_runs_once_and_what_is_rolled_back_never() {
    on_each_database(async |database| {
        let db = &database.open().await;
        let tenant = tenant(db).await;
        let job = |key: &str| NewJob {
            tenant: tenant.clone(),
            kind: Kind::Retention,
            payload: String::new(),
            dedupe_key: Some(key.to_owned()),
            run_at: NOON,
        };
        let mut tx = db.begin_write().await.expect("a transaction");
        enqueue(&mut tx, &job("rolled back"), NOON).await.expect("enqueued");
        drop(tx);
        let mut tx = db.begin_write().await.expect("a transaction");
        assert!(enqueue(&mut tx, &job("a"), NOON).await.expect("enqueued").is_some());
        assert!(enqueue(&mut tx, &job("a"), NOON).await.expect("known").is_none());
        let held = jobs::claim(&mut tx, NOON, NOON.plus_secs(60)).await.expect("claimed");
        let held = held.expect("a job");
        assert!(enqueue(&mut tx, &job("a"), NOON).await.expect("known").is_none(), "it runs");
        assert!(jobs::claim(&mut tx, NOON, NOON.plus_secs(60)).await.expect("claimed").is_none());
        assert!(jobs::finish(&mut tx, &held, NOON).await.expect("finished"));
        assert!(enqueue(&mut tx, &job("a"), NOON).await.expect("enqueued").is_some(), "it ended");
        tx.commit().await.expect("committed");
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_changes_nothing() {
    on_each_database(async |database| {
        let db = &database.open().await;
        put(db, &tenant(db).await, "slow", NOON).await;
        let mut tx = db.begin_write().await.expect("a transaction");
        let claim = async |conn: &mut Conn, at: i64| {
            let (now, until) = (NOON.plus_secs(at), NOON.plus_secs(at + 45));
            jobs::claim(conn, now, until).await.expect("asked")
        };
        let first = claim(&mut tx, 0).await.expect("the first worker has it");
        assert!(claim(&mut tx, 44).await.is_none(), "the lease holds");
        assert!(jobs::renew(&mut tx, &first, NOON.plus_secs(90)).await.expect("asked"));
        assert!(claim(&mut tx, 60).await.is_none(), "the lease was renewed");
        let second = claim(&mut tx, 91).await.expect("the second worker has it");
        assert_eq!((first.attempts, second.attempts), (1, 2));
        let later = NOON.plus_secs(92);
        assert!(!jobs::renew(&mut tx, &first, later).await.expect("asked"));
        assert!(!jobs::finish(&mut tx, &first, later).await.expect("asked"));
        assert!(!jobs::put_back(&mut tx, &first, "late", later).await.expect("asked"));
        assert!(!jobs::bury(&mut tx, &first, "late", later).await.expect("asked"));
        assert!(jobs::finish(&mut tx, &second, later).await.expect("asked"));
        tx.commit().await.expect("committed");
        assert_eq!(look(db, "slow").await.0, "done");
    })
    .await;
}

#[tokio::test]
async fn a_job_outlives_the_death_of_its_worker() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        put(db, &tenant(db).await, "waits", NOON).await;
        let worker = Worker::start(db, &clock, &script);
        until(db, "waits", "running").await;
        until_begun(&script, "waits#1").await;
        worker.die().await;
        assert_eq!(look(db, "waits").await.0, "running", "nobody knows yet");
        script.gate.notify_one();
        clock.advance_secs(46);
        let heir = Worker::start(db, &clock, &script);
        until(db, "waits", "done").await;
        heir.stop().await;
        assert!(script.began().contains(&"waits#2".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_worker_told_to_stop_finishes_what_it_began_and_begins_nothing() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        put(db, &tenant, "waits", NOON).await;
        let worker = Worker::start(db, &clock, &script);
        until_begun(&script, "waits#1").await;
        worker.shutdown.soft.cancel();
        sleep(Duration::from_millis(100)).await; // a look at the queue may be under way
        put(db, &tenant, "later", NOON).await;
        worker.bell.notify_one();
        sleep(Duration::from_millis(100)).await;
        script.gate.notify_one();
        worker.stop().await;
        assert_eq!(look(db, "waits").await.0, "done");
        assert_eq!(look(db, "later").await.0, "queued");
    })
    .await;
}

#[tokio::test]
async fn a_recurring_job_comes_by_itself_and_a_missed_one_runs_once() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        let worker = Worker::start(db, &clock, &script);
        script.until_began(6).await;
        for (round, hours) in [(2, 1), (3, 30)] {
            clock.advance_secs(hours * 3600 + 1);
            worker.bell.notify_one();
            script.until_began(round * 6).await;
        }
        sleep(Duration::from_millis(100)).await;
        worker.stop().await;
        assert_eq!(script.began().len(), 18, "six kinds, three times");
        let mut conn = db.read().await.expect("a connection");
        let recurring = [
            Kind::Retention,
            Kind::PurgeSessions,
            Kind::WatchHealth,
            Kind::FollowGroups,
            Kind::ReadCrm,
            Kind::LearnMatching,
        ];
        for kind in recurring {
            assert!(jobs::tenants_without(&mut conn, kind).await.expect("asked").is_empty());
        }
        let waiting: Vec<(String, i64)> = sqlx::query_as(
            "SELECT kind, run_at FROM jobs WHERE tenant_id = $1 AND state = 'queued' ORDER BY kind",
        )
        .bind(tenant.as_str())
        .fetch_all(&mut *conn)
        .await
        .expect("asked");
        let after = |seconds| clock.now().plus_secs(seconds).0;
        let expected = [
            ("follow-groups", 3600),
            ("learn-matching", 3600),
            ("purge-sessions", 3600),
            ("read-crm", 300),
            ("retention", 3600),
            ("watch-health", 60),
        ];
        assert_eq!(waiting, expected.map(|(kind, seconds)| (kind.to_owned(), after(seconds))));
    })
    .await;
}

#[tokio::test]
async fn every_kind_can_be_claimed_and_what_only_a_newer_version_knows_is_left_to_it() {
    on_each_database(async |database| {
        let db = &database.open().await;
        let tenant = tenant(db).await;
        put(db, &tenant, "from the future", NOON).await;
        let mut tx = db.begin_write().await.expect("a transaction");
        sqlx::query("UPDATE jobs SET kind = 'tea'").execute(&mut *tx).await.expect("a kind");
        for kind in Kind::ALL {
            let job = NewJob::recurring(&tenant, kind, NOON.plus_secs(1));
            enqueue(&mut tx, &job, NOON).await.expect("enqueued");
        }
        let now = NOON.plus_secs(2);
        for _ in Kind::ALL {
            assert!(jobs::any_due(&mut tx, now).await.expect("asked"));
            assert!(jobs::claim(&mut tx, now, now.plus_secs(45)).await.expect("asked").is_some());
        }
        assert!(!jobs::any_due(&mut tx, now).await.expect("asked"));
        tx.commit().await.expect("committed");
        assert_eq!(look(db, "from the future").await.0, "queued");
    })
    .await;
}

async fn until_begun(script: &Script, begun: &str) {
    until_begun_times(script, begun, 1).await;
}

/// As often as that, whatever recurs by itself meanwhile.
async fn until_begun_times(script: &Script, begun: &str, times: usize) {
    let seen = async {
        while script.began().iter().filter(|one| *one == begun).count() < times {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), seen).await.expect("the job begins");
}

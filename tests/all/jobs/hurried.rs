//! Whoever hurries a job has changed what it looks at, and it may have looked already: stories of jobs that
//! run, end or are taken at that very moment.

use super::{NOON, Script, Worker, look, put, tenant, until, until_begun};
use crate::support::databases::{on_each_database, on_postgres, until_one_waits};
use undersigned::clock::Clock;
use undersigned::jobs::{Kind, NewJob, enqueue};
use undersigned::store::{Db, TenantId, jobs};

/// How soon a CRM is read again.
const FIVE_MINUTES: i64 = 300;

async fn hurry(db: &Db, tenant: &TenantId) {
    let mut tx = db.begin_write().await.unwrap();
    jobs::hurry(&mut tx, tenant, Kind::ReadCrm, NOON).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_recurring_job_that_is_hurried_while_it_runs_comes_again_at_once() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        let job = NewJob::recurring(&tenant, Kind::ReadCrm, NOON);
        let mut tx = db.begin_write().await.unwrap();
        let waits = NewJob { payload: "waits".to_owned(), ..job };
        enqueue(&mut tx, &waits, NOON).await.unwrap();
        tx.commit().await.unwrap();
        let worker = Worker::start(db, &clock, &script);
        // It, and one of each other kind.
        script.until_began(6).await;
        until_begun(&script, "waits#1").await;
        hurry(db, &tenant).await;
        script.gate.notify_one();
        script.until_began(7).await;
        worker.stop().await;
        let mut conn = db.read().await.unwrap();
        let next = "SELECT run_at FROM jobs WHERE kind = 'read-crm' AND state = 'queued'";
        let next: i64 = sqlx::query_scalar(next).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(next, NOON.plus_secs(FIVE_MINUTES).0, "once");
    })
    .await;
}

#[tokio::test]
async fn what_fails_while_its_cause_is_mended_is_tried_again_at_once() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        put(db, &tenant, "stumbles", NOON).await;
        let worker = Worker::start(db, &clock, &script);
        until_begun(&script, "stumbles#1").await;
        let mut tx = db.begin_write().await.unwrap();
        jobs::try_now(&mut tx, &tenant, Kind::SendFollowUp, NOON).await.unwrap();
        tx.commit().await.unwrap();
        script.gate.notify_one();
        until_begun(&script, "stumbles#2").await;
        script.gate.notify_one();
        let (_, pause, error) = until(db, "stumbles", "queued").await;
        assert!((7..=10).contains(&pause), "once: {pause}");
        assert_eq!(error, "the door was locked");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_asked_to_wait_waits_although_hurried_and_who_comes_second_does_not() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        let run_hurried = async |payload: &str| {
            let worker = Worker::start(db, &clock, &script);
            until_begun(&script, &format!("{payload}#1")).await;
            let mut tx = db.begin_write().await.unwrap();
            let kind = Kind::SendFollowUp;
            jobs::hurry_one(&mut tx, &tenant, kind, payload, NOON).await.unwrap();
            tx.commit().await.unwrap();
            script.gate.notify_one();
            worker.stop().await;
            look(db, payload).await
        };
        put(db, &tenant, "asks in vain", NOON).await;
        let (state, wait, _) = run_hurried("asks in vain").await;
        assert_eq!((state.as_str(), wait), ("queued", 60), "as the other side asked");
        put(db, &tenant, "comes second", NOON).await;
        let (state, wait, _) = run_hurried("comes second").await;
        assert_eq!((state.as_str(), wait), ("queued", 0), "it may be its turn");
        // That it was hurried is over with that.
        clock.advance_secs(60);
        let worker = Worker::start(db, &clock, &script);
        for payload in ["asks in vain", "comes second"] {
            // Neither time was a try.
            until(db, payload, "running").await;
        }
        script.gate.notify_one();
        script.gate.notify_one();
        for payload in ["asks in vain", "comes second"] {
            assert_eq!(until(db, payload, "queued").await.1, 120);
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_job_that_ends_while_it_is_hurried_has_a_next_one_that_is() {
    on_postgres(async |database| {
        let db = &database.open().await;
        let tenant = tenant(db).await;
        let job = |at: i64| NewJob::recurring(&tenant, Kind::ReadCrm, NOON.plus_secs(at));
        let mut tx = db.begin_write().await.unwrap();
        enqueue(&mut tx, &job(0), NOON).await.unwrap();
        let held = jobs::claim(&mut tx, NOON, NOON.plus_secs(45)).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let mut settling = db.begin_write().await.unwrap();
        assert!(jobs::finish(&mut settling, &held, NOON).await.unwrap());
        assert!(!jobs::was_hurried(&mut settling, &held).await.unwrap());
        enqueue(&mut settling, &job(FIVE_MINUTES), NOON).await.unwrap();
        let settle = async {
            until_one_waits(db).await;
            settling.commit().await.unwrap();
        };
        tokio::join!(hurry(db, &tenant), settle);
        let mut conn = db.read().await.unwrap();
        let next = "SELECT run_at FROM jobs WHERE state = 'queued'";
        let next: i64 = sqlx::query_scalar(next).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(next, NOON.0);
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_a_due_job_before_they_can_see_why_it_is_hurried() {
    on_postgres(async |database| {
        let db = &database.open().await;
        let tenant = tenant(db).await;
        put(db, &tenant, "due", NOON).await;
        let mut changing = db.begin_write().await.unwrap();
        jobs::hurry_one(&mut changing, &tenant, Kind::SendFollowUp, "due", NOON).await.unwrap();
        let claim = async {
            let mut tx = db.begin_write().await.unwrap();
            let job = jobs::claim(&mut tx, NOON, NOON.plus_secs(45)).await.unwrap();
            tx.commit().await.unwrap();
            job
        };
        let change = async {
            until_one_waits(db).await;
            assert_eq!(look(db, "due").await.0, "queued");
            changing.commit().await.unwrap();
        };
        let (job, ()) = tokio::join!(claim, change);
        assert_eq!(job.unwrap().payload, "due");
    })
    .await;
}

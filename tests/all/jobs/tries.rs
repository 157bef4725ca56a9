//! How often and how long a job is tried.

use super::{NOON, Script, Worker, look, put, tenant, until, until_begun, until_begun_times};
use crate::support::databases::on_each_database;
use std::time::Duration;
use tokio::time::sleep;
use undersigned::clock::Clock;
use undersigned::store::jobs;

#[tokio::test]
async fn what_panics_waits_in_the_database_and_is_tried_again() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        put(db, &tenant, "panics", NOON).await;
        put(db, &tenant, "busy", NOON).await;
        let worker = Worker::start(db, &clock, &script);
        let (_, pause, error) = until(db, "panics", "queued").await;
        assert!(pause == 0 || (3..=5).contains(&pause), "{pause}");
        until_begun(&script, "busy#1").await;
        worker.stop().await;
        let (_, pause, _) = look(db, "panics").await;
        assert!((3..=5).contains(&pause), "{pause}");
        assert!(!error.contains("secret"), "a panic's words may be a person's");
        assert_eq!(look(db, "busy").await.1, 1800, "as the other side asked");

        let worker = Worker::start(db, &clock, &script);
        sleep(Duration::from_millis(300)).await;
        assert!(!script.began().contains(&"panics#2".to_owned()), "a restart does not hurry it");
        clock.advance_secs(6);
        worker.bell.notify_one();
        until_begun(&script, "panics#2").await;
        worker.stop().await;
        let pause = look(db, "panics").await.1 - 6;
        assert!((7..=10).contains(&pause), "{pause}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_succeed_is_given_up_and_says_why() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        let tenant = tenant(db).await;
        put(db, &tenant, "fails", NOON).await;
        put(db, &tenant, "panics", NOON).await;
        put(db, &tenant, "busy", NOON).await;
        let mut tx = db.begin_write().await.expect("a transaction");
        let often = sqlx::query("UPDATE jobs SET attempts = 104 WHERE payload <> 'fails'");
        often.execute(&mut *tx).await.expect("a job that was tried often");
        tx.commit().await.expect("committed");
        let worker = Worker::start(db, &clock, &script);
        assert_eq!(until(db, "fails", "dead").await.2, "the letter box was bricked up");
        assert_eq!(until(db, "panics", "dead").await.2, "the job panicked");
        // Being told to wait is no try, but four days of it are enough.
        for (times, busy, secs) in [(1, "queued", 1_801), (2, "queued", 345_600), (3, "dead", 0)] {
            until_begun_times(&script, "busy#105", times).await;
            assert_eq!(until(db, "busy", busy).await.2, "the other side is busy");
            clock.advance_secs(secs);
            worker.bell.notify_one();
        }
        worker.stop().await;
        let mut given_up = script.given_up.lock().expect("a list").clone();
        given_up.sort();
        assert_eq!(given_up, ["busy", "fails", "panics"]);
    })
    .await;
}

#[tokio::test]
async fn workers_that_die_cost_a_job_tries_and_no_patience() {
    on_each_database(async |database| {
        let (db, clock, script) = (&database.open().await, Clock::fixed(NOON), Script::default());
        put(db, &tenant(db).await, "panics", NOON).await;
        for _ in 0..6 {
            let (now, mut tx) = (clock.now(), db.begin_write().await.unwrap());
            let job = jobs::claim(&mut tx, now, now.plus_secs(45)).await.unwrap();
            assert_eq!(job.unwrap().payload, "panics");
            tx.commit().await.unwrap();
            clock.advance_secs(46);
        }
        let died = 6 * 46;
        let worker = Worker::start(db, &clock, &script);
        until_begun(&script, "panics#7").await;
        worker.stop().await;
        let pause = look(db, "panics").await.1 - died;
        assert!((3..=5).contains(&pause), "as after the first failure: {pause}");
    })
    .await;
}

//! Two transactions that take the same rows take them in the same order, so that PostgreSQL ends neither:
//! what a job stands for before the job, and jobs in the order of their payloads.

use super::{NOON, put, tenant, until};
use crate::support::databases::{on_postgres, until_one_waits};
use undersigned::clock::{Clock, Millis};
use undersigned::jobs::{Job, JobError, Kind, Runner, Work};
use undersigned::lifecycle::Shutdown;
use undersigned::store::{Conn, StoreError, jobs};

/// Writes to its tenant what became of it.
struct Hopeless;

impl Work for Hopeless {
    async fn run(&self, _: &Job) -> Result<(), JobError> {
        Err(JobError::fail("there is no way"))
    }

    async fn given_up(&self, conn: &mut Conn, job: &Job, _: Millis) -> Result<(), StoreError> {
        sqlx::query("UPDATE tenants SET region = 'AT' WHERE id = $1")
            .bind(job.tenant.as_str())
            .execute(conn)
            .await?;
        Ok(())
    }
}

#[tokio::test]
async fn who_changes_what_a_job_stands_for_and_hurries_it_meets_nobody_who_gives_it_up() {
    on_postgres(async |database| {
        let db = &database.open().await;
        let tenant = tenant(db).await;
        let mut changing = db.begin_write().await.unwrap();
        sqlx::query("UPDATE tenants SET region = 'CH' WHERE id = $1")
            .bind(tenant.as_str())
            .execute(&mut *changing)
            .await
            .unwrap();
        put(db, &tenant, "hopeless", NOON).await;
        let shutdown = Shutdown::default();
        let runner = Runner::new(db.clone(), Clock::fixed(NOON), Hopeless, 1);
        let running = tokio::spawn(runner.run(shutdown.clone()));
        until_one_waits(db).await;
        let kind = Kind::SendFollowUp;
        jobs::hurry_one(&mut changing, &tenant, kind, "hopeless", NOON).await.unwrap();
        changing.commit().await.unwrap();
        assert_eq!(until(db, "hopeless", "dead").await.2, "there is no way");
        let region: String = sqlx::query_scalar("SELECT region FROM tenants")
            .fetch_one(&mut *db.read().await.unwrap())
            .await
            .unwrap();
        assert_eq!(region, "AT");
        shutdown.soft.cancel();
        running.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn who_hurries_all_jobs_of_a_kind_meets_nobody_who_hurries_some() {
    on_postgres(async |database| {
        let db = &database.open().await;
        let tenant = &tenant(db).await;
        // As they lie in the table, which is as PostgreSQL finds them.
        for payload in ["second", "first"] {
            put(db, tenant, payload, NOON).await;
            let mut tx = db.begin_write().await.unwrap();
            let job = jobs::claim(&mut tx, NOON, NOON.plus_secs(45)).await.unwrap().unwrap();
            assert!(jobs::put_back(&mut tx, &job, "once", NOON.plus_secs(9)).await.unwrap());
            tx.commit().await.unwrap();
        }
        let kind = Kind::SendFollowUp;
        let mut some = db.begin_write().await.unwrap();
        jobs::hurry_one(&mut some, tenant, kind, "first", NOON).await.unwrap();
        let all = async {
            let mut tx = db.begin_write().await.unwrap();
            jobs::try_now(&mut tx, tenant, kind, NOON).await.unwrap();
            tx.commit().await.unwrap();
        };
        let rest = async {
            until_one_waits(db).await;
            jobs::hurry_one(&mut some, tenant, kind, "second", NOON).await.unwrap();
            some.commit().await.unwrap();
        };
        tokio::join!(all, rest);
        for payload in ["first", "second"] {
            assert_eq!(super::look(db, payload).await.1, 0);
        }
    })
    .await;
}

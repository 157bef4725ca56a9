//! A story runs on both databases, each time on an empty one of its own.

use super::patience::eventually;
use super::servers::SERVERS;
use crate::load::is_measured;
use futures::FutureExt;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::panic::{AssertUnwindSafe, resume_unwind};
use tempfile::TempDir;
use undersigned::store::{Backend, Db, Id};

/// An empty database and an empty directory, gone when the story has ended.
#[derive(Debug)]
pub(crate) struct Database {
    /// What the configuration's `database.url` says.
    pub(crate) url: String,
    /// Which of the two it is.
    pub(crate) backend: Backend,
    /// The data directory; SQLite's files are here.
    pub(crate) dir: TempDir,
}

impl Database {
    /// Opens it, schema and all.
    pub(crate) async fn open(&self) -> Db {
        Db::open(&self.url, 8).await.unwrap()
    }
}

/// Tells the story on SQLite, then on PostgreSQL. A failing one says in its output where it was.
pub(crate) async fn on_each_database(story: impl AsyncFn(&Database)) {
    on_sqlite(&story).await;
    on_postgres(&story).await;
}

/// Tells the story on SQLite only: for what is about its files.
pub(crate) async fn on_sqlite(story: impl AsyncFn(&Database)) {
    eprintln!("on SQLite");
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite://{}", dir.path().join("undersigned.db").display());
    story(&Database { url, backend: Backend::Sqlite, dir }).await;
}

/// Tells the story on PostgreSQL only: for what needs several workers at once.
pub(crate) async fn on_postgres(story: impl AsyncFn(&Database)) {
    eprintln!("on PostgreSQL");
    let name = format!("story_{}", Id::<()>::new().to_string().replace('-', "_"));
    administer(format!("CREATE DATABASE {name}")).await;
    let url = format!("{}/{name}", SERVERS.postgres);
    let database = Database { url, backend: Backend::Postgres, dir: TempDir::new().unwrap() };
    let told = AssertUnwindSafe(story(&database)).catch_unwind().await;
    administer(format!("DROP DATABASE {name} WITH (FORCE)")).await;
    told.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Waits until somebody waits for somebody else, on PostgreSQL.
pub(crate) async fn until_one_waits(db: &Db) {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("one who waits", async || {
        let mut conn = db.read().await.unwrap();
        let waiting: i64 = sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap();
        (waiting > 0).then_some(())
    })
    .await;
}

/// Ends the leases of a worker that was killed, as waiting for three quarters of a minute would; where
/// the story is told at full size, it is waited. SQLite's next daemon ends them itself.
pub(crate) async fn end_leases(db: &Db) {
    if db.backend() == Backend::Sqlite || is_measured() {
        return;
    }
    let mut tx = db.begin_write().await.unwrap();
    for sql in [
        "UPDATE jobs SET lease_until = 0 WHERE state = 'running'",
        "UPDATE mailboxes SET lease_until = 0 WHERE lease_until > 0",
    ] {
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn administer(sql: String) {
    let mut conn = PgConnection::connect(&format!("{}/postgres", SERVERS.postgres)).await.unwrap();
    conn.execute(AssertSqlSafe(sql)).await.unwrap();
}

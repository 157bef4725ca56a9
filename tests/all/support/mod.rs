//! Databases for the stories.

use std::env;
use undersigned::store::Db;

/// An empty database.
pub struct Database {
    pub db: Db,
    _dir: Option<tempfile::TempDir>,
}

/// One of each kind.
pub async fn databases() -> Vec<Database> {
    let dir = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display());
    let sqlite = Db::open(&url, 8).await.expect("SQLite");
    let server = env::var("UNDERSIGNED_TEST_POSTGRES").expect("UNDERSIGNED_TEST_POSTGRES");
    sqlx::any::install_default_drivers();
    let name = format!("t{}", undersigned::store::TenantId::new().as_str().replace('-', ""));
    let pool = sqlx::AnyPool::connect(&format!("{server}/postgres")).await.expect("PostgreSQL");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&pool)
        .await
        .expect("a database");
    let postgres = Db::open(&format!("{server}/{name}"), 8).await.expect("PostgreSQL");
    vec![Database { db: sqlite, _dir: Some(dir) }, Database { db: postgres, _dir: None }]
}

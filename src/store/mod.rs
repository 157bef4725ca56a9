//! The only SQL of the project: one text for SQLite and PostgreSQL, through `sqlx::Any`.
//!
//! # Conventions
//! - Columns are TEXT, BIGINT (`INTEGER` in SQLite's strict tables), DOUBLE PRECISION or BYTEA; ids
//!   are UUIDv7 ([`Id`]), times [`Millis`](crate::clock::Millis), flags 0 or 1, documents JSON as text.
//! - Placeholders are `$1…$n`; time is bound, never asked of the database; nothing that only one of
//!   the two databases understands.
//! - Every row belongs to a tenant and every statement names it, but for what the worker claims
//!   across tenants (mailboxes and jobs).
//! - Functions take `&mut Conn` and the caller owns the transaction; whoever writes begins with
//!   [`Db::begin_write`].
//! - Not there is a value: look-ups answer `Option`.
//!
//! Which database it is, is asked in this file only.

pub mod audit;
pub mod consents;
pub mod contacts;
pub mod crm_connections;
pub mod crm_tokens;
pub mod crm_writes;
mod error;
pub mod exclusions;
pub mod followups;
pub mod graph;
mod id;
pub mod jobs;
mod json;
pub mod kept_apart;
pub mod lists;
pub mod mailboxes;
pub mod match_keys;
pub mod match_models;
pub mod messages;
pub mod oauth;
pub mod records;
mod security;
pub mod sessions;
mod several;
mod sole;
pub mod suggestions;
pub mod technical_users;
pub mod tenants;
pub mod tokens;
pub mod users;
pub mod vault_keys;
pub mod webhooks;

pub use error::StoreError;
pub use id::*;
use json::{from_json, to_json};
pub use security::Security;
pub use sole::SoleDaemon;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Executor};
use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

/// The connection every statement takes.
pub type Conn = sqlx::AnyConnection;

/// A transaction; dropped without [`commit`](sqlx::Transaction::commit) it leaves nothing.
pub type Tx = sqlx::Transaction<'static, Any>;

/// The database: a pool of connections and which kind it is.
#[derive(Debug, Clone)]
pub struct Db {
    pool: AnyPool,
    backend: Backend,
}

/// The two databases that are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// An embedded file, for one machine.
    Sqlite,
    /// A server, for any number of workers.
    Postgres,
}

/// Asked of every connection to SQLite: wait for the one writer, check references, be durable
/// before saying so, and overwrite what is deleted.
const SQLITE_CONNECTION: &str = "
    PRAGMA busy_timeout = 30000;
    PRAGMA foreign_keys = ON;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
";

impl Db {
    /// Opens the database at `url` (`sqlite:///path/file.db` or `postgres://…`) and brings its
    /// schema up to date. A SQLite file that is not there is made.
    pub async fn open(url: &str, connections: u32) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let backend = Backend::of(url)?;
        let url = &*match backend {
            Backend::Sqlite => made_if_missing(url),
            Backend::Postgres => Cow::Borrowed(url),
        };
        if backend == Backend::Sqlite {
            switch_to_wal(url).await?;
        }
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        conn.execute(SQLITE_CONNECTION).await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await
            .map_err(StoreError::Connect)?;
        let db = Self { pool, backend };
        db.migrate().await?;
        Ok(db)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let migrator = match self.backend {
            Backend::Sqlite => sqlx::migrate!("src/store/migrations/sqlite"),
            Backend::Postgres => sqlx::migrate!("src/store/migrations/postgres"),
        };
        migrator.run(&self.pool).await.map_err(StoreError::Migrate)
    }

    /// A connection to read with, each statement on its own.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction that will write. SQLite takes its single write lock here, where the
    /// busy timeout applies; a later upgrade from reading to writing would fail at once.
    pub async fn begin_write(&self) -> Result<Tx, StoreError> {
        Ok(match self.backend {
            Backend::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Backend::Postgres => self.pool.begin().await?,
        })
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read().await?.execute("SELECT 1").await?;
        Ok(())
    }

    /// Closes every connection; SQLite's log is folded back into its file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Backend {
    fn of(url: &str) -> Result<Self, StoreError> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(StoreError::Url),
        }
    }
}

/// The URL that also makes the file, unless it says itself how to open it.
fn made_if_missing(url: &str) -> Cow<'_, str> {
    match url.split_once('?') {
        None => Cow::Owned(format!("{url}?mode=rwc")),
        Some((_, query)) if query.contains("mode=") => Cow::Borrowed(url),
        Some(_) => Cow::Owned(format!("{url}&mode=rwc")),
    }
}

/// Write-ahead logging is a property of the file, and switching cannot wait for a lock: it is done
/// once, on a single connection, before there are others.
async fn switch_to_wal(url: &str) -> Result<(), StoreError> {
    let options = AnyConnectOptions::from_str(url).map_err(StoreError::Connect)?;
    let mut conn = sqlx::ConnectOptions::connect(&options).await.map_err(StoreError::Connect)?;
    conn.execute("PRAGMA journal_mode = WAL").await?;
    sqlx::Connection::close(conn).await?;
    Ok(())
}

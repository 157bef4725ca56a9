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
pub mod crm_writes;
pub mod endings;
mod error;
pub mod exclusions;
pub mod followups;
pub mod graph;
mod id;
pub mod jobs;
mod json;
pub mod kept_apart;
pub mod lists;
pub mod made_accounts;
pub mod mailboxes;
pub mod match_keys;
pub mod match_models;
pub mod messages;
pub mod oauth;
pub mod outdated;
pub mod policies;
pub mod records;
pub mod rekeying;
mod repeated;
mod security;
pub mod sessions;
mod several;
mod sole;
mod state;
pub mod suggestions;
pub mod technical_users;
pub mod tenants;
pub mod tokens;
mod told;
pub mod users;
pub mod vault_keys;
mod wal;
pub mod webhooks;
mod writes;

pub use error::StoreError;
pub use id::*;
use json::{from_json, to_json};
pub use repeated::{Obstacle, repeated};
pub use security::Security;
pub use sole::SoleDaemon;
pub use told::Told;
pub use writes::{Statement, Writes};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Connection, Executor};
use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The connection every statement takes.
pub type Conn = sqlx::AnyConnection;

/// A transaction; dropped without [`commit`](sqlx::Transaction::commit) it leaves nothing.
pub type Tx = sqlx::Transaction<'static, Any>;

/// The database: its connections and which kind it is.
#[derive(Debug, Clone)]
pub struct Db {
    readers: AnyPool,
    /// On SQLite one connection, since one can write at a time: writers stand in a line for it (those
    /// that wait for SQLite's lock sleep, ever longer), and it knows what is in the file. On PostgreSQL
    /// the same as the readers.
    writers: AnyPool,
    backend: Backend,
    /// Whether SQLite's writer was told last to wait for the disk.
    waits_for_disk: Arc<AtomicBool>,
}

/// The two databases that are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// An embedded file, for one machine.
    Sqlite,
    /// A server, for any number of workers.
    Postgres,
}

/// Asked of every connection to SQLite: wait for a writer in another process, check references, and
/// overwrite what is deleted. How durable a transaction is, is said when it begins. Whoever commits
/// when the log has 128 MiB folds what [`Db::fold_log`] has not folded yet, and the log begins anew.
const SQLITE_CONNECTION: &str = "
    PRAGMA busy_timeout = 30000;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = 32000;
    PRAGMA temp_store = MEMORY;
";

/// Asked of the connection that writes, which looks up everybody who may be the person of a message:
/// 32 MiB of what is in the file are kept, where 2 are usual.
const SQLITE_WRITER: &str = "PRAGMA cache_size = -32768";

/// Begins to write on SQLite; on the disk before it is said to be done.
const SQLITE_WRITE: &str = "PRAGMA synchronous = FULL; BEGIN IMMEDIATE";

/// Begins to write on SQLite; on the disk together with the next that is.
const SQLITE_REPEATABLE: &str = "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE";

/// The same for a single statement.
const SQLITE_ONCE: &str = "PRAGMA synchronous = NORMAL";

/// Begins to write on PostgreSQL.
const POSTGRES_WRITE: &str = "BEGIN";

/// The same, of what can be had again: on the disk within a second
/// (<https://www.postgresql.org/docs/current/wal-async-commit.html>). A table that grows is walked by a
/// plan that was made while it was small, until its statistics are gathered: each row of such a
/// transaction is found by an index.
const POSTGRES_REPEATABLE: &str =
    "BEGIN; SET LOCAL synchronous_commit TO OFF; SET LOCAL enable_seqscan TO OFF";

/// How long a connection to PostgreSQL may have rested before it is asked whether it is still there:
/// asking costs as much as a statement.
const RESTED: Duration = Duration::from_secs(1);

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
        let options = AnyPoolOptions::new().acquire_timeout(Duration::from_secs(30));
        let connect = async |options: AnyPoolOptions, most: u32| {
            options.max_connections(most).connect(url).await.map_err(StoreError::Connect)
        };
        let waits_for_disk = Arc::new(AtomicBool::new(true));
        let db = if backend == Backend::Sqlite {
            switch_to_wal(url).await?;
            // A file does not go away like a server, and asking costs a change of threads.
            let options = options.test_before_acquire(false);
            let writers = options.clone().idle_timeout(None).max_lifetime(None);
            let writers = writers.after_connect(|conn, _| {
                Box::pin(async move {
                    conn.execute(SQLITE_CONNECTION).await?;
                    conn.execute(SQLITE_WRITER).await.map(drop)
                })
            });
            let options = options.after_connect(|conn, _| {
                Box::pin(async move { conn.execute(SQLITE_CONNECTION).await.map(drop) })
            });
            let writers = connect(writers, 1).await?;
            let readers = connect(options, connections.saturating_sub(1).max(1)).await?;
            Self { readers, writers, backend, waits_for_disk }
        } else {
            let options = options.test_before_acquire(false).before_acquire(|conn, used| {
                Box::pin(async move {
                    if used.idle_for > RESTED {
                        conn.ping().await?;
                    }
                    Ok(true)
                })
            });
            let readers = connect(options, connections).await?;
            Self { writers: readers.clone(), readers, backend, waits_for_disk }
        };
        db.migrate().await?;
        Ok(db)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let migrator = match self.backend {
            Backend::Sqlite => sqlx::migrate!("src/store/migrations/sqlite"),
            Backend::Postgres => sqlx::migrate!("src/store/migrations/postgres"),
        };
        migrator.run(&self.writers).await.map_err(StoreError::Migrate)
    }

    /// A connection to read with, each statement on its own.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// Begins a transaction that will write. SQLite takes its single write lock here; a later upgrade
    /// from reading to writing would fail at once.
    pub async fn begin_write(&self) -> Result<Tx, StoreError> {
        let tx = match self.backend {
            Backend::Sqlite => self.writers.begin_with(SQLITE_WRITE).await?,
            Backend::Postgres => self.begin_on_postgres(POSTGRES_WRITE).await?,
        };
        // As long as there is a transaction, nobody else has the writer.
        self.waits_for_disk.store(true, Ordering::Relaxed);
        Ok(tx)
    }

    /// Begins a transaction that will write what can be had again, as what came of a message that is
    /// still in its mailbox. It is as atomic as any other, but the disk is not waited for: the last of
    /// such transactions are gone together if the power fails (not if the process dies), and what is
    /// left then is what was there a moment before. On SQLite the disk is waited for by the next of
    /// [`Db::begin_write`], and by the daemon every few seconds ([`Db::fold_log`]), which keeps nobody
    /// who writes; PostgreSQL sees to it itself.
    pub async fn begin_repeatable(&self) -> Result<Tx, StoreError> {
        if self.backend == Backend::Postgres {
            return self.begin_on_postgres(POSTGRES_REPEATABLE).await;
        }
        let tx = self.writers.begin_with(SQLITE_REPEATABLE).await?;
        self.waits_for_disk.store(false, Ordering::Relaxed);
        Ok(tx)
    }

    /// Begins whether or not the caller is stopped meanwhile: of a BEGIN that nobody waits for sqlx knows
    /// nothing, and would leave its transaction to whoever has the connection next.
    async fn begin_on_postgres(&self, how: &'static str) -> Result<Tx, StoreError> {
        let pool = self.writers.clone();
        let begun = tokio::spawn(async move { pool.begin_with(how).await }).await;
        Ok(begun.map_err(|stopped| sqlx::Error::Io(stopped.into()))??)
    }

    /// Runs one statement that writes what can be had again: a transaction of its own, as durable as
    /// [`Db::begin_repeatable`]'s. How many rows it has changed.
    pub async fn write_once(&self, statement: Statement) -> Result<u64, StoreError> {
        if self.backend == Backend::Postgres {
            let mut writes = Writes::default();
            writes.add(statement);
            let changed = writes.run_repeatable(&mut *self.writers.acquire().await?).await?;
            return Ok(changed.into_iter().sum());
        }
        let mut conn = self.writers.acquire().await?;
        if self.waits_for_disk.load(Ordering::Relaxed) {
            conn.execute(SQLITE_ONCE).await?;
            self.waits_for_disk.store(false, Ordering::Relaxed);
        }
        statement.run(&mut conn).await
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
        self.readers.close().await;
        self.writers.close().await;
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

    /// Which database a connection leads to.
    fn of_connection(conn: &Conn) -> Self {
        if conn.backend_name() == "SQLite" { Self::Sqlite } else { Self::Postgres }
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
    conn.close().await?;
    Ok(())
}

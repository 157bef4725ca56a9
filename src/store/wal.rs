//! Folding SQLite's write-ahead log back into its file, beside the writers instead of in their way.
//!
//! Left to itself, SQLite lets whoever commits when the log has grown long fold it; and when all of it is
//! folded, whoever commits next begins it anew, and waits until the disk has its first page. Both take
//! tens of milliseconds, and now and then hundreds. Folding does not need the right to write
//! (<https://www.sqlite.org/wal.html#ckpt>), so a task of its own does it every few seconds. It also
//! stays a reader of the log, which keeps everybody from beginning it anew; when the log is long, the
//! task does that itself.

use super::{Backend, Conn, Db, StoreError};
use sqlx::{ConnectOptions, Connection, Executor};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How often: whoever writes beside it feels that the disk is asked to. It is also the longest that what
/// was written without waiting for the disk is on its way there.
const PAUSE: Duration = Duration::from_secs(9);

/// Pages of a log that is begun anew, 32 MiB: a quarter of what it may have until whoever commits folds it.
const LONG: i64 = 8000;

/// How often what was written meanwhile is folded too: each time it is less.
const TRIES: usize = 8;

/// How much is in the log, without folding any of it.
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";

/// Folds what nobody still reads past.
const FOLD: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Writes a page that says what it said before.
const TOUCH: &str = "PRAGMA user_version = 0";

/// Pages of the log.
struct Log {
    all: i64,
    folded: i64,
}

impl Db {
    /// Folds the log again and again until `stop`, and not before; on PostgreSQL there is nothing to do.
    pub async fn fold_log(self, stop: CancellationToken) {
        if self.backend == Backend::Postgres {
            return stop.cancelled().await;
        }
        let mut reader = None;
        while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
            if let Err(error) = self.fold_log_once(&mut reader).await {
                warn!(%error, "cannot fold the database's log");
            }
        }
    }

    /// `reader`: who reads the log as it was when there was last something to fold.
    async fn fold_log_once(&self, reader: &mut Option<Conn>) -> Result<(), StoreError> {
        let log = self.log(LOOK).await?;
        if log.all >= LONG {
            replace(reader, None).await?;
            return self.begin_log_anew().await;
        }
        let mut next = Ok(());
        // Who begins to read when all is folded reads the file alone, and keeps nobody from the log.
        if log.folded < log.all {
            next = match self.reader_of_log().await {
                Ok(next) => replace(reader, Some(next)).await,
                Err(error) => Err(error),
            };
        }
        self.log(FOLD).await?;
        next
    }

    /// Folds all of the log and begins the log anew, unless whoever writes is faster each time.
    async fn begin_log_anew(&self) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let log = self.log(FOLD).await?;
            if log.folded == log.all {
                self.writers.acquire().await?.execute(TOUCH).await?;
                break;
            }
        }
        Ok(())
    }

    async fn reader_of_log(&self) -> Result<Conn, StoreError> {
        let mut conn = self.readers.connect_options().connect().await?;
        conn.execute("BEGIN; SELECT COUNT(*) FROM sqlite_schema").await?;
        Ok(conn)
    }

    async fn log(&self, how: &'static str) -> Result<Log, StoreError> {
        let mut conn = self.read().await?;
        let (_is_busy, all, folded): (i64, i64, i64) =
            sqlx::query_as(how).fetch_one(&mut *conn).await?;
        Ok(Log { all, folded })
    }
}

async fn replace(reader: &mut Option<Conn>, next: Option<Conn>) -> Result<(), StoreError> {
    if let Some(last) = std::mem::replace(reader, next) {
        last.close().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    async fn open(dir: &TempDir, name: &str) -> Db {
        let url = format!("sqlite://{}", dir.path().join(name).display());
        Db::open(&url, 2).await.expect("made")
    }

    async fn write(db: &Db, sql: &'static str) {
        let mut tx = db.begin_repeatable().await.expect("nobody writes");
        tx.execute(sql).await.expect("written");
        tx.commit().await.expect("done");
    }

    #[tokio::test]
    async fn what_is_written_is_folded_into_the_file() {
        let dir = TempDir::new().expect("a directory");
        let db = open(&dir, "undersigned.db").await;
        write(&db, "CREATE TABLE written (number INTEGER)").await;
        db.fold_log_once(&mut None).await.expect("folded");
        let [file, copy] = ["undersigned.db", "copy.db"].map(|name| dir.path().join(name));
        std::fs::copy(&file, &copy).expect("the file without its log");
        let alone = open(&dir, "copy.db").await;
        let mut conn = alone.read().await.expect("a connection");
        conn.execute("SELECT number FROM written").await.expect("the table is there");
    }

    #[tokio::test]
    async fn nobody_who_writes_begins_the_log_anew_until_it_is_long() {
        let dir = TempDir::new().expect("a directory");
        let db = open(&dir, "undersigned.db").await;
        let mut reader = None;
        write(&db, "CREATE TABLE written (bytes BLOB)").await;
        let mut before = 0;
        for _ in 0..3 {
            // Also where nothing was written since it was folded last.
            for _ in 0..2 {
                db.fold_log_once(&mut reader).await.expect("folded");
            }
            let log = db.log(LOOK).await.expect("seen");
            assert_eq!(log.folded, log.all);
            assert!(log.all > before, "{} pages after {before}", log.all);
            before = log.all;
            write(&db, "INSERT INTO written VALUES (zeroblob(4096))").await;
        }
        write(&db, "INSERT INTO written VALUES (zeroblob(4096 * 8000))").await;
        assert!(db.log(LOOK).await.expect("seen").all >= LONG);
        db.fold_log_once(&mut reader).await.expect("folded");
        let anew = db.log(LOOK).await.expect("seen").all;
        assert!(anew < before, "{anew} pages");
        write(&db, "INSERT INTO written VALUES (zeroblob(4096))").await;
        db.fold_log_once(&mut reader).await.expect("folded");
        write(&db, "INSERT INTO written VALUES (zeroblob(4096))").await;
        assert!(db.log(LOOK).await.expect("seen").all > anew + 1, "it goes on");
    }
}

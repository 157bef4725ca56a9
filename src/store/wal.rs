//! Folding SQLite's write-ahead log back into its file, beside the writers instead of in their way.
//!
//! Left to itself, SQLite lets whoever commits when the log has grown long fold it, and wait for the
//! disk: tens of milliseconds when the file is large. Folding does not need the right to write
//! (<https://www.sqlite.org/wal.html#ckpt>), so a task of its own does it all the time, and little is
//! left for whoever commits.

use super::{Backend, Db, StoreError};
use sqlx::Executor;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How often it is looked whether the log has become long.
const PAUSE: Duration = Duration::from_millis(250);

/// After so many transactions the log is long; a message is two or three.
const LONG: u32 = 400;

/// The longest that what was written without waiting for the disk is on its way there.
const PATIENCE: Duration = Duration::from_secs(9);

impl Db {
    /// Folds the log again and again until `stop`, and not before; on PostgreSQL there is nothing to do.
    /// The disk is asked to write then, which those who write beside it feel: not too often.
    pub async fn fold_log(self, stop: CancellationToken) {
        if self.backend == Backend::Postgres {
            return stop.cancelled().await;
        }
        let mut folded = Instant::now();
        while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
            let writes = self.unfolded.load(Ordering::Relaxed);
            if writes == 0 || writes < LONG && folded.elapsed() < PATIENCE {
                continue;
            }
            self.unfolded.fetch_sub(writes, Ordering::Relaxed);
            folded = Instant::now();
            if let Err(error) = self.fold_log_once().await {
                warn!(%error, "cannot fold the database's log");
            }
        }
    }

    async fn fold_log_once(&self) -> Result<(), StoreError> {
        self.read().await?.execute("PRAGMA wal_checkpoint(PASSIVE)").await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_comes_into_the_file_by_itself() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let [file, copy] = ["undersigned.db", "copy.db"].map(|name| dir.path().join(name));
        let db = Db::open(&format!("sqlite://{}", file.display()), 2).await.expect("made");
        let stop = CancellationToken::new();
        let folding = tokio::spawn(db.clone().fold_log(stop.clone()));
        for statement in std::iter::once("CREATE TABLE written (number INTEGER)")
            .chain(std::iter::repeat_n("INSERT INTO written VALUES (1)", LONG as usize))
        {
            let mut tx = db.begin_repeatable().await.expect("nobody writes");
            tx.execute(statement).await.expect("written");
            tx.commit().await.expect("done");
        }
        tokio::time::sleep(4 * PAUSE).await;
        std::fs::copy(&file, &copy).expect("the file without its log");
        let alone =
            Db::open(&format!("sqlite://{}", copy.display()), 2).await.expect("a whole file");
        let mut conn = alone.read().await.expect("a connection");
        conn.execute("SELECT number FROM written").await.expect("the table is there");
        stop.cancel();
        folding.await.expect("it ends");
    }
}

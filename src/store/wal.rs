//! Folding SQLite's write-ahead log back into its file, beside the writers instead of in their way.
//!
//! Left to itself, SQLite lets whoever commits when the log has grown long fold it, and wait for the
//! disk: tens of milliseconds when the file is large. Folding does not need the right to write
//! (<https://www.sqlite.org/wal.html#ckpt>), so a task of its own does it every few seconds, and hardly
//! anything is left for whoever commits.

use super::{Backend, Db, StoreError};
use sqlx::Executor;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How often: whoever writes beside it feels that the disk is asked to. It is also the longest that what
/// was written without waiting for the disk is on its way there.
const PAUSE: Duration = Duration::from_secs(9);

impl Db {
    /// Folds the log again and again until `stop`, and not before; on PostgreSQL there is nothing to do.
    pub async fn fold_log(self, stop: CancellationToken) {
        if self.backend == Backend::Postgres {
            return stop.cancelled().await;
        }
        while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
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
    async fn what_is_written_is_folded_into_the_file() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let [file, copy] = ["undersigned.db", "copy.db"].map(|name| dir.path().join(name));
        let db = Db::open(&format!("sqlite://{}", file.display()), 2).await.expect("made");
        let mut tx = db.begin_repeatable().await.expect("nobody writes");
        tx.execute("CREATE TABLE written (number INTEGER)").await.expect("written");
        tx.commit().await.expect("done");
        db.fold_log_once().await.expect("folded");
        std::fs::copy(&file, &copy).expect("the file without its log");
        let alone =
            Db::open(&format!("sqlite://{}", copy.display()), 2).await.expect("a whole file");
        let mut conn = alone.read().await.expect("a connection");
        conn.execute("SELECT number FROM written").await.expect("the table is there");
    }
}

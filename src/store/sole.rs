//! On SQLite there is one daemon a database, and it says so with a lock on a file beside it.
//!
//! That makes a restart quick: whoever held a lease is dead, so nobody waits until it ends. On
//! PostgreSQL other daemons may be alive, and leases end by themselves.

use super::{Backend, Db, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use std::fs::{File, OpenOptions, TryLockError};
use std::str::FromStr;

/// The right to be the only daemon on a SQLite database; given back when dropped, or when the
/// process ends however it ends.
#[derive(Debug)]
pub struct SoleDaemon(
    #[expect(dead_code, reason = "the lock is held as long as the file is open")] File,
);

impl Db {
    /// Makes sure that no other daemon is on this database if it is SQLite, and takes up at once what
    /// a dead one held. On PostgreSQL there is nothing to do.
    pub async fn begin_daemon(&self, url: &str) -> Result<Option<SoleDaemon>, StoreError> {
        if self.backend() == Backend::Postgres {
            return Ok(None);
        }
        let sole = lock(url)?;
        let mut tx = self.begin_write().await?;
        sqlx::query(
            "UPDATE mailboxes SET lease_holder = '', lease_until = 0 WHERE lease_until > 0",
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE jobs SET lease_until = 0 WHERE state = 'running'")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some(sole))
    }
}

fn lock(url: &str) -> Result<SoleDaemon, StoreError> {
    let options = SqliteConnectOptions::from_str(url).map_err(StoreError::Connect)?;
    let mut path = options.get_filename().as_os_str().to_owned();
    path.push(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let locked = file.map_err(TryLockError::Error).and_then(|file| file.try_lock().map(|()| file));
    match locked {
        Ok(file) => Ok(SoleDaemon(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(StoreError::Connect(sqlx::Error::Io(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_daemon_is_refused_until_the_first_has_ended() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let url = format!("sqlite://{}", dir.path().join("undersigned.db").display());
        let db = Db::open(&url, 2).await.expect("made");
        let first = db.begin_daemon(&url).await.expect("nobody is there");
        assert!(matches!(db.begin_daemon(&url).await, Err(StoreError::InUse)));
        drop(first);
        db.begin_daemon(&url).await.expect("it has ended");
    }
}

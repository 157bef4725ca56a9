//! What is remembered of the tenants' accounts between two mails: a connection for the next one,
//! and how long an account is to be left alone. Nothing here outlives the process.

use super::smtp::Connection;
use crate::clock::Millis;
use crate::store::TenantId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// How long a connection is kept for the next mail of its tenant.
const KEPT_FOR: Duration = Duration::from_secs(20);

/// One connection at most for each tenant, and who rests. A clone shares them.
#[derive(Clone, Default)]
pub(super) struct Accounts {
    kept: Arc<Mutex<HashMap<TenantId, Kept>>>,
    resting: Arc<Mutex<HashMap<TenantId, Rest>>>,
}

/// A connection made with one version of the tenant's settings.
struct Kept {
    version: Millis,
    serial: u64,
    connection: Connection,
}

/// One version of the tenant's settings is not tried until then.
struct Rest {
    version: Millis,
    until: Millis,
}

impl Accounts {
    /// The kept connection, if it was made with these settings.
    pub(super) fn take(&self, tenant: &TenantId, version: Millis) -> Option<Connection> {
        let kept = lock(&self.kept).remove(tenant)?;
        (kept.version == version).then_some(kept.connection)
    }

    /// Keeps a connection for a while, then closes it.
    pub(super) fn keep(&self, tenant: &TenantId, version: Millis, connection: Connection) {
        let serial = rand::random();
        lock(&self.kept).insert(tenant.clone(), Kept { version, serial, connection });
        let (kept, tenant) = (Arc::clone(&self.kept), tenant.clone());
        tokio::spawn(async move {
            sleep(KEPT_FOR).await;
            if let Some(connection) = remove(&kept, &tenant, serial) {
                connection.close().await;
            }
        });
    }

    /// How long an account must still be left alone.
    pub(super) fn rest(&self, tenant: &TenantId, version: Millis, now: Millis) -> Option<Duration> {
        let resting = lock(&self.resting);
        let rest = resting.get(tenant).filter(|rest| rest.version == version)?;
        let left = u64::try_from(rest.until.0 - now.0).ok().filter(|left| *left > 0)?;
        Some(Duration::from_millis(left))
    }

    /// Leaves an account alone until then, or until its settings change.
    pub(super) fn leave_alone(&self, tenant: &TenantId, version: Millis, until: Millis) {
        lock(&self.resting).insert(tenant.clone(), Rest { version, until });
    }
}

/// Takes out one certain connection, unless it was taken.
fn remove(
    kept: &Mutex<HashMap<TenantId, Kept>>,
    tenant: &TenantId,
    serial: u64,
) -> Option<Connection> {
    let mut kept = lock(kept);
    if kept.get(tenant)?.serial != serial {
        return None;
    }
    kept.remove(tenant).map(|kept| kept.connection)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Who may read a message when: so many are read at the same time, and no tenant keeps another one waiting.
//!
//! A tenant has as many lanes as the machine has cores, and there is one more than that: however many messages of
//! one tenant take their time, one lane is left to the others. Those that wait get their turn in the order in
//! which they came, and of no tenant more stand in that row than it has lanes; the rest of them wait outside it.
//! A mailbox hands over one message after the other, so that within a tenant each mailbox has its turn.

use crate::store::TenantId;
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The lanes of a process; clones share them.
#[derive(Clone)]
pub(super) struct Lanes {
    all: Arc<Semaphore>,
    /// How many each tenant has.
    each: u16,
    tenants: Arc<Mutex<HashMap<TenantId, Arc<Semaphore>>>>,
}

/// Leave to read, given back when dropped.
pub(super) struct Lane {
    _of_tenant: Option<OwnedSemaphorePermit>,
    _of_all: Option<OwnedSemaphorePermit>,
}

/// Leave to read. Who reads holds it, and so does every thread until it really ends.
pub(super) type Permit = Arc<Lane>;

impl Lanes {
    /// So many for each tenant.
    pub(super) fn new(each: NonZero<u16>) -> Self {
        let each = each.get();
        let all = Arc::new(Semaphore::new(usize::from(each) + 1));
        Self { all, each, tenants: Arc::default() }
    }

    /// A lane for a message of a tenant.
    pub(super) async fn one(&self, tenant: &TenantId) -> Lane {
        let of_tenant = self.of(tenant).acquire_owned().await.ok();
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok();
        Lane { _of_tenant: of_tenant, _of_all: of_all }
    }

    /// A lane, and all others, so that no other message is read meanwhile. After `patience` the lane alone: a
    /// thread that does not end must not keep every message waiting. The lane is one of the tenant's, as any
    /// other, for such a thread keeps it.
    pub(super) async fn alone(
        &self,
        tenant: &TenantId,
        patience: Duration,
    ) -> (Lane, Option<OwnedSemaphorePermit>) {
        let of_tenant = self.of(tenant).acquire_owned().await.ok();
        let all = Arc::clone(&self.all).acquire_many_owned(u32::from(self.each) + 1);
        let (of_all, others) = match timeout(patience, all).await {
            Ok(all) => {
                let mut others = all.ok();
                (others.as_mut().and_then(|all| all.split(1)), others)
            }
            Err(_) => (Arc::clone(&self.all).acquire_owned().await.ok(), None),
        };
        (Lane { _of_tenant: of_tenant, _of_all: of_all }, others)
    }

    fn of(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.len() == tenants.capacity() {
            tenants.retain(|_, lanes| Arc::strong_count(lanes) > 1);
        }
        let lanes = || Arc::new(Semaphore::new(usize::from(self.each)));
        Arc::clone(tenants.entry(tenant.clone()).or_insert_with(lanes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn whatever_one_tenant_holds_another_finds_a_lane_and_both_in_turn() {
        let lanes = Lanes::new(NonZero::new(2).unwrap());
        let [slow, other, third] = [TenantId::new(), TenantId::new(), TenantId::new()];
        let held = [lanes.one(&slow).await, lanes.one(&slow).await];
        let mut waiting: Vec<_> = (0..20).map(|_| Box::pin(lanes.one(&slow))).collect();
        assert!(waiting.iter_mut().all(|one| one.now_or_never().is_none()));
        let found = lanes.one(&other).now_or_never().expect("a lane");
        // All are taken. Of the first tenant none waits in the row while it holds two.
        let mut third = Box::pin(lanes.one(&third));
        assert!(third.as_mut().now_or_never().is_none());
        drop(held);
        assert!(third.as_mut().now_or_never().is_some());
        drop((found, third));
        for one in waiting {
            drop(one.now_or_never().expect("one after the other"));
        }
        for _ in 0..1000 {
            drop(lanes.one(&TenantId::new()).await);
        }
        assert!(lanes.tenants.lock().unwrap().len() < 100, "whom nobody needs is forgotten");
    }

    #[tokio::test]
    async fn who_reads_alone_has_all_lanes_or_after_a_while_one() {
        let lanes = Lanes::new(NonZero::new(1).unwrap());
        let [one, other] = [TenantId::new(), TenantId::new()];
        let (lane, others) = lanes.alone(&one, Duration::from_millis(5)).await;
        assert!(others.is_some());
        assert!(lanes.one(&other).now_or_never().is_none());
        drop(others);
        assert!(lanes.one(&other).now_or_never().is_some());
        let (_, others) = lanes.alone(&other, Duration::from_millis(5)).await;
        assert!(others.is_none());
        drop(lane);
    }

    #[tokio::test]
    async fn who_read_alone_and_does_not_end_leaves_a_lane_to_the_others() {
        let lanes = Lanes::new(NonZero::new(2).unwrap());
        let [slow, other] = [TenantId::new(), TenantId::new()];
        let held = lanes.one(&other).await;
        let mut alone = Box::pin(lanes.alone(&slow, Duration::from_mins(1)));
        assert!(alone.as_mut().now_or_never().is_none());
        let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(lanes.one(&slow))).collect();
        assert!(waiting.iter_mut().all(|one| one.now_or_never().is_none()));
        drop(held);
        let (stuck, others) = alone.now_or_never().expect("all lanes");
        assert!(others.is_some());
        drop(others);
        let begun: Vec<_> = waiting.iter_mut().filter_map(FutureExt::now_or_never).collect();
        assert!(lanes.one(&other).now_or_never().is_some(), "{} more are read", begun.len());
        assert_eq!(begun.len(), 1);
        drop((stuck, begun));
    }
}

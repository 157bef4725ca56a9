//! How a mailbox at Microsoft 365 is watched, once this worker has it.

use super::access::Keys;
use super::older;
use super::proof::Doubt;
use super::wakes::Wakes;
use super::watch::Watch;
use super::withheld::Withheld;
use crate::source::watchers::{self, Tend, spread};
use crate::store::graph::Access;
use crate::store::mailboxes::{Held, Kind};
use crate::suggestion::Intake;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Watches mailboxes at Microsoft 365.
pub type Watchers = watchers::Watchers<Tender>;

/// What the operator has configured.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How much of a message is read (`mail.max_message_bytes`).
    pub max_message_bytes: usize,
    /// How often a mailbox is looked at even if nothing is heard (`graph.poll_seconds`).
    pub poll: Duration,
    /// How many older messages of a mailbox are read in a minute (`graph.backfill_per_minute`).
    pub backfill_per_minute: u32,
}

/// What every mailbox needs.
pub struct Tender {
    keys: Arc<Keys>,
    intake: Intake,
    limits: Limits,
    wakes: Wakes,
}

/// A worker whose messages go to `intake`; `wakes` has to run beside it.
pub fn watchers(keys: Arc<Keys>, intake: Intake, limits: Limits, wakes: Wakes) -> Watchers {
    let (db, clock) = (keys.db.clone(), keys.clock.clone());
    Watchers::over(db, clock, Tender { keys, intake, limits, wakes })
}

impl Tend for Tender {
    const KIND: Kind = Kind::Graph;

    async fn tend(&self, held: Held, stop: CancellationToken) {
        let wake = self.wakes.of(&held.mailbox.id);
        let watch = Watch {
            keys: Arc::clone(&self.keys),
            intake: self.intake.clone(),
            limits: Limits { poll: spread(self.limits.poll), ..self.limits },
            held,
            stop,
            wake,
            access: Access::Application,
            own_token: None,
            lacks_fresh: false,
            reported: None,
            withheld: Withheld::default(),
            handed: 0,
            forbidden: false,
            doubt: Doubt::default(),
            older: older::Lane::default(),
            gone: Vec::new(),
            ailing: None,
            notified: true,
            next_look: None,
        };
        watch.run().await;
    }
}

//! How a mailbox on an IMAP server is watched, once this worker has it.

use super::connect::Connector;
use super::hosts::{Before, Hosts};
use super::hurry::Hurry;
use super::keys::Keys;
use super::proof::Doubts;
use super::reader::Reader;
use super::room::Room;
use super::suspicion::Suspicion;
use super::watch::{Limits, Watch};
use crate::clock::Clock;
use crate::source::watchers::{self, Tend};
use crate::store::Db;
use crate::store::mailboxes::{Held, Kind};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio_util::sync::CancellationToken;

/// Watches mailboxes on IMAP servers.
pub type Watchers<R> = watchers::Watchers<Tender<R>>;

/// What every connection needs.
pub struct Tender<R> {
    db: Db,
    keys: Keys,
    clock: Clock,
    connector: Connector,
    reader: Arc<R>,
    limits: Limits,
    hosts: Hosts,
    room: Arc<Room>,
}

impl<R: Reader> Watchers<R> {
    /// A worker whose messages go to `reader`.
    pub fn new(
        db: Db,
        keys: Keys,
        clock: Clock,
        connector: Connector,
        reader: R,
        limits: Limits,
    ) -> Self {
        let tender = Tender {
            db: db.clone(),
            keys,
            clock: clock.clone(),
            connector,
            reader: Arc::new(reader),
            limits,
            hosts: Hosts::new(limits.connecting_per_host),
            room: Arc::default(),
        };
        Self::over(db, clock, tender)
    }
}

impl<R: Reader> Tend for Tender<R> {
    const KIND: Kind = Kind::Imap;

    async fn tend(&self, held: Held, stop: CancellationToken) {
        let watch = Watch {
            db: self.db.clone(),
            clock: self.clock.clone(),
            reader: Arc::clone(&self.reader),
            limits: self.limits.of_one(),
            before: Before::of(held.mailbox.state.is_ill()),
            room: Arc::clone(&self.room),
            gone: BTreeSet::new(),
            held,
            stop,
            reported: None,
            aside: None,
            suspicion: Suspicion::default(),
            doubts: Doubts::default(),
            progress: AtomicBool::default(),
            hurry: Hurry::default(),
            pushes: true,
            token: None,
        };
        watch.run(&self.keys, &self.connector, &self.hosts).await;
    }
}

//! Watches one mailbox for as long as it is held: connects, serves, waits, connects again.

use super::backoff::Backoff;
use super::connect::Connector;
use super::end::End;
use super::error::ConnectError;
use super::hosts::{Before, Hosts};
use super::hurry::Hurry;
use super::keys::{Keys, Token};
use super::proof::Doubts;
use super::reader::Reader;
use super::room::Room;
use super::session::serve;
use super::suspicion::Suspicion;
use crate::clock::{Clock, Millis};
use crate::source::watchers::spread;
use crate::store::mailboxes::{self, Held, Report, State};
use crate::store::{Db, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// What the operator has configured.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A message with a longer text is not read (`mail.max_message_bytes`).
    pub max_message_bytes: usize,
    /// How often a folder is looked at even if nothing is heard (`imap.poll_seconds`).
    pub poll: Duration,
    /// After how long IDLE is renewed (`imap.idle_seconds`).
    pub idle: Duration,
    /// How many connections to one host are made at the same time (`imap.connections_per_host`).
    pub connecting_per_host: usize,
    /// How many older messages of a mailbox are read in a minute (`imap.backfill_per_minute`).
    pub backfill_per_minute: u32,
    /// How many bytes of a mailbox's older mail are fetched in a day (`imap.backfill_mib_per_day`).
    pub backfill_bytes_per_day: u64,
}

impl Limits {
    /// For one of many mailboxes.
    pub(super) fn of_one(self) -> Self {
        Self { poll: spread(self.poll), idle: spread(self.idle), ..self }
    }
}

/// Watches one mailbox.
pub(super) struct Watch<R> {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) reader: Arc<R>,
    pub(super) limits: Limits,
    pub(super) room: Arc<Room>,
    pub(super) held: Held,
    /// Cancelled when the mailbox is to be left after the message at hand.
    pub(super) stop: CancellationToken,
    /// What was reported last.
    pub(super) reported: Option<(State, String, Option<Millis>)>,
    /// How many messages are put aside; none if that is to be counted again.
    pub(super) aside: Option<u32>,
    /// Which messages seem to end connections.
    pub(super) suspicion: Suspicion,
    /// Whether it hands over messages at all.
    pub(super) doubts: Doubts,
    /// The further folders that were gone, or as good as gone, when they were looked at last; the watched one
    /// too, while they are read in its stead.
    pub(super) gone: BTreeSet<String>,
    /// Whether the connection brought a message further: it was read, or put aside, or asked for again.
    pub(super) progress: AtomicBool,
    /// Whether IDLE is ended together with the command that follows, and news are asked for with two
    /// commands at once.
    pub(super) hurry: Hurry,
    /// Whether the server is asked to hand over new messages in IDLE: until it refuses.
    pub(super) pushes: bool,
    /// The access token got last, where a consent opens the mailbox.
    pub(super) token: Option<Token>,
    /// How connecting went the last time.
    pub(super) before: Before,
}

impl<R: Reader> Watch<R> {
    /// Whether a folder is missing, or whoever had the mailbox before said so.
    pub(super) fn lacks_folder(&self) -> bool {
        let was_gone = || self.held.mailbox.state == State::NoFolder;
        !self.gone.is_empty() || (self.reported.is_none() && was_gone())
    }

    /// Watches until it is stopped or the lease is lost.
    pub(super) async fn run(mut self, keys: &Keys, connector: &Connector, hosts: &Hosts) {
        let mut backoff = Backoff::default();
        let before = self.held.mailbox.throttled_for(self.clock.now());
        if self.pause(before).await.is_err() {
            return;
        }
        loop {
            let (end, lasted) = self.connect_and_serve(keys, connector, hosts).await;
            if matches!(end, End::Stopped) {
                return;
            }
            self.before = Before::of(matches!(end, End::Connect(_)));
            backoff.note(&end, lasted, self.progress.swap(false, Ordering::Relaxed));
            metrics::counter!("undersigned_imap_ends_total", "reason" => end.reason()).increment(1);
            let delay = backoff.delay(&end, rand::random());
            self.tell(&end, backoff.failures(), delay).await;
            if self.pause(delay).await.is_err() {
                return;
            }
        }
    }

    /// Gives the end, and how long it was connected: what it waited for its turn says nothing.
    pub(super) async fn connect_and_serve(
        &mut self,
        keys: &Keys,
        connector: &Connector,
        hosts: &Hosts,
    ) -> (End, Duration) {
        let stop = self.stop.clone();
        let connected = tokio::select! {
            connected = self.connect(keys, connector, hosts) => connected,
            () = stop.cancelled() => return (End::Stopped, Duration::ZERO),
        };
        match connected {
            Ok(mut wire) => {
                debug!(mailbox = %self.held.mailbox.id, "signed in");
                let began = Instant::now();
                (serve(&mut wire, self).await, began.elapsed())
            }
            Err(end) => (end, Duration::ZERO),
        }
    }

    /// Signs in. A token that was good so long ago that the server does not take it any more is
    /// exchanged once; only a new one that is refused means that the consent is gone.
    async fn connect(
        &mut self,
        keys: &Keys,
        connector: &Connector,
        hosts: &Hosts,
    ) -> Result<super::connect::Connection, End> {
        let mailbox = &self.held.mailbox;
        let had_token = self.token.is_some();
        let settings = keys.settings_with(mailbox, &mut self.token).await?;
        match hosts.in_turn(&mailbox.host, self.before, connector.open(&settings)).await {
            Err(ConnectError::TokenRefused(_)) if had_token => {
                self.token = None;
                let settings = keys.settings_with(mailbox, &mut self.token).await?;
                let opened = connector.open(&settings);
                Ok(hosts.in_turn(&mailbox.host, self.before, opened).await?)
            }
            Err(refused @ ConnectError::TokenRefused(_)) => {
                self.token = None;
                Err(refused.into())
            }
            opened => Ok(opened?),
        }
    }

    /// Notes that a message was brought further.
    pub(super) fn note_progress(&self) {
        self.progress.store(true, Ordering::Relaxed);
    }

    /// Says in the database how the mailbox fares, if that is not what it says already.
    pub(super) async fn report(&mut self, report: &Report<'_>) -> Result<(), StoreError> {
        let Report { state, detail, retry_at } = *report;
        let told = self.reported.as_ref().map(|(state, detail, at)| (*state, detail.as_str(), *at));
        if told == Some((state, detail, retry_at)) {
            return Ok(());
        }
        let mut tx = self.db.begin_write().await?;
        mailboxes::set_state(&mut tx, &self.held, report, self.clock.now()).await?;
        tx.commit().await?;
        self.reported = Some((state, detail.to_owned(), retry_at));
        Ok(())
    }

    /// Whether that is what was said last; whoever had the mailbox before may have said so.
    pub(super) fn is_said(&self, state: State) -> bool {
        let said = self.reported.as_ref().map_or(self.held.mailbox.state, |(state, ..)| *state);
        said == state
    }

    /// Waits, unless it is to stop.
    pub(super) async fn pause(&self, wait: Duration) -> Result<(), End> {
        tokio::select! {
            () = sleep(wait) => Ok(()),
            () = self.stop.cancelled() => Err(End::Stopped),
        }
    }

    /// Tells people of an end, after so many failures in a row.
    pub(super) async fn tell(&mut self, end: &End, failures: u32, delay: Duration) {
        let is_harmless = end.is_harmless(failures) && !self.is_said(end.state());
        let mailbox = self.held.mailbox.id.clone();
        let seconds = delay.as_secs();
        if let End::Store(error) = end {
            warn!(%mailbox, error = error as &dyn std::error::Error, seconds, "{end}");
        } else if is_harmless {
            info!(%mailbox, seconds, "{end}");
        } else {
            warn!(%mailbox, seconds, "{end}");
        }
        let (state, detail) = match (is_harmless, end) {
            (true, End::Wire(_)) => (State::Connecting, String::new()),
            (true, _) => (State::Connecting, end.to_string()),
            (false, _) => (end.state(), end.to_string()),
        };
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let retry_at = Some(self.clock.now().plus_secs(seconds));
        let report = Report { state, detail: &detail, retry_at };
        if let Err(error) = self.report(&report).await {
            warn!(%mailbox, error = &error as &dyn std::error::Error, "cannot say how a mailbox fares");
        }
    }
}

//! Watches one mailbox for as long as it is held: looks, waits until it is time or something was
//! heard, looks again.

use super::access::{Keys, Token};
use super::calls::Calls;
use super::fault::Fault;
use super::round::round;
use super::subscription;
use super::tender::Limits;
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::graph::{self, App, Credential};
use crate::store::mailboxes::{self, Held, Report, State};
use crate::suggestion::Intake;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// From how many days on the end of an app's secret is warned of.
const WARN_DAYS: i64 = 30;
const DAY_MILLIS: i64 = 86_400_000;

/// Watches one mailbox.
pub(super) struct Watch {
    pub(super) keys: Arc<Keys>,
    pub(super) intake: Intake,
    pub(super) limits: Limits,
    pub(super) held: Held,
    /// Cancelled when the mailbox is to be left after the message at hand.
    pub(super) stop: CancellationToken,
    /// Rings when a hint has come.
    pub(super) wake: Arc<Notify>,
    /// A person's token.
    pub(super) own_token: Option<Token>,
    /// What was reported last.
    pub(super) reported: Option<(State, String)>,
}

impl Watch {
    /// Watches until it is stopped or the lease is lost.
    pub(super) async fn run(mut self) {
        let mut failures: u32 = 0;
        loop {
            let fault = match self.look().await {
                Ok(()) => {
                    failures = 0;
                    if self.wait(self.limits.poll, true).await.is_err() {
                        return;
                    }
                    continue;
                }
                Err(Fault::Stopped) => return,
                Err(fault) => fault,
            };
            failures = failures.saturating_add(1);
            metrics::counter!("undersigned_graph_ends_total", "reason" => fault.reason())
                .increment(1);
            if matches!(fault, Fault::Unauthorized) {
                self.keys.forget(&self.held.mailbox.tenant, &mut self.own_token).await;
                // A token may end before its time: a look with another one decides.
                if failures == 1 {
                    continue;
                }
            }
            let delay = fault.delay(failures, rand::random());
            self.tell(&fault, delay).await;
            if self.wait(delay, false).await.is_err() {
                return;
            }
        }
    }

    async fn look(&mut self) -> Result<(), Fault> {
        let access = graph::access(&mut *self.keys.db.read().await?, &self.held).await?;
        let access = access.ok_or(Fault::Stopped)?;
        let keys = Arc::clone(&self.keys);
        let app = keys.app(&self.held.mailbox.tenant).await?;
        let stop = self.stop.clone();
        let held = self.held.clone();
        let token = keys.for_mailbox(&held, access, &app, &mut self.own_token);
        let token = tokio::select! {
            token = token => token?,
            () = stop.cancelled() => return Err(Fault::Stopped),
        };
        let calls = Calls::new(&keys.connector, &held.mailbox.username, &token)?;
        subscription::ensure(self, &calls).await?;
        let heard = graph::subscription(&mut *keys.db.read().await?, &held).await?;
        let all_there = self.look_at_folders(&calls, heard.missed).await?;
        let mut tx = keys.db.begin_write().await?;
        graph::settle(&mut tx, &held, heard.hints).await?;
        tx.commit().await.map_err(StoreError::from)?;
        debug!(mailbox = %held.mailbox.id, "looked at a mailbox");
        if all_there {
            self.report(State::Healthy, &warning(&app, keys.clock.now()), None).await?;
        } else {
            self.report(State::Refused, &Fault::NoFolder.to_string(), None).await?;
        }
        Ok(())
    }

    /// Reads every folder; one that cannot be read holds up no other. False: one beside the watched
    /// folder is not there any more.
    async fn look_at_folders(&mut self, calls: &Calls<'_>, missed: bool) -> Result<bool, Fault> {
        let keys = Arc::clone(&self.keys);
        let cursors = graph::cursors(&mut *keys.db.read().await?, &self.held.mailbox).await?;
        let (mut first, mut all_there) = (None, true);
        for (place, cursor) in cursors.into_iter().enumerate() {
            match round(self, calls, cursor, missed).await {
                Err(Fault::NoMailbox) if place > 0 => all_there = false,
                Err(fault) if fault.is_of_one_message() => first = first.or(Some(fault)),
                done => done?,
            }
        }
        first.map_or(Ok(all_there), Err)
    }

    /// The answer to a request, unless it is to stop.
    pub(super) async fn or_stop<T>(
        &self,
        asked: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        tokio::select! {
            answer = asked => answer,
            () = self.stop.cancelled() => Err(Fault::Stopped),
        }
    }

    /// Waits, unless it is to stop; `heed` says whether a hint cuts it short.
    pub(super) async fn wait(&self, wait: Duration, heed: bool) -> Result<(), Fault> {
        tokio::select! {
            () = sleep(wait) => Ok(()),
            () = self.wake.notified(), if heed => Ok(()),
            () = self.stop.cancelled() => Err(Fault::Stopped),
        }
    }

    /// Says in the database how the mailbox fares, if that is not what it says already.
    pub(super) async fn report(
        &mut self,
        state: State,
        detail: &str,
        retry_at: Option<Millis>,
    ) -> Result<(), StoreError> {
        let told = self.reported.as_ref().map(|(state, detail)| (*state, detail.as_str()));
        if told == Some((state, detail)) {
            return Ok(());
        }
        let mut tx = self.keys.db.begin_write().await?;
        let report = Report { state, detail, retry_at };
        mailboxes::set_state(&mut tx, &self.held, &report, self.keys.clock.now()).await?;
        tx.commit().await?;
        self.reported = Some((state, detail.to_owned()));
        Ok(())
    }

    /// Tells people of a fault.
    async fn tell(&mut self, fault: &Fault, delay: Duration) {
        let (mailbox, seconds) = (self.held.mailbox.id.clone(), delay.as_secs());
        if let Fault::Store(error) = fault {
            warn!(%mailbox, error = error as &dyn std::error::Error, seconds, "{fault}");
        } else {
            warn!(%mailbox, seconds, "{fault}");
        }
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let until = self.keys.clock.now().plus_secs(seconds);
        let mut detail = fault.to_string();
        if fault.state() == State::Throttled {
            detail = format!("{detail} (not before {})", until.to_rfc3339());
        }
        if let Err(error) = self.report(fault.state(), &detail, Some(until)).await {
            warn!(%mailbox, error = &error as &dyn std::error::Error, "cannot say how a mailbox fares");
        }
    }
}

/// One sentence if the app's secret or certificate ends soon.
fn warning(app: &App, now: Millis) -> String {
    let Some(at) = app.secret_expires_at else { return String::new() };
    let days = (at.0 - now.0).div_euclid(DAY_MILLIS);
    if days > WARN_DAYS {
        return String::new();
    }
    let day = at.to_rfc3339();
    let day = day.split('T').next().unwrap_or_default();
    let what = match app.credential {
        Credential::Secret => "client secret",
        Credential::Certificate => "certificate",
    };
    format!("the {what} of the app registration ends on {day}: make a new one and enter it")
}

//! Watches one mailbox for as long as it is held: looks, waits until it is time or something was
//! heard, looks again.

use super::access::{AGAIN_SECS, Keys, Token, Want};
use super::calls::Calls;
use super::failures::Failures;
use super::fault::Fault;
use super::older;
use super::proof::{Doubt, prove};
use super::round::round;
use super::subscription;
use super::tender::Limits;
use super::withheld::Withheld;
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::graph::{self, Access, App, Credential, Subscription};
use crate::store::mailboxes::{self, Held, Report, State};
use crate::suggestion::Intake;
use futures::FutureExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// From how many days on the end of an app's secret is warned of.
const WARN_DAYS: i64 = 30;
const DAY_MILLIS: i64 = 86_400_000;

/// What is said of messages that are listed and not handed over.
const WITHHELD: &str = "could not be fetched from Microsoft Graph yet, which is tried again by \
                        itself; everything else is read";

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
    /// In whose name it is read, as far as one knows.
    pub(super) access: Access,
    /// A person's token.
    pub(super) own_token: Option<Token>,
    /// Whether Graph wants a fresh token for the subscription, and there is only the one before.
    pub(super) lacks_fresh: bool,
    /// What was reported last.
    pub(super) reported: Option<(State, String, Option<Millis>)>,
    /// What of the new mail Graph lists and does not hand over.
    pub(super) withheld: Withheld,
    /// How many messages were handed over.
    pub(super) handed: usize,
    /// Whether a message was forbidden in the turn at hand.
    pub(super) forbidden: bool,
    /// Whether any message is handed over at all.
    pub(super) doubt: Doubt,
    /// How older mail is read.
    pub(super) older: older::Lane,
    /// The folders that were not there at the last look, while others were.
    pub(super) gone: Vec<String>,
    /// What is wrong with a further folder that was there and could not be read then.
    pub(super) ailing: Option<Fault>,
    /// Whether Graph tells us when something comes, or is not to.
    pub(super) notified: bool,
    /// When to look at what is new; none: at once.
    pub(super) next_look: Option<Instant>,
}

impl Watch {
    /// Watches until it is stopped or the lease is lost.
    pub(super) async fn run(mut self) {
        let mut failures = Failures::default();
        if self.wait(self.held.mailbox.throttled_for(self.keys.clock.now()), false).await.is_err() {
            return;
        }
        loop {
            let fault = match self.turn().await {
                Ok(wait) => {
                    failures = Failures::default();
                    if self.wait(wait, true).await.is_err() {
                        return;
                    }
                    continue;
                }
                Err(Fault::Stopped) => return,
                Err(fault) => fault,
            };
            self.next_look = None;
            metrics::counter!("undersigned_graph_ends_total", "reason" => fault.reason())
                .increment(1);
            if failures.note(&fault) {
                continue;
            }
            let delay = failures.delay(&fault, rand::random());
            let said = self.said();
            let state = if said == fault.state() { said } else { failures.state(&fault) };
            self.tell(&fault, state, delay).await;
            if self.wait(delay, false).await.is_err() {
                return;
            }
        }
    }

    /// Looks at what is new if it is time, reads some older mail if it is time for that, and answers how
    /// long to wait before there is more to do.
    async fn turn(&mut self) -> Result<Duration, Fault> {
        let access = graph::access(&mut *self.keys.db.read().await?, &self.held).await?;
        let access = access.ok_or(Fault::Stopped)?;
        self.access = access;
        let keys = Arc::clone(&self.keys);
        let app = keys.app(&self.held.mailbox.tenant).await?;
        let stop = self.stop.clone();
        let held = self.held.clone();
        let heard = if self.until_look().is_zero() {
            Some(graph::subscription(&mut *keys.db.read().await?, &held).await?)
        } else {
            None
        };
        let is_asked = |heard: &Subscription| heard.reauthorize && !heard.id.is_empty();
        let want = if heard.as_ref().is_some_and(is_asked) { Want::Fresh } else { Want::Good };
        let given = keys.for_mailbox(&held, access, &app, want, &mut self.own_token);
        let given = tokio::select! {
            given = given => given?,
            () = stop.cancelled() => return Err(Fault::Stopped),
        };
        self.lacks_fresh = want == Want::Fresh && !given.is_fresh;
        let calls = Calls::new(&keys.connector, &app, &held.mailbox.username, &given.secret)?;
        let done = self.turn_with(&calls, &app, heard).await;
        if matches!(done, Err(Fault::Unauthorized)) {
            keys.forget(&held.mailbox.tenant, access, &given.secret, &mut self.own_token).await;
        }
        done
    }

    /// `heard` is what was heard of the mailbox if it is time to look at what is new.
    async fn turn_with(
        &mut self,
        calls: &Calls<'_>,
        app: &App,
        heard: Option<Subscription>,
    ) -> Result<Duration, Fault> {
        self.forbidden = false;
        let looked = match heard {
            Some(heard) => self.look(calls, &heard).await,
            None => Ok(()),
        };
        if looked.as_ref().is_err_and(|fault| !fault.is_of_one_message()) {
            return looked.map(|()| Duration::ZERO);
        }
        // What keeps new mail of one folder waiting keeps no older mail waiting.
        let older = older::read_slice(self, calls).await?;
        self.check_open(calls).await?;
        looked?;
        let state = match older.next {
            _ if !self.gone.is_empty() => State::NoFolder,
            Some(_) if older.total > 0 => State::CatchingUp,
            _ => State::Healthy,
        };
        let detail = self.detail(app, &older);
        self.report(state, &detail, None).await?;
        let until_look = self.until_look();
        Ok(older.next.map_or(until_look, |next| next.min(until_look)))
    }

    /// Looks at what is new.
    async fn look(&mut self, calls: &Calls<'_>, heard: &Subscription) -> Result<(), Fault> {
        let (keys, held) = (Arc::clone(&self.keys), self.held.clone());
        self.notified = subscription::ensure(self, calls, heard).await?;
        let mut withheld = std::mem::take(&mut self.withheld);
        withheld.begin();
        let looked = self.look_at_folders(calls, &mut withheld, heard.missed).await;
        self.withheld = withheld;
        self.gone = looked?;
        self.check_open(calls).await?;
        if !heard.is_settled {
            // If that is lost, somebody looks once more.
            let mut tx = keys.db.begin_repeatable().await?;
            graph::settle(&mut tx, &held, heard.hints).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        // What rang meanwhile rang for what is settled now; for what is not, it rings again.
        let _ = self.wake.notified().now_or_never();
        debug!(mailbox = %held.mailbox.id, "looked at a mailbox");
        let mut wait = self.limits.poll;
        wait = self.withheld.next().map_or(wait, |next| wait.min(next));
        if self.lacks_fresh {
            wait = wait.min(Duration::from_secs(AGAIN_SECS.unsigned_abs()));
        }
        self.next_look = Some(Instant::now() + wait);
        Ok(())
    }

    /// How long it is until what is new is looked at.
    fn until_look(&self) -> Duration {
        let now = Instant::now();
        self.next_look.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// Fails where the mailbox is not open to the app, of which nothing at all was ever handed over, or where
    /// nothing is handed over any more. A message or two may be protected, or damaged.
    async fn check_open(&mut self, calls: &Calls<'_>) -> Result<(), Fault> {
        let was_open = self.handed > 0 || self.held.mailbox.message_at.is_some();
        if self.forbidden && !was_open {
            return Err(Fault::Forbidden);
        }
        prove(self, calls).await
    }

    /// Whether the watched folder is not there any more, while others are.
    fn is_watched_gone(&self) -> bool {
        self.gone.contains(&self.held.mailbox.folder)
    }

    /// What there is to say of a mailbox that is read.
    fn detail(&self, app: &App, older: &older::Progress) -> String {
        let mut sentences = Vec::new();
        if older.next.is_some() && older.total > 0 {
            sentences.push(format!("{} of {} messages read", older.done, older.total));
        }
        if self.is_watched_gone() {
            sentences.push(Fault::NoWatched.to_string());
        } else if !self.gone.is_empty() {
            sentences.push(Fault::NoFolder.to_string());
        }
        if let Some(fault) = &self.ailing {
            sentences.push(format!("one of the further folders could not be read: {fault}"));
        }
        match self.withheld.count() + self.older.withheld() {
            0 => {}
            1 => sentences.push(format!("one message {WITHHELD}")),
            more => sentences.push(format!("{more} messages {WITHHELD}")),
        }
        if !self.notified {
            sentences.extend(subscription::lacking(&self.keys.connector, self.limits.poll));
        }
        sentences.extend(warning(app, self.keys.clock.now()));
        sentences.join("; ")
    }

    /// Reads what is new in every folder; one that cannot be read holds up no other, and unless it is the
    /// watched one the mailbox is none the worse. Answers which ones are not there any more, if any is.
    async fn look_at_folders(
        &mut self,
        calls: &Calls<'_>,
        withheld: &mut Withheld,
        missed: bool,
    ) -> Result<Vec<String>, Fault> {
        let keys = Arc::clone(&self.keys);
        let cursors = graph::cursors(&mut *keys.db.read().await?, &self.held.mailbox).await?;
        let (count, mut watched, mut gone) = (cursors.len(), None, Vec::new());
        self.ailing = None;
        for cursor in cursors {
            let folder = cursor.folder.clone();
            match round(self, calls, withheld, cursor, missed).await {
                Err(Fault::NoMailbox) => gone.push(folder),
                Err(fault) if !fault.is_of_one_message() => return Err(fault),
                Err(fault) if folder == self.held.mailbox.folder => watched = Some(fault),
                Err(fault) => self.ailing = Some(fault),
                Ok(()) => {}
            }
        }
        match watched {
            None if gone.len() == count => Err(Fault::NoMailbox),
            None => Ok(gone),
            Some(fault) => Err(fault),
        }
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

    /// Waits, unless it is to stop; `heed` says whether a hint cuts it short, to look at once.
    async fn wait(&mut self, wait: Duration, heed: bool) -> Result<(), Fault> {
        tokio::select! {
            () = sleep(wait) => Ok(()),
            () = self.wake.notified(), if heed => {
                self.next_look = None;
                Ok(())
            }
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
        let told = self.reported.as_ref().map(|(state, detail, at)| (*state, detail.as_str(), *at));
        if told == Some((state, detail, retry_at)) {
            return Ok(());
        }
        // If that is lost, it is said anew by whoever watches the mailbox next.
        let mut tx = self.keys.db.begin_repeatable().await?;
        let report = Report { state, detail, retry_at };
        mailboxes::set_state(&mut tx, &self.held, &report, self.keys.clock.now()).await?;
        tx.commit().await?;
        self.reported = Some((state, detail.to_owned(), retry_at));
        Ok(())
    }

    /// What is said of it; whoever had the mailbox before may have said so.
    fn said(&self) -> State {
        self.reported.as_ref().map_or(self.held.mailbox.state, |(state, ..)| *state)
    }

    /// Whether it is said to be ill.
    pub(super) fn is_ill(&self) -> bool {
        self.said().is_ill()
    }

    /// Whether a folder is missing, or whoever had the mailbox before said so.
    pub(super) fn lacks_folder(&self) -> bool {
        let was_gone = || self.held.mailbox.state == State::NoFolder;
        !self.gone.is_empty() || (self.reported.is_none() && was_gone())
    }

    /// Tells people of a fault.
    async fn tell(&mut self, fault: &Fault, state: State, delay: Duration) {
        let (mailbox, seconds) = (self.held.mailbox.id.clone(), delay.as_secs());
        if let Fault::Store(error) = fault {
            warn!(%mailbox, error = error as &dyn std::error::Error, seconds, "{fault}");
        } else {
            warn!(%mailbox, seconds, "{fault}");
        }
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let until = self.keys.clock.now().plus_secs(seconds);
        let mut detail = fault.sentence(self.access);
        if state == State::Throttled {
            detail = format!("{detail} (not before {})", until.to_rfc3339());
        }
        if let Err(error) = self.report(state, &detail, Some(until)).await {
            warn!(%mailbox, error = &error as &dyn std::error::Error, "cannot say how a mailbox fares");
        }
    }
}

/// One sentence if the app's secret or certificate ends soon.
fn warning(app: &App, now: Millis) -> Option<String> {
    let at = app.secret_expires_at?;
    let days = (at.0 - now.0).div_euclid(DAY_MILLIS);
    if days > WARN_DAYS {
        return None;
    }
    let day = at.to_rfc3339();
    let day = day.split('T').next().unwrap_or_default();
    let what = match app.credential {
        Credential::Secret => "client secret",
        Credential::Certificate => "certificate",
    };
    Some(format!("the {what} of the app registration ends on {day}: make a new one and enter it"))
}

//! The way of one message, from its bytes to a suggestion or the reason why not.
//!
//! A process may die at any point of it (the message of a stranger may be what kills it):
//!
//! 1. *Key and headers.* Nothing is written. Dead here: the message comes again, as new.
//! 2. *Begin.* A transaction counts the attempt, so that a message that kills the process is known
//!    by its count; one that is tried again is read alone, so that only it is blamed. A message that
//!    its source tells of as it comes goes on at once: should it kill the process, it is found when
//!    its source is gone through at the start, and counted from then on.
//! 3. *Read.* In memory, on a thread of its own. Dead here: the message comes again, counted.
//! 4. *Finish.* One transaction writes the suggestion, what came of the message, and the source's
//!    cursor. Dead before its commit: as in 3; dead after it: the message is known by its key.
//!
//! After three attempts a message is quarantined and its source goes on.

mod context;
mod finish;
mod settings;

pub use context::Ahead;
pub use settings::{IntakeError, RawMessage, Settings};

use super::judge::Beliefs;
use super::lane::{self, Fault, Permit};
use super::offer::Place;
use super::outcome::Outcome;
use super::reader;
use crate::clock::Clock;
use crate::contact::Contact;
use crate::mail::{Sender, Skipped};
use crate::store::mailboxes::Cursor;
use crate::store::messages::{self, MessageId, Progress};
use crate::store::{Db, TenantId};
use crate::vault::{HashKey, Vault};
use context::Context;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How often a message is tried before it is left alone.
const ATTEMPTS: i64 = 3;

/// Takes messages. A clone shares the lanes.
#[derive(Clone)]
pub struct Intake {
    db: Db,
    vault: Vault,
    clock: Clock,
    settings: Arc<Settings>,
    lanes: Arc<Semaphore>,
    hash_keys: Arc<Mutex<HashMap<TenantId, HashKey>>>,
}

/// Why a message gave no contact.
#[derive(Debug, Clone)]
enum Unread {
    /// There is a reason not to read it.
    Skipped(Skipped),
    /// Reading it failed.
    Faulty(Fault),
}

/// A message's key, and who signed it, with what its headers prove of its sender.
type AtOnce = (String, Result<(Sender, Contact), Unread>);

impl Intake {
    /// An intake on a database.
    pub fn new(db: Db, vault: Vault, clock: Clock, settings: Settings) -> Self {
        let lanes = Arc::new(Semaphore::new(usize::from(settings.lanes.get())));
        let hash_keys = Arc::default();
        Self { db, vault, clock, settings: Arc::new(settings), lanes, hash_keys }
    }

    /// Deals with a message. Taking one twice changes nothing. If its source has a cursor, that moves
    /// in the transaction that makes the message done.
    pub async fn take(
        &self,
        message: RawMessage,
        cursor: Option<&Cursor>,
    ) -> Result<Outcome, IntakeError> {
        self.take_with(message, cursor, None).await
    }

    /// As [`Intake::take`], with what was looked up for it a moment ago.
    pub async fn take_with(
        &self,
        message: RawMessage,
        cursor: Option<&Cursor>,
        ahead: Option<Ahead>,
    ) -> Result<Outcome, IntakeError> {
        let start = Instant::now();
        let outcome = Box::pin(self.deal_with(message, cursor, ahead)).await?;
        let (name, reason) = outcome.labels();
        metrics::counter!("undersigned_messages_total", "outcome" => name, "reason" => reason)
            .increment(1);
        metrics::histogram!("undersigned_message_seconds").record(start.elapsed().as_secs_f64());
        Ok(outcome)
    }

    async fn deal_with(
        &self,
        message: RawMessage,
        cursor: Option<&Cursor>,
        ahead: Option<Ahead>,
    ) -> Result<Outcome, IntakeError> {
        let RawMessage { tenant, mailbox, list, bytes } = message;
        let bytes = Arc::new(bytes);
        let (context, beliefs) = if let Some(Ahead { context, beliefs }) = ahead {
            (context, Some(beliefs))
        } else {
            let mut conn = self.db.read().await?;
            (Arc::new(self.context(&mut conn, &tenant).await?), None)
        };
        let lane = Arc::new(self.lanes(1).await);
        let at_once = match &beliefs {
            Some(_) => self.read_at_once(&context, &bytes, &lane).await?,
            None => None,
        };
        let (key, read) = match at_once {
            Some(read) => read,
            None => {
                let (key, screened) = self.head(&context, &bytes, &lane).await?;
                let id = MessageId { tenant: &tenant, mailbox: &mailbox, key: &key };
                let read = match screened {
                    Err(unread) => Err(unread),
                    Ok(sender) => match self.read_counted(&id, &context, &bytes, lane).await? {
                        None => return self.pass(cursor).await,
                        Some(read) => read.map(|contact| (sender, contact)),
                    },
                };
                (key, read)
            }
        };
        let id = MessageId { tenant: &tenant, mailbox: &mailbox, key: &key };
        let (sender, contact) = match &read {
            Err(unread) => return self.finish(&id, Err(unread), cursor).await,
            Ok((sender, contact)) => (*sender, contact),
        };
        let beliefs = match beliefs {
            Some(beliefs) => beliefs,
            None => Beliefs::of(&mut *self.db.read().await?, &tenant).await?,
        };
        let hash_key = &context.hash_key;
        let beliefs = &beliefs;
        let place = Place { tenant: &tenant, list: &list, hash_key, beliefs, sender };
        self.finish(&id, Ok((place, contact)), cursor).await
    }

    /// A place among the messages that are read at the same time, or several.
    async fn lanes(&self, lanes: u16) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.lanes).acquire_many_owned(u32::from(lanes)).await.ok()
    }

    /// The message's key, and what its headers say about reading it.
    async fn head(
        &self,
        context: &Arc<Context>,
        bytes: &Arc<Vec<u8>>,
        lane: &Permit,
    ) -> Result<(String, Result<Sender, Unread>), IntakeError> {
        let (there, bytes_there) = (Arc::clone(context), Arc::clone(bytes));
        let work = move || reader::head(&bytes_there, &there.hash_key, &there.policy);
        let head = lane::run(self.settings.deadline, Arc::clone(lane), work)
            .await
            .map_err(IntakeError::Thread)?;
        Ok(match head {
            Ok((key, screened)) => (key, screened.map_err(Unread::Skipped)),
            Err(fault) => {
                let key = context.hash_key.digest("message without headers", &[bytes]);
                (key, Err(Unread::Faulty(fault)))
            }
        })
    }

    /// Key, headers and message with one step, uncounted; none if that failed in some way.
    async fn read_at_once(
        &self,
        context: &Arc<Context>,
        bytes: &Arc<Vec<u8>>,
        lane: &Permit,
    ) -> Result<Option<AtOnce>, IntakeError> {
        let (there, bytes_there) = (Arc::clone(context), Arc::clone(bytes));
        let (read, limits) = (self.settings.read, self.settings.limits);
        let work = move || {
            let (key, screened) = reader::head(&bytes_there, &there.hash_key, &there.policy);
            let read = screened.and_then(|sender| {
                read(&bytes_there, &limits, &there.hints).map(|contact| (sender, contact))
            });
            (key, read.map_err(Unread::Skipped))
        };
        let done = lane::run(self.settings.deadline, Arc::clone(lane), work).await;
        Ok(done.map_err(IntakeError::Thread)?.ok())
    }

    /// Reads a message whose headers allow it, counted; none if something came of it already.
    async fn read_counted(
        &self,
        id: &MessageId<'_>,
        context: &Arc<Context>,
        bytes: &Arc<Vec<u8>>,
        lane: Permit,
    ) -> Result<Option<Result<Contact, Unread>>, IntakeError> {
        Ok(match self.begin(id).await? {
            None => None,
            Some(0) => Some(self.read(id, context, bytes, 0, lane).await?),
            // One that was begun before may be what killed the process: it is read alone.
            Some(attempts) => {
                drop(lane);
                let mut all = self.lanes(self.settings.lanes.get()).await;
                // If its thread outlives the deadline, it keeps one lane, not all.
                let lane = all.as_mut().and_then(|all| all.split(1));
                Some(self.read(id, context, bytes, attempts, Arc::new(lane)).await?)
            }
        })
    }

    /// Counts the first attempt at a message; of one that was begun before it says how often. None:
    /// something came of it already.
    async fn begin(&self, id: &MessageId<'_>) -> Result<Option<i64>, IntakeError> {
        let counting = messages::beginning_first(id, self.clock.now());
        if self.db.write_once(counting).await? == 1 {
            return Ok(Some(0));
        }
        Ok(match messages::progress(&mut *self.db.read().await?, id).await? {
            Some(Progress { outcome: messages::Outcome::Trying, attempts }) => Some(attempts),
            _ => None,
        })
    }

    /// Reads the message; each attempt is counted before it is made, the first of all by
    /// [`Intake::begin`]. One that took too long twice is not tried again: its threads may still be
    /// running.
    async fn read(
        &self,
        id: &MessageId<'_>,
        context: &Arc<Context>,
        bytes: &Arc<Vec<u8>>,
        attempts: i64,
        lane: Permit,
    ) -> Result<Result<Contact, Unread>, IntakeError> {
        let mut fault = Fault::ProcessDied;
        for attempt in attempts..ATTEMPTS {
            if attempt > 0 {
                let counting = messages::beginning_again(id, self.clock.now());
                self.db.write_once(counting).await?;
            }
            let (read, limits) = (self.settings.read, self.settings.limits);
            let (context, bytes) = (Arc::clone(context), Arc::clone(bytes));
            let work = move || read(&bytes, &limits, &context.hints);
            match lane::run(self.settings.deadline, Arc::clone(&lane), work)
                .await
                .map_err(IntakeError::Thread)?
            {
                Ok(read) => return Ok(read.map_err(Unread::Skipped)),
                Err(Fault::TookTooLong) if fault == Fault::TookTooLong => break,
                Err(again) => fault = again,
            }
        }
        Ok(Err(Unread::Faulty(fault)))
    }
}

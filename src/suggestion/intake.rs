//! The way of one message, from its bytes to a suggestion or the reason why not.
//!
//! A process may die at any point of it (the message of a stranger may be what kills it):
//!
//! 1. *Key and headers.* Nothing is written. Dead here: the message comes again, as new.
//! 2. *Begin.* A transaction counts the attempt, so that a message that kills the process is known
//!    by its count; one that is tried again is read alone, so that only it is blamed.
//! 3. *Read.* In memory, on a thread of its own. Dead here: the message comes again, counted.
//! 4. *Finish.* One transaction writes the suggestion, what came of the message, and the source's
//!    cursor. Dead before its commit: as in 3; dead after it: the message is known by its key.
//!
//! After three attempts a message is quarantined and its source goes on.

mod context;
mod finish;
mod settings;
mod unfetched;

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
        let (key, screened) = self.head(&context, &bytes, &lane).await?;
        let id = MessageId { tenant: &tenant, mailbox: &mailbox, key: &key };
        let sender = screened.as_ref().map_or(Sender::Unproven, |sender| *sender);
        let read = match screened {
            Ok(_) => match self.begin(&id).await? {
                None => return self.pass(cursor).await,
                Some(0) => self.read(&id, &context, &bytes, 0, lane).await?,
                // One that was begun before may be what killed the process: it is read alone.
                Some(attempts) => {
                    drop(lane);
                    let mut all = self.lanes(self.settings.lanes.get()).await;
                    // If its thread outlives the deadline, it keeps one lane, not all.
                    let lane = all.as_mut().and_then(|all| all.split(1));
                    self.read(&id, &context, &bytes, attempts, Arc::new(lane)).await?
                }
            },
            Err(unread) => Err(unread),
        };
        let contact = match &read {
            Err(unread) => return self.finish(&id, Err(unread), cursor).await,
            Ok(contact) => contact,
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

    /// Counts the first attempt at a message; of one that was begun before it says how often. None:
    /// something came of it already.
    async fn begin(&self, id: &MessageId<'_>) -> Result<Option<i64>, IntakeError> {
        let first =
            messages::begin_first(&mut *self.db.write_once().await?, id, self.clock.now()).await?;
        if first {
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
                let mut conn = self.db.write_once().await?;
                messages::begin_again(&mut conn, id, self.clock.now()).await?;
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

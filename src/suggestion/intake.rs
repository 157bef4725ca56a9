//! The way of one message, from its bytes to a suggestion or the reason why not.
//!
//! A process may die at any point of it (the message of a stranger may be what kills it):
//!
//! 1. *Key and headers.* Nothing is written. Dead here: the message comes again, as new.
//! 2. *Begin.* A transaction counts the attempt, so that a message that kills the process is known
//!    by its count; one that is tried again is read alone, so that only it is blamed. A message that
//!    its source tells of as it comes goes on at once: should it kill the process, it is found when
//!    its source is gone through at the start, and counted from then on. A tenant to whom harmful
//!    messages came has none read so: one of them may have been moved, and come again.
//! 3. *Read.* In memory, on a thread of its own. Dead here: the message comes again, counted.
//! 4. *Finish.* One transaction writes the suggestion, what came of the message, and the source's
//!    cursor. Dead before its commit: as in 3; dead after it: the message is known by its key.
//!
//! After three attempts a message is quarantined and its source goes on. That the database does not take what
//! came of it is no attempt of the message.

mod context;
mod finish;
mod reading;
mod settings;
mod unfetched;
mod unfinished;

pub use context::{Ahead, Guess, Known};
pub use settings::{IntakeError, RawMessage, Settings};

use super::judge::Beliefs;
use super::lanes::Lanes;
use super::offer::Place;
use super::outcome::Outcome;
use crate::clock::Clock;
use crate::store::mailboxes::Cursor;
use crate::store::messages::MessageId;
use crate::store::{Db, TenantId};
use crate::vault::{HashKey, Vault};
use context::Context;
use reading::Taken;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use unfinished::Unfinished;

/// Takes messages. A clone shares the lanes.
#[derive(Clone)]
pub struct Intake {
    db: Db,
    vault: Vault,
    clock: Clock,
    settings: Arc<Settings>,
    lanes: Lanes,
    hash_keys: Arc<Mutex<HashMap<TenantId, HashKey>>>,
    last: Arc<Mutex<HashMap<TenantId, Arc<Context>>>>,
    unfinished: Unfinished,
}

impl Intake {
    /// An intake on a database.
    pub fn new(db: Db, vault: Vault, clock: Clock, settings: Settings) -> Self {
        let lanes = Lanes::new(settings.lanes);
        let (hash_keys, last, unfinished) = Default::default();
        let settings = Arc::new(settings);
        Self { db, vault, clock, settings, lanes, hash_keys, last, unfinished }
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
        let lane = Arc::new(self.lanes.one(&tenant).await);
        let (context, beliefs, at_once) = if let Some(ahead) = ahead {
            let (known, taken) = self.read_told(&tenant, &bytes, &lane, ahead).await?;
            (known.context, Some(known.beliefs), taken)
        } else {
            let mut conn = self.db.read().await?;
            (Arc::new(self.context(&mut conn, &tenant).await?), None, None)
        };
        let taken = match at_once {
            Some(taken) => Some(taken),
            None => self.read_in_steps((&tenant, &mailbox), &context, &bytes, lane).await?,
        };
        let Some(Taken { key, received, read }) = taken else { return self.pass(cursor).await };
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
        let now = self.clock.now();
        // Of one that says nothing, or is ahead of the time, it is now.
        let received = received.unwrap_or(now).min(now);
        let place = Place { tenant: &tenant, list: &list, hash_key, beliefs, sender, received };
        self.finish(&id, Ok((place, contact)), cursor).await
    }
}

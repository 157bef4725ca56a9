//! From the bytes of a message to who signed it.

use super::context::{Ahead, Context, Guess, Known};
use super::{Intake, IntakeError};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::mail::{Sender, Skipped};
use crate::store::messages::{self, MessageId, Progress};
use crate::store::{MailboxId, TenantId};
use crate::suggestion::lane::{self, Fault};
use crate::suggestion::lanes::Permit;
use crate::suggestion::reader::{self, Head};
use std::sync::Arc;
use tokio::join;

/// How often a message is tried before it is left alone.
const ATTEMPTS: i64 = 3;

/// Why a message gave no contact.
#[derive(Debug, Clone)]
pub(super) enum Unread {
    /// There is a reason not to read it.
    Skipped(Skipped),
    /// Reading it failed.
    Faulty(Fault),
}

/// What was taken out of a message.
pub(super) struct Taken {
    /// The keyed hash by which it is known again.
    pub(super) key: String,
    /// When it came, if its headers say so.
    pub(super) received: Option<Millis>,
    /// Who signed it, and whether its headers prove its sender.
    pub(super) read: Result<(Sender, Contact), Unread>,
}

impl Intake {
    /// Reads a message that its source has just told of, at once if that is allowed: by what was known of the
    /// tenant a moment ago while it is looked up what is so now, and again if that is something else.
    pub(super) async fn read_told(
        &self,
        tenant: &TenantId,
        bytes: &Arc<Vec<u8>>,
        lane: &Permit,
        ahead: Ahead,
    ) -> Result<(Known, Option<Taken>), IntakeError> {
        let known = match ahead {
            Ahead::Known(known) => *known,
            Ahead::Guessed(Guess(None)) => self.known(tenant).await?,
            Ahead::Guessed(Guess(Some(guess))) => {
                let reading = self.read_at_once(&guess, bytes, lane);
                let (taken, known) = join!(reading, Box::pin(self.known(tenant)));
                let (taken, known) = (taken?, known?);
                if known.at_once && known.context.reads_like(&guess) {
                    return Ok((known, taken));
                }
                known
            }
        };
        let at_once = known.at_once;
        let taken =
            if at_once { self.read_at_once(&known.context, bytes, lane).await? } else { None };
        Ok((known, taken))
    }

    /// Key, headers and message with one step, uncounted; none if that failed in some way.
    pub(super) async fn read_at_once(
        &self,
        context: &Arc<Context>,
        bytes: &Arc<Vec<u8>>,
        lane: &Permit,
    ) -> Result<Option<Taken>, IntakeError> {
        let (there, bytes_there) = (Arc::clone(context), Arc::clone(bytes));
        let (read, limits) = (self.settings.read, self.settings.limits);
        let work = move || {
            let head = reader::head(&bytes_there, &there.hash_key, &there.policy);
            let Head { key, received, screened } = head;
            let read = screened.and_then(|sender| {
                read(&bytes_there, &limits, &there.hints).map(|contact| (sender, contact))
            });
            Taken { key, received, read: read.map_err(Unread::Skipped) }
        };
        let done = lane::run(self.settings.deadline, Arc::clone(lane), work).await;
        Ok(done.map_err(IntakeError::Thread)?.ok())
    }

    /// The headers, and if they allow it the message, counted; none if something came of it already.
    pub(super) async fn read_in_steps(
        &self,
        (tenant, mailbox): (&TenantId, &MailboxId),
        context: &Arc<Context>,
        bytes: &Arc<Vec<u8>>,
        lane: Permit,
    ) -> Result<Option<Taken>, IntakeError> {
        let Head { key, received, screened } = self.head(context, bytes, &lane).await?;
        let read = match screened {
            Err(unread) => Err(unread),
            Ok(sender) => {
                let id = MessageId { tenant, mailbox, key: &key };
                match self.read_counted(&id, context, bytes, lane).await? {
                    None => return Ok(None),
                    Some(read) => read.map(|contact| (sender, contact)),
                }
            }
        };
        Ok(Some(Taken { key, received, read }))
    }

    /// The message's key, its date, and what its headers say about reading it.
    pub(super) async fn head(
        &self,
        context: &Arc<Context>,
        bytes: &Arc<Vec<u8>>,
        lane: &Permit,
    ) -> Result<Head<Unread>, IntakeError> {
        let (there, bytes_there) = (Arc::clone(context), Arc::clone(bytes));
        let work = move || reader::head(&bytes_there, &there.hash_key, &there.policy);
        let head = lane::run(self.settings.deadline, Arc::clone(lane), work)
            .await
            .map_err(IntakeError::Thread)?;
        Ok(match head {
            Ok(Head { key, received, screened }) => {
                Head { key, received, screened: screened.map_err(Unread::Skipped) }
            }
            Err(fault) => {
                let key = context.hash_key.digest("message without headers", &[bytes]);
                Head { key, received: None, screened: Err(Unread::Faulty(fault)) }
            }
        })
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
            // It was read a moment ago, and the database did not take what came of it.
            Some(_) if self.unfinished.contains(id.key) => {
                Some(self.read(id, context, bytes, 0, lane).await?)
            }
            // One that was begun before may be what killed the process: it is read alone.
            Some(attempts) => {
                drop(lane);
                let (lane, _others) = self.lanes.alone(id.tenant, self.settings.deadline).await;
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

//! The last step: what came of a message, and its source's cursor, in one transaction.

use super::reading::Unread;
use super::{Intake, IntakeError};
use crate::contact::Contact;
use crate::store::mailboxes::{self, Cursor};
use crate::store::messages::{self, MessageId, Outcome as Stored};
use crate::store::{Conn, StoreError, Writes};
use crate::suggestion::offer::{self, Offered, Place};
use crate::suggestion::outcome::Outcome;

/// The reason of a message that its server never handed over.
const WITHHELD: &str = "withheld";

/// How often a transaction is repeated because another one was faster.
const REPEATS: usize = 5;

/// A contact that was read and where it is offered, or why there is none.
pub(super) type Reading<'a> = Result<(Place<'a>, &'a Contact), &'a Unread>;

impl Intake {
    /// Writes what came of the message and moves the cursor.
    pub(super) async fn finish(
        &self,
        id: &MessageId<'_>,
        reading: Reading<'_>,
        cursor: Option<&Cursor>,
    ) -> Result<Outcome, IntakeError> {
        if let Err(Unread::Faulty(fault)) = reading {
            tracing::warn!(mailbox = %id.mailbox, fault = fault.as_str(), "a message is quarantined");
            // It may be moved, and come again.
            self.last().remove(id.tenant);
        }
        let done = self.finish_repeatedly(id, reading, cursor).await;
        match (&done, reading) {
            (Ok(_), _) => self.unfinished.forget(id.key),
            (Err(_), Err(Unread::Faulty(_))) => {}
            (Err(_), _) => self.unfinished.note(id.key),
        }
        done
    }

    async fn finish_repeatedly(
        &self,
        id: &MessageId<'_>,
        reading: Reading<'_>,
        cursor: Option<&Cursor>,
    ) -> Result<Outcome, IntakeError> {
        for _ in 0..REPEATS {
            match self.try_to_finish(id, reading, cursor).await {
                Err(IntakeError::Store(error)) if error.may_pass_if_repeated() => {}
                done => return done,
            }
        }
        self.try_to_finish(id, reading, cursor).await
    }

    async fn try_to_finish(
        &self,
        id: &MessageId<'_>,
        reading: Reading<'_>,
        cursor: Option<&Cursor>,
    ) -> Result<Outcome, IntakeError> {
        let now = self.clock.now();
        let mut tx = self.db.begin_repeatable().await?;
        let mut writes = Writes::default();
        let outcome = match reading {
            Err(Unread::Faulty(fault)) => Outcome::Quarantined(*fault),
            Err(Unread::Skipped(skipped)) => Outcome::Skipped(skipped.clone()),
            Ok((place, contact)) => {
                let offer = offer::offer(&mut tx, place, contact.clone(), now, &mut writes);
                match Box::pin(offer).await? {
                    Offered::New(id) => Outcome::New(id),
                    Offered::Update(id) => Outcome::Update(id),
                    Offered::Nothing => Outcome::Known,
                }
            }
        };
        let (_, reason) = outcome.labels();
        let finished = writes.add(messages::finishing(id, outcome.stored(), reason, now));
        let moves = cursor.map(|cursor| mailboxes::advancing(cursor).map(|one| writes.add(one)));
        let changed = writes.run(&mut tx).await?;
        let is_done = |place: usize| changed.get(place) == Some(&1);
        if !is_done(finished) {
            // Another worker was faster: nothing of this transaction is kept.
            tx.rollback().await.map_err(StoreError::from)?;
            return self.pass(cursor).await;
        }
        if !moves.into_iter().flatten().all(is_done) {
            return Err(IntakeError::LeaseLost);
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(outcome)
    }

    /// Quarantines a message that its server never handed over. It is known by where it is.
    pub async fn give_up(&self, cursor: &Cursor) -> Result<(), IntakeError> {
        let context = self.context(&mut *self.db.read().await?, &cursor.tenant).await?;
        let (validity, uid) = (cursor.uid_validity.to_be_bytes(), cursor.uid.to_be_bytes());
        let parts: [&[u8]; 4] =
            [cursor.mailbox.as_str().as_bytes(), cursor.folder.as_bytes(), &validity, &uid];
        let key = context.hash_key.digest("message never handed over", &parts);
        let id = MessageId { tenant: &cursor.tenant, mailbox: &cursor.mailbox, key: &key };
        let mut tx = self.db.begin_write().await?;
        messages::finish(&mut tx, &id, Stored::Quarantined, WITHHELD, cursor.at).await?;
        if !mailboxes::pass_over(&mut tx, cursor).await? {
            return Err(IntakeError::LeaseLost);
        }
        tx.commit().await.map_err(StoreError::from)?;
        metrics::counter!("undersigned_messages_total", "outcome" => "quarantined", "reason" => WITHHELD)
            .increment(1);
        Ok(())
    }

    /// Moves the cursor over a message that was dealt with before.
    pub(super) async fn pass(&self, cursor: Option<&Cursor>) -> Result<Outcome, IntakeError> {
        if cursor.is_some() {
            let mut tx = self.db.begin_repeatable().await?;
            advance(&mut tx, cursor).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(Outcome::AlreadyRead)
    }
}

async fn advance(conn: &mut Conn, cursor: Option<&Cursor>) -> Result<(), IntakeError> {
    match cursor {
        Some(cursor) if !mailboxes::advance(conn, cursor).await? => Err(IntakeError::LeaseLost),
        _ => Ok(()),
    }
}

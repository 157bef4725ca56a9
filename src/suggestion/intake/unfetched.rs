//! Messages of which only the head was fetched, because more is not needed or would be too much.

use super::reading::Unread;
use super::{Intake, IntakeError, RawMessage};
use crate::mail::{Reason, Skipped};
use crate::store::mailboxes::Cursor;
use crate::store::messages::{self, MessageId, Outcome as Stored};
use crate::suggestion::outcome::Outcome;
use crate::suggestion::reader::Head;
use std::sync::Arc;

impl Intake {
    /// Deals with a message whose bytes are its headers only, as [`Intake::take`] does with a whole
    /// one, if they suffice: there is a reason not to read it, or it was dealt with before. None: its
    /// body is needed, and nothing was written.
    ///
    /// # Errors
    /// It could not be dealt with now; try later.
    pub async fn take_head(
        &self,
        message: RawMessage,
        cursor: &Cursor,
    ) -> Result<Option<Outcome>, IntakeError> {
        let RawMessage { tenant, mailbox, bytes, .. } = message;
        let context = Arc::new(self.context(&mut *self.db.read().await?, &tenant).await?);
        let lane = Arc::new(self.lanes.one(&tenant).await);
        let Head { key, screened, .. } = self.head(&context, &Arc::new(bytes), &lane).await?;
        let id = MessageId { tenant: &tenant, mailbox: &mailbox, key: &key };
        let outcome = match screened {
            Err(unread @ Unread::Skipped(_)) => {
                self.finish(&id, Err(&unread), Some(cursor)).await?
            }
            // What goes wrong is seen, and counted, when the message is read.
            Err(Unread::Faulty(_)) => return Ok(None),
            Ok(_) => {
                let progress = messages::progress(&mut *self.db.read().await?, &id).await?;
                if progress.is_none_or(|progress| progress.outcome == Stored::Trying) {
                    return Ok(None);
                }
                self.pass(Some(cursor)).await?
            }
        };
        count(&outcome);
        Ok(Some(outcome))
    }

    /// Quarantines a message whose bytes are its headers only, because its text is larger than any that
    /// is read.
    ///
    /// # Errors
    /// It could not be dealt with now; try later.
    pub async fn refuse_size(
        &self,
        message: RawMessage,
        cursor: &Cursor,
    ) -> Result<Outcome, IntakeError> {
        let RawMessage { tenant, mailbox, bytes, .. } = message;
        let context = Arc::new(self.context(&mut *self.db.read().await?, &tenant).await?);
        let lane = Arc::new(self.lanes.one(&tenant).await);
        let Head { key, .. } = self.head(&context, &Arc::new(bytes), &lane).await?;
        let id = MessageId { tenant: &tenant, mailbox: &mailbox, key: &key };
        let detail = "a text beyond the limit of bytes (`mail.max_message_bytes`)";
        let unread = Unread::Skipped(Skipped::new(Reason::Unreadable, detail));
        let outcome = self.finish(&id, Err(&unread), Some(cursor)).await?;
        count(&outcome);
        Ok(outcome)
    }
}

fn count(outcome: &Outcome) {
    let (name, reason) = outcome.labels();
    metrics::counter!("undersigned_messages_total", "outcome" => name, "reason" => reason)
        .increment(1);
}

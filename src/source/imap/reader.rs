//! Who reads the messages: the intake in the daemon, a script in a test.

use crate::store::mailboxes::{Cursor, Mailbox};
use crate::suggestion::{Ahead, Intake, IntakeError, RawMessage};
use tracing::warn;

/// Reads messages, one at a time for each mailbox, in the order of their numbers.
pub trait Reader: Send + Sync + 'static {
    /// What reading a message of a mailbox needs besides it.
    type Ahead: Send;

    /// Looks that up while the message is still being fetched. None: it is looked up when it is read.
    fn look_ahead(&self, mailbox: &Mailbox) -> impl Future<Output = Option<Self::Ahead>> + Send;

    /// Makes of a message what is to be made of it and moves the mailbox's cursor on to it, in one
    /// transaction ([`crate::store::mailboxes::advance`]). After an error the cursor stands where it
    /// stood. `bytes` may lack the end of a message beyond the limit.
    fn read(
        &self,
        mailbox: &Mailbox,
        bytes: Vec<u8>,
        ahead: Option<Self::Ahead>,
        cursor: &Cursor,
    ) -> impl Future<Output = Result<(), NotRead>> + Send;

    /// Quarantines a message that the server never handed over, and forgets that it was put aside,
    /// in one transaction.
    fn give_up(
        &self,
        mailbox: &Mailbox,
        cursor: &Cursor,
    ) -> impl Future<Output = Result<(), NotRead>> + Send;
}

impl Reader for Intake {
    type Ahead = Ahead;

    async fn look_ahead(&self, mailbox: &Mailbox) -> Option<Ahead> {
        Self::look_ahead(self, &mailbox.tenant).await.ok()
    }

    async fn read(
        &self,
        mailbox: &Mailbox,
        bytes: Vec<u8>,
        ahead: Option<Ahead>,
        cursor: &Cursor,
    ) -> Result<(), NotRead> {
        let message = RawMessage {
            tenant: mailbox.tenant.clone(),
            mailbox: mailbox.id.clone(),
            list: mailbox.list.clone(),
            bytes,
        };
        self.take_with(message, Some(cursor), ahead)
            .await
            .map(|_| ())
            .map_err(|error| not_read(mailbox, &error))
    }

    async fn give_up(&self, mailbox: &Mailbox, cursor: &Cursor) -> Result<(), NotRead> {
        Self::give_up(self, cursor).await.map_err(|error| not_read(mailbox, &error))
    }
}

fn not_read(mailbox: &Mailbox, error: &IntakeError) -> NotRead {
    if matches!(error, IntakeError::LeaseLost | IntakeError::NoTenant) {
        return NotRead::LeaseLost;
    }
    let error = error as &dyn std::error::Error;
    warn!(mailbox = %mailbox.id, error, "a message could not be dealt with");
    NotRead::Unavailable
}

/// Why a message was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// Another worker has the mailbox now.
    #[error("another worker has the mailbox")]
    LeaseLost,
    /// The database, or whatever else reading needs, is not there for now.
    #[error("the database is not available")]
    Unavailable,
}

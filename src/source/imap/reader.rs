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

    /// What reading a message that came without being asked for may need; it is looked up while it is read.
    fn guess(&self, mailbox: &Mailbox) -> Option<Self::Ahead>;

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

    /// Deals with a large message of which only the head is fetched, as [`Reader::read`] does with a
    /// whole one, if that suffices: nothing of it is to be read, or it was read before. True: it is
    /// dealt with, and no more of it is fetched.
    fn settle_by_head(
        &self,
        mailbox: &Mailbox,
        head: &[u8],
        cursor: &Cursor,
    ) -> impl Future<Output = Result<bool, NotRead>> + Send;

    /// Quarantines a message whose text is larger than any that is read, likewise by its head.
    fn refuse_size(
        &self,
        mailbox: &Mailbox,
        head: &[u8],
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

    fn guess(&self, mailbox: &Mailbox) -> Option<Ahead> {
        Some(Self::guess(self, &mailbox.tenant))
    }

    async fn read(
        &self,
        mailbox: &Mailbox,
        bytes: Vec<u8>,
        ahead: Option<Ahead>,
        cursor: &Cursor,
    ) -> Result<(), NotRead> {
        self.take_with(message(mailbox, bytes), Some(cursor), ahead)
            .await
            .map(|_| ())
            .map_err(|error| not_read(mailbox, &error))
    }

    async fn settle_by_head(
        &self,
        mailbox: &Mailbox,
        head: &[u8],
        cursor: &Cursor,
    ) -> Result<bool, NotRead> {
        let settled = self.take_head(message(mailbox, head.to_vec()), cursor).await;
        settled.map(|outcome| outcome.is_some()).map_err(|error| not_read(mailbox, &error))
    }

    async fn refuse_size(
        &self,
        mailbox: &Mailbox,
        head: &[u8],
        cursor: &Cursor,
    ) -> Result<(), NotRead> {
        let refused = Self::refuse_size(self, message(mailbox, head.to_vec()), cursor).await;
        refused.map(|_| ()).map_err(|error| not_read(mailbox, &error))
    }

    async fn give_up(&self, mailbox: &Mailbox, cursor: &Cursor) -> Result<(), NotRead> {
        Self::give_up(self, cursor).await.map_err(|error| not_read(mailbox, &error))
    }
}

fn message(mailbox: &Mailbox, bytes: Vec<u8>) -> RawMessage {
    RawMessage {
        tenant: mailbox.tenant.clone(),
        mailbox: mailbox.id.clone(),
        list: mailbox.list.clone(),
        bytes,
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

//! Who reads the messages: the intake in the daemon, a script in a test.

use crate::store::mailboxes::{Cursor, Mailbox};

/// Reads messages, one at a time for each mailbox, in the order of their numbers.
pub trait Reader: Send + Sync + 'static {
    /// Makes of a message what is to be made of it and moves the mailbox's cursor on to it, in one
    /// transaction ([`crate::store::mailboxes::advance`]). After an error the cursor stands where it
    /// stood. `bytes` may lack the end of a message beyond the limit.
    fn read(
        &self,
        mailbox: &Mailbox,
        bytes: Vec<u8>,
        cursor: &Cursor,
    ) -> impl Future<Output = Result<(), NotRead>> + Send;
}

/// Why a message was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// Reading it failed; it is to be tried again at once. The reader counts, and gives a message
    /// up by moving on.
    #[error("a message could not be read this time")]
    TryAgain,
    /// Another worker has the mailbox now.
    #[error("another worker has the mailbox")]
    LeaseLost,
    /// The database, or whatever else reading needs, is not there for now.
    #[error("the database is not available")]
    Unavailable,
}

//! What an intake is given, and why it may fail.

use crate::mail::Limits;
use crate::store::{ListId, MailboxId, StoreError, TenantId};
use crate::suggestion::reader::{self, Read};
use crate::vault::VaultError;
use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

/// A message as its source hands it over. It lives in memory only.
#[derive(Clone)]
pub struct RawMessage {
    /// Whose.
    pub tenant: TenantId,
    /// Where it was found.
    pub mailbox: MailboxId,
    /// Where its suggestion goes.
    pub list: ListId,
    /// The message, RFC 5322.
    pub bytes: Vec<u8>,
}

/// How messages are read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bounds of reading one.
    pub limits: Limits,
    /// Names under which the tenants' servers write `Authentication-Results` (RFC 8601).
    pub authserv_ids: Vec<String>,
    /// How many of a tenant are read at the same time; by default as many as there are cores. One more is
    /// read of another tenant.
    pub lanes: NonZero<u16>,
    /// How long reading one may take.
    pub deadline: Duration,
    /// What reads it.
    pub read: Read,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = available_parallelism().ok().and_then(|cores| cores.try_into().ok());
        Self {
            limits: Limits::default(),
            authserv_ids: Vec::new(),
            lanes: cores.unwrap_or(NonZero::<u16>::MIN),
            deadline: Duration::from_secs(30),
            read: reader::read,
        }
    }
}

/// Why a message could not be dealt with now. It is as if it had not been taken; try later.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The tenant, and with it the mailbox, is gone.
    #[error("the tenant of this mailbox is gone")]
    NoTenant,
    /// Another worker holds the mailbox.
    #[error("another worker holds the mailbox; this one has to let go")]
    LeaseLost,
    /// No thread to read on.
    #[error("the machine gives no thread to read a message on")]
    Thread(#[source] std::io::Error),
    /// The tenant's hash key does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

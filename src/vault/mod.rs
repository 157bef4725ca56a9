//! Credentials at rest: sealed with AES-256-CBC and HMAC-SHA-512 under a key that PBKDF2 makes
//! from the operator's master secret.
//!
//! ```text
//! master secret + salt --PBKDF2, 600,000 times--> root --HKDF-Expand--> key k1 (64 bytes)
//! secret + place --A256CBC-HS512 under k1--> v1.k1.iv.ct.tag
//! ```
//!
//! - The composition is RFC 7518 §5.2.5 with its test vector (`aead`).
//! - Every sealed value is bound to its [`Place`]: a row that is moved to another tenant, owner or
//!   column cannot be opened.
//! - The derived keys stand in zeroized memory only (`keyring`); the database holds the salt and a
//!   verifier, which tells a wrong master secret apart from a damaged value.
//! - [`rotate()`] re-seals every value under a new key; the key before stays usable until the next
//!   rotation, for what a process that still runs has sealed meanwhile.

mod aead;
mod hash_key;
mod keyring;
mod master_secret;
mod place;
mod rotate;
mod sealed;
pub mod secret;

pub use hash_key::HashKey;
pub use master_secret::{MasterSecret, MasterSecrets, TooShort};
pub use place::{Field, Place};
pub use rotate::{Rotated, rotate};

use crate::clock::Millis;
use crate::store::{Conn, Db, StoreError};
use keyring::Keyring;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

/// How often PBKDF2-HMAC-SHA256 is iterated at least (OWASP Password Storage Cheat Sheet); fewer are
/// raised to it.
pub const MIN_ITERATIONS: u32 = 600_000;

/// Seals and opens credentials. A clone shares the keys.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<RwLock<Arc<Keyring>>>,
    secrets: Option<Arc<MasterSecrets>>,
}

/// Why the vault cannot do what it was asked for. No variant says more about a sealed value than
/// that it does not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The value was damaged, moved from another place, or sealed by another vault.
    #[error("a sealed value does not open: it was changed, or it belongs to another place")]
    Unreadable,
    /// The value names a key that this process does not hold.
    #[error(
        "a value is sealed under key {0}, which this process does not hold: if the keys were rotated, \
         restart with the present vault.master_secret; else enter the password again"
    )]
    UnknownKey(String),
    /// The master secret is not the one that the database's key was made from.
    #[error(
        "vault.master_secret does not fit this database: its key {0} was made from another secret; \
         configure that one, or, after a change, also vault.previous_master_secret"
    )]
    WrongMasterSecret(String),
    /// Two rotations at once.
    #[error("another rotation made key {0} at the same time; nothing was changed, try again")]
    Busy(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VaultError {
    /// Whether only entering the value again helps; every other error passes or is the operator's.
    pub const fn is_lost(&self) -> bool {
        matches!(self, Self::Unreadable | Self::UnknownKey(_))
    }
}

impl Vault {
    /// Derives the database's keys from the master secret; an empty database is given its first.
    /// Takes about 0.1 s of one processor a key.
    pub async fn unlock(
        db: &Db,
        secrets: MasterSecrets,
        iterations: u32,
        now: Millis,
    ) -> Result<Self, VaultError> {
        let keys = keyring::unlock(db, &secrets, iterations, now).await?;
        Ok(Self { keys: Arc::new(RwLock::new(Arc::new(keys))), secrets: Some(Arc::new(secrets)) })
    }

    /// A vault under a random key that is kept nowhere: what it seals nobody can open after it is
    /// dropped. For tests, and for a database that ends with the process.
    pub fn ephemeral() -> Self {
        Self { keys: Arc::new(RwLock::new(Arc::new(Keyring::random()))), secrets: None }
    }

    /// Learns of a key that another process has made by rotating. Called from time to time.
    pub async fn refresh(&self, conn: &mut Conn) -> Result<(), VaultError> {
        let Some(secrets) = &self.secrets else { return Ok(()) };
        if let Some(newer) = keyring::newer(conn, &self.keyring(), secrets).await? {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(newer);
        }
        Ok(())
    }

    /// Whether the key in use still comes from `vault.previous_master_secret`: a rotation is due.
    pub fn rotation_due(&self) -> bool {
        self.keyring().needs_previous_secret()
    }

    /// Seals `secret` for `place`: `v1.key.iv.ciphertext.tag`.
    pub fn seal(&self, place: &Place<'_>, secret: &[u8]) -> String {
        self.keyring().seal(place, secret)
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: &Place<'_>, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.keyring().open(place, sealed)
    }

    /// Opens what was just read from the database. A value under a key that is not known here yet
    /// was sealed by a rotation since the last [`Vault::refresh`]: that is made up for first.
    pub async fn open_fresh(
        &self,
        conn: &mut Conn,
        place: &Place<'_>,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match self.open(place, sealed) {
            Err(VaultError::UnknownKey(_)) => {
                self.refresh(conn).await?;
                self.open(place, sealed)
            }
            opened => opened,
        }
    }

    fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.keyring().current_id())
    }
}

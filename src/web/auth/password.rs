//! Passwords of local accounts: Argon2id with the parameters that the crate and OWASP recommend
//! (19 MiB, two passes), never more than a few at a time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How many hashes are computed at a time; each takes 19 MiB and a core.
const AT_ONCE: usize = 4;

/// Longest password in bytes; a longer one is refused before it is hashed.
pub const MAX_LEN: usize = 1024;

/// Shortest password that a new account may have, in characters.
pub const MIN_CHARS: usize = 12;

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The choice is too weak or too long.
    #[error("a password needs at least {MIN_CHARS} characters and at most {MAX_LEN} bytes")]
    Length,
    /// The hash function or the system's randomness failed.
    #[error("the password cannot be hashed")]
    Hash,
}

/// The hash to store of a new password, as a PHC string with a random salt. Takes tens of
/// milliseconds of a core: for the command line.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < MIN_CHARS || password.len() > MAX_LEN {
        return Err(PasswordError::Length);
    }
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|_| PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// Verifies passwords, a few at a time, away from the threads that serve requests.
#[derive(Debug, Clone)]
pub struct Verifier {
    permits: Arc<Semaphore>,
    /// What is verified for an unknown account, so that both take the same time.
    decoy: Arc<str>,
}

impl Verifier {
    /// Prepares a decoy that no password matches.
    pub fn new() -> Result<Self, PasswordError> {
        let decoy = hash(super::secret::Secret::new("").plain())?;
        Ok(Self { permits: Arc::new(Semaphore::new(AT_ONCE)), decoy: decoy.into() })
    }

    /// Whether `password` has the hash `stored`. Without a stored hash the answer is no, after the
    /// same work.
    pub async fn verify(&self, stored: Option<String>, password: SecretString) -> bool {
        if password.expose_secret().len() > MAX_LEN {
            return false;
        }
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return false };
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.decoy.to_string());
        let matches = spawn_blocking(move || {
            let _permit = permit;
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.expose_secret().as_bytes(), &hash)
                    .is_ok()
            })
        });
        matches.await.unwrap_or(false) && known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_is_accepted() {
        let verifier = Verifier::new().expect("a verifier");
        let stored = hash("correct horse battery").expect("a hash");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let verify = |stored: Option<&str>, password: &str| {
            verifier.verify(stored.map(str::to_owned), SecretString::from(password))
        };
        assert!(verify(Some(&stored), "correct horse battery").await);
        assert!(!verify(Some(&stored), "Correct horse battery").await);
        assert!(!verify(None, "correct horse battery").await);
        assert!(!verify(Some("not a hash"), "correct horse battery").await);
        assert!(!verify(Some(&stored), &"x".repeat(MAX_LEN + 1)).await);
    }

    #[test]
    fn a_short_password_gets_no_account() {
        assert!(matches!(hash("short"), Err(PasswordError::Length)));
        assert!(matches!(hash(&"x".repeat(2000)), Err(PasswordError::Length)));
    }
}

//! Random values that open something: session cookies, API tokens, form tokens.
//!
//! They carry 256 random bits, so a plain SHA-256 of them can be stored: there is nothing to guess.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What every API token begins with, so that scanners of leaked secrets know one.
pub const TOKEN_PREFIX: &str = "und_";

/// A random value, shown once to whom it is for.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// 32 random bytes as base64url, after a prefix.
    pub fn new(prefix: &str) -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rand::rng().fill_bytes(bytes.as_mut());
        Self(Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes.as_ref()))))
    }

    /// A new API token: `und_…`.
    pub fn token() -> Self {
        Self::new(TOKEN_PREFIX)
    }

    /// The value itself, to hand over.
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// What the database holds of it.
    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What the database holds of a secret that came back.
pub fn hash(plain: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(plain.as_bytes()))
}

/// Compares without telling by the time taken where the difference is.
pub fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_random_and_its_hash_is_not_it() {
        let (one, other) = (Secret::token(), Secret::token());
        assert!(one.plain().starts_with("und_") && one.plain().len() == 47);
        assert_ne!(one.plain(), other.plain());
        assert_eq!(one.hash(), hash(one.plain()));
        assert_ne!(one.hash(), one.plain());
        assert_eq!(format!("{one:?}"), "Secret");
        assert!(same("a", "a") && !same("a", "b") && !same("a", "ab"));
    }
}

//! The key of a tenant's keyed hashes: what is kept of a message is such a hash and nothing else.

use super::master_secret::hmac_sha256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::Mac;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 32 random bytes of one tenant. Who has only the database cannot try out guesses.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HashKey([u8; 32]);

impl HashKey {
    /// A new key, and its bytes to be sealed.
    pub fn generate() -> (Self, Zeroizing<Vec<u8>>) {
        let key = Self(rand::random());
        let bytes = Zeroizing::new(key.0.to_vec());
        (key, bytes)
    }

    /// The key that was sealed; `None` when these are not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// HMAC-SHA-256 over `purpose` and `parts`, each preceded by its length so that no two lists of
    /// parts are the same bytes, in base64url.
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> String {
        let mut mac = hmac_sha256(&self.0);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        BASE64.encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_key_purpose_and_every_boundary() {
        let (key, bytes) = HashKey::generate();
        let same = HashKey::from_bytes(&bytes).expect("32 bytes");
        let one = key.digest("message", &[b"ab", b"c"]);
        assert_eq!(one, same.digest("message", &[b"ab", b"c"]));
        assert_eq!(one.len(), 43);
        for other in [
            key.digest("message", &[b"a", b"bc"]),
            key.digest("message", &[b"abc"]),
            key.digest("contact", &[b"ab", b"c"]),
            HashKey::generate().0.digest("message", &[b"ab", b"c"]),
        ] {
            assert_ne!(one, other);
        }
        assert!(HashKey::from_bytes(b"short").is_none());
    }
}

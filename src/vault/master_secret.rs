//! The operator's master secret: what all keys are made from, and what is kept nowhere by us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::{Algorithm, Params, pbkdf2_hmac_with_params};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The fewest characters a master secret may have.
const MIN_CHARS: usize = 32;

/// A secret that is long enough; its `Debug` hides it.
#[derive(Debug, Clone)]
pub struct MasterSecret(SecretString);

/// The present secret, and after a change of it the one before.
#[derive(Debug, Clone)]
pub struct MasterSecrets {
    /// What new keys are made from.
    pub present: MasterSecret,
    /// What the keys were made from until now; needed until `vault rotate` has run.
    pub previous: Option<MasterSecret>,
}

/// A master secret has too few characters.
#[derive(Debug, thiserror::Error)]
#[error("has fewer than {MIN_CHARS} characters; `undersigned vault init` makes a good one")]
pub struct TooShort;

impl MasterSecret {
    /// Takes `secret` without the white space around it.
    pub fn new(secret: &str) -> Result<Self, TooShort> {
        let secret = secret.trim();
        if secret.chars().count() < MIN_CHARS {
            return Err(TooShort);
        }
        Ok(Self(secret.into()))
    }

    /// A new random secret of 32 bytes as text.
    pub fn generate() -> Zeroizing<String> {
        let bytes = Zeroizing::new(rand::random::<[u8; 32]>());
        Zeroizing::new(BASE64.encode(*bytes))
    }

    /// The root of one key: PBKDF2-HMAC-SHA256, one block, so that who guesses has no less to do
    /// than we. Blocks the thread for about 0.1 s.
    ///
    /// Through the function that is no generic: a generic one would be compiled with this crate,
    /// and take 3 s where a development build does not optimise.
    pub(super) fn root(&self, salt: &[u8], iterations: Params) -> Zeroizing<[u8; 32]> {
        let mut root = Zeroizing::new([0; 32]);
        let (secret, out) = (self.0.expose_secret().as_bytes(), root.as_mut_slice());
        pbkdf2_hmac_with_params(secret, salt, Algorithm::Pbkdf2Sha256, iterations, out);
        root
    }
}

impl MasterSecrets {
    /// Each secret, and whether it is the previous one.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (&MasterSecret, bool)> {
        std::iter::once((&self.present, false)).chain(self.previous.iter().map(|it| (it, true)))
    }
}

/// HKDF-Expand with HMAC-SHA-256 (RFC 5869 §2.3): up to 255 blocks of 32 bytes for one purpose.
pub(super) fn expand<const N: usize>(root: &[u8; 32], purpose: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    let mut block = Zeroizing::new(Vec::new());
    for (counter, chunk) in (1u8..).zip(out.chunks_mut(32)) {
        let next =
            hmac_sha256(root).chain_update(&*block).chain_update(purpose).chain_update([counter]);
        block = Zeroizing::new(next.finalize().into_bytes().to_vec());
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    out
}

/// HMAC-SHA-256 under `key`.
#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
pub(super) fn hmac_sha256(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_is_refused_and_none_is_shown() {
        assert!(MasterSecret::new("correct horse").is_err());
        assert!(MasterSecret::new(&format!("{:>32}", "padded with spaces")).is_err());
        let good = MasterSecret::new(&MasterSecret::generate()).expect("long enough");
        assert!(!format!("{good:?}").contains(good.0.expose_secret()));
    }

    /// RFC 5869 §2.3 taken literally: T(1) = HMAC(PRK, info | 1), T(2) = HMAC(PRK, T(1) | info | 2).
    #[test]
    fn expansion_follows_hkdf() {
        let root = [7; 32];
        let first = hmac_sha256(&root).chain_update(b"key\x01").finalize().into_bytes();
        let second =
            hmac_sha256(&root).chain_update(first).chain_update(b"key\x02").finalize().into_bytes();
        assert_eq!(expand::<64>(&root, b"key")[..], [first, second].concat()[..]);
        assert_ne!(expand::<32>(&root, b"key")[..], expand::<32>(&root, b"verifier")[..]);
    }

    /// The first 32 bytes of RFC 7914 §11's second PBKDF2-HMAC-SHA256 vector.
    #[test]
    fn the_root_is_pbkdf2_hmac_sha256() {
        let secret = MasterSecret("Password".into());
        let root = secret.root(b"NaCl", Params::new(80_000).expect("enough"));
        assert_eq!(
            root[..8],
            [0x4d, 0xdc, 0xd8, 0xf6, 0x0b, 0x98, 0xbe, 0x21],
            "4d dc d8 f6 0b 98 be 21 …"
        );
    }
}

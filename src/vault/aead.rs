//! `AEAD_AES_256_CBC_HMAC_SHA_512`, in JOSE `A256CBC-HS512` (RFC 7518 §5.2.5): encrypt, then
//! authenticate; authenticate before decrypting.

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 32 bytes to authenticate, then 32 bytes to encrypt.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Key {
    mac: [u8; 32],
    enc: [u8; 32],
}

/// What the cipher starts with; random for every message.
pub(super) type Iv = [u8; 16];

/// What authenticates the message: the first half of the HMAC.
pub(super) type Tag = [u8; 32];

impl Key {
    /// Takes `K`: MAC key first (RFC 7518 §5.2.2.1 step 1).
    pub(super) fn new(bytes: &[u8; 64]) -> Self {
        let mut key = Self { mac: [0; 32], enc: [0; 32] };
        let (mac, enc) = bytes.split_at(32);
        key.mac.copy_from_slice(mac);
        key.enc.copy_from_slice(enc);
        key
    }

    /// Encrypts `plaintext` and authenticates it together with `associated`.
    pub(super) fn encrypt(&self, iv: &Iv, associated: &[u8], plaintext: &[u8]) -> (Vec<u8>, Tag) {
        let ciphertext = cbc::Encryptor::<Aes256>::new(&self.enc.into(), &(*iv).into())
            .encrypt_padded_vec::<Pkcs7>(plaintext);
        let full = self.authenticate(iv, associated, &ciphertext).finalize().into_bytes();
        let mut tag = [0; 32];
        tag.copy_from_slice(&full[..32]);
        (ciphertext, tag)
    }

    /// Checks the tag in constant time and only then decrypts. One `None` for every failure, so
    /// that nothing can be learnt from how it failed.
    pub(super) fn decrypt(
        &self,
        iv: &Iv,
        associated: &[u8],
        ciphertext: &[u8],
        tag: &Tag,
    ) -> Option<Zeroizing<Vec<u8>>> {
        self.authenticate(iv, associated, ciphertext).verify_truncated_left(tag).ok()?;
        cbc::Decryptor::<Aes256>::new(&self.enc.into(), &(*iv).into())
            .decrypt_padded_vec::<Pkcs7>(ciphertext)
            .ok()
            .map(Zeroizing::new)
    }

    /// HMAC over A || IV || E || AL, where AL is the length of A in bits.
    fn authenticate(&self, iv: &Iv, associated: &[u8], ciphertext: &[u8]) -> Hmac<Sha512> {
        let bits = (associated.len() as u64).saturating_mul(8);
        hmac_sha512(&self.mac)
            .chain_update(associated)
            .chain_update(iv)
            .chain_update(ciphertext)
            .chain_update(bits.to_be_bytes())
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn hmac_sha512(key: &[u8]) -> Hmac<Sha512> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

#[cfg(test)]
mod tests;

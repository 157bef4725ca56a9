//! A certificate in place of a client secret: the client signs an assertion with its private key
//! (RFC 7521, RFC 7523), in the form that Microsoft Entra wants
//! (<https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials>).

use crate::clock::Millis;
use crate::store::Id;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{sign, verify};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt;
use url::Url;
use x509_parser::pem::Pem;

/// How long an assertion is good, and by how much clocks may differ, in seconds.
const LIFE: i64 = 5 * 60;
const SKEW: i64 = 60;

/// Longest text that is read.
const MAX: usize = 64 * 1024;

/// How private keys begin that `ring` signs with.
const KEYS: [&str; 2] = ["-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"];

/// A certificate with its private key.
pub struct Certificate {
    key: EncodingKey,
    thumbprint: String,
    expires_at: Millis,
}

/// Why a text is no certificate that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// No private key.
    #[error("there is no RSA private key without a password in it, as PEM")]
    NoKey,
    /// No certificate.
    #[error("there is no certificate in it, as PEM")]
    NoCertificate,
    /// The two have nothing to do with each other.
    #[error("the certificate in it is of another key than the private key")]
    NotOfKey,
}

impl Certificate {
    /// Reads PEM (RFC 7468) that holds a private key and its certificate, in any order; what else is
    /// in it, like the certificates of authorities, is passed over.
    pub fn read(pem: &SecretString) -> Result<Self, BadCertificate> {
        let pem = pem.expose_secret();
        if pem.len() > MAX {
            return Err(BadCertificate::NoKey);
        }
        let at = KEYS.iter().find_map(|begin| pem.find(begin)).ok_or(BadCertificate::NoKey)?;
        let key =
            EncodingKey::from_rsa_pem(&pem.as_bytes()[at..]).map_err(|_| BadCertificate::NoKey)?;
        // One that cannot sign is none.
        let probe = sign(b"probe", &key, Algorithm::PS256).map_err(|_| BadCertificate::NoKey)?;
        let mut why = BadCertificate::NoCertificate;
        for block in Pem::iter_from_buffer(pem.as_bytes()).flatten() {
            let Ok(certificate) = block.parse_x509() else { continue };
            let public =
                DecodingKey::from_rsa_der(&certificate.public_key().subject_public_key.data);
            if verify(&probe, b"probe", &public, Algorithm::PS256) == Ok(true) {
                return Ok(Self {
                    key,
                    thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(&block.contents)),
                    expires_at: Millis(certificate.validity().not_after.timestamp() * 1000),
                });
            }
            why = BadCertificate::NotOfKey;
        }
        Err(why)
    }

    /// When it ends.
    pub const fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// An assertion of `client_id` for one request to `endpoint`; none if it cannot be signed.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        endpoint: &Url,
        now: Millis,
    ) -> Option<SecretString> {
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        let now = now.0.div_euclid(1000);
        let claims = json!({
            "aud": endpoint,
            "iss": client_id,
            "sub": client_id,
            "jti": Id::<()>::new().as_str(),
            "iat": now,
            "nbf": now - SKEW,
            "exp": now + LIFE,
        });
        encode(&header, &claims, &self.key).ok().map(SecretString::from)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// PEM of a fresh key and a certificate for it that lasts 30 days, made by `openssl`.
    fn made() -> [String; 2] {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| dir.path().join(name);
        let done = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"])
            .args(["-subj", "/CN=undersigned", "-keyout"])
            .arg(path("key"))
            .arg("-out")
            .arg(path("certificate"))
            .output()
            .expect("openssl");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        ["key", "certificate"].map(|name| std::fs::read_to_string(path(name)).expect("PEM"))
    }

    #[test]
    fn a_certificate_is_read_with_its_key_and_with_no_other() {
        let [key, certificate] = made();
        let [other, authority] = made();
        let read = |parts: &[&String]| {
            let text: String = parts.iter().map(|part| part.as_str()).collect();
            Certificate::read(&SecretString::from(text))
        };
        let good = read(&[&authority, &certificate, &key]).expect("a certificate");
        let days = (good.expires_at().0 - crate::clock::Clock::system().now().0) / 86_400_000;
        assert!((29..=30).contains(&days), "{days}");
        assert!(read(&[&key, &certificate]).is_ok());
        let why = |parts: &[&String]| read(parts).expect_err("no certificate");
        assert_eq!(why(&[&certificate]), BadCertificate::NoKey);
        assert_eq!(why(&[&key]), BadCertificate::NoCertificate);
        assert_eq!(why(&[&other, &certificate]), BadCertificate::NotOfKey);
        let cut = key[..key.len() / 2].to_owned();
        assert_eq!(why(&[&cut, &certificate]), BadCertificate::NoKey);
        assert!(!format!("{good:?}").contains("key"));
    }
}

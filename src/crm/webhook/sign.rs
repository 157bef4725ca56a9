//! Signatures as Standard Webhooks 1.0 has them: HMAC-SHA256 of `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A new secret: 32 random bytes.
pub fn new_secret() -> SecretString {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    rand::rng().fill_bytes(bytes.as_mut());
    SecretString::from(format!("{PREFIX}{}", STANDARD.encode(bytes.as_ref())))
}

/// The signature of a message; none if the secret is none.
pub(super) fn signature(
    secret: &SecretString,
    id: &str,
    seconds: &str,
    body: &str,
) -> Option<String> {
    let key = secret.expose_secret().strip_prefix(PREFIX)?;
    let key = Zeroizing::new(STANDARD.decode(key).ok()?);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    for part in [id, ".", seconds, ".", body] {
        mac.update(part.as_bytes());
    }
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, and the one of its first libraries.
    #[test]
    fn the_examples_of_the_standard_are_met() {
        let sign = |secret: &str, id, seconds, body| {
            signature(&secret.into(), id, seconds, body).expect("a signature")
        };
        assert_eq!(
            sign(
                "whsec_plJ3nmyCDGBKInavdOK15jsl",
                "msg_loFOjxBNrRLzqYUf",
                "1731705121",
                r#"{"event_type":"ping","data":{"success":true}}"#
            ),
            "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
        );
        assert_eq!(
            sign(
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                "1614265330",
                r#"{"test": 2432232314}"#
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_new_secret_is_one_and_never_the_same() {
        let (one, two) = (new_secret(), new_secret());
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert!(signature(&one, "1", "1", "").is_some());
        assert!(signature(&"whsec_!".into(), "1", "1", "").is_none());
    }
}

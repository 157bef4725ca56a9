//! Certificates of apps, and the assertions that are signed with them (RFC 7523).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use undersigned::clock::Millis;
use x509_parser::pem::Pem;

/// What kind of assertion it must be.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A fresh key and its certificate for so many days, as PEM, as `openssl` makes them.
pub(crate) fn certificate(days: u32) -> String {
    let dir = tempfile::tempdir().unwrap();
    let both = dir.path().join("both.pem");
    let done = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=undersigned"])
        .args(["-days", &days.to_string()])
        .arg("-keyout")
        .arg(&both)
        .arg("-out")
        .arg(dir.path().join("certificate.pem"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    read("both.pem") + &read("certificate.pem")
}

/// The certificate of an app registration.
#[derive(Debug, Default)]
pub(crate) struct Uploaded {
    /// As DER; empty: there is none.
    certificate: Vec<u8>,
    /// The ids of assertions that were used.
    used: BTreeSet<String>,
}

impl Uploaded {
    /// Uploads the certificate in `pem` to the app registration, as its only one.
    pub(crate) fn upload(&mut self, pem: &str) {
        let blocks = Pem::iter_from_buffer(pem.as_bytes()).flatten();
        let certificate = blocks.last().unwrap();
        certificate.parse_x509().unwrap();
        self.certificate = certificate.contents;
    }

    /// Whether the form of a request to `endpoint` shows that it is the app that asks: with its secret or
    /// with its certificate. If not, the number of what is wrong.
    pub(crate) fn prove(
        &mut self,
        form: &BTreeMap<String, String>,
        (client, secret): (&str, &str),
        endpoint: &str,
        now: Millis,
    ) -> Result<(), u32> {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if field("client_assertion_type") == ASSERTION {
            let assertion = field("client_assertion");
            let is_good = !form.contains_key("client_secret")
                && self.accepts(assertion, client, endpoint, now);
            return if is_good { Ok(()) } else { Err(700_027) };
        }
        if field("client_secret") == secret { Ok(()) } else { Err(7_000_215) }
    }

    /// Whether an assertion is one that the service accepts: of the certificate, for its token
    /// endpoint, for a short time that is now, and never seen before.
    fn accepts(&mut self, assertion: &str, client: &str, endpoint: &str, now: Millis) -> bool {
        let Ok(header) = decode_header(assertion) else { return false };
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.certificate));
        if header.alg != Algorithm::PS256 || header.x5t_s256 != Some(thumbprint) {
            return false;
        }
        let Ok((_, certificate)) = x509_parser::parse_x509_certificate(&self.certificate) else {
            return false;
        };
        let key = DecodingKey::from_rsa_der(&certificate.public_key().subject_public_key.data);
        let mut validation = Validation::new(Algorithm::PS256);
        validation.set_audience(&[endpoint]);
        validation.set_issuer(&[client]);
        validation.set_required_spec_claims(&["aud", "iss", "sub", "exp", "nbf", "jti"]);
        validation.sub = Some(client.to_owned());
        // By the clock of the story.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let Ok(signed) = decode::<Value>(assertion, &key, &validation) else { return false };
        let at = |name: &str| signed.claims[name].as_i64().unwrap_or_default() * 1000;
        let is_now = at("nbf") <= now.0 && now.0 < at("exp") && at("exp") - at("nbf") <= 600_000;
        let once = signed.claims["jti"].as_str().is_some_and(|id| self.used.insert(id.to_owned()));
        is_now && once
    }
}

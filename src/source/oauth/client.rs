//! Asks a token endpoint.

use super::answer;
use super::certificate::{BadCertificate, Certificate};
use super::error::TokenError;
use crate::clock::Millis;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The most that a token endpoint is listened to.
const MAX_ANSWER: usize = 256 * 1024;

/// How long to wait if we are to wait and are not told how long.
const USUAL_WAIT: Duration = Duration::from_mins(1);

/// The longest wait that is believed.
const LONGEST_WAIT: Duration = Duration::from_hours(6);

/// What kind of assertion a client proves itself with (RFC 7523 §2.2).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that asks for tokens; clones share its connections.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

/// No client can be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare encrypted connections; install ca-certificates")]
pub struct ClientError;

/// With what a client proves who it is.
#[derive(Debug)]
pub enum Proof {
    /// A secret that both sides know (RFC 6749 §2.3.1).
    Secret(SecretString),
    /// The same, shown in a header instead of the body.
    Basic(SecretString),
    /// An assertion signed with the key of a certificate (RFC 7523 §2.2).
    Certificate(Certificate),
}

impl Proof {
    /// What an admin entered for an app: its secret, or the PEM of a certificate with its key, as
    /// [`Certificate::read`] takes it.
    pub fn entered(text: SecretString) -> Result<Self, BadCertificate> {
        if text.expose_secret().contains("-----BEGIN ") {
            return Certificate::read(&text).map(Self::Certificate);
        }
        Ok(Self::Secret(text))
    }
}

/// In whose name tokens are asked for.
#[derive(Debug)]
pub struct Party<'a> {
    /// The client's id.
    pub client_id: &'a str,
    /// How it proves that it is the one.
    pub proof: &'a Proof,
}

/// What is given for a token.
#[derive(Debug)]
pub enum Grant<'a> {
    /// Nothing: the app is to be let in as itself (RFC 6749 §4.4).
    ClientCredentials {
        /// What it is to be allowed.
        scope: &'a str,
    },
    /// The code that a person came back with (RFC 6749 §4.1.3).
    Code {
        /// The code.
        code: &'a SecretString,
        /// Where it came to.
        redirect: &'a str,
        /// What its challenge was made of (RFC 7636); empty: there was none.
        verifier: &'a str,
    },
    /// A token to be exchanged for newer ones (RFC 6749 §6).
    Refresh {
        /// The token.
        token: &'a SecretString,
    },
}

/// What came of it.
#[derive(Debug)]
pub struct Tokens {
    /// What opens the mailbox or CRM.
    pub access: SecretString,
    /// For how long.
    pub lifetime_seconds: i64,
    /// What to exchange next time. It may differ from the one that was given, which then ends.
    pub refresh: Option<SecretString>,
    /// Who signed in, where that was asked for (`openid`).
    pub id_token: Option<SecretString>,
}

impl Client {
    /// A client for `https`; plain `http` is up to the configuration, which allows it for this
    /// machine only. It follows no redirection: secrets stay where they were sent.
    pub fn new() -> Result<Self, ClientError> {
        reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .build()
            .map(Self)
            .map_err(|_| ClientError)
    }

    /// Asks `endpoint` for tokens in the name of a client; `now` dates what it signs.
    pub async fn ask(
        &self,
        endpoint: &Url,
        party: &Party<'_>,
        grant: &Grant<'_>,
        now: Millis,
    ) -> Result<Tokens, TokenError> {
        let Party { client_id, proof } = *party;
        let signed;
        let mut form = Vec::new();
        if !matches!(proof, Proof::Basic(_)) {
            form.push(("client_id", client_id));
        }
        match proof {
            Proof::Secret(secret) => form.push(("client_secret", secret.expose_secret())),
            Proof::Basic(_) => {}
            Proof::Certificate(certificate) => {
                signed = certificate.assertion(client_id, endpoint, now);
                let signed = signed.as_ref().ok_or(TokenError::Unusable)?;
                form.extend([
                    ("client_assertion_type", ASSERTION),
                    ("client_assertion", signed.expose_secret()),
                ]);
            }
        }
        match grant {
            Grant::ClientCredentials { scope } => {
                form.extend([("grant_type", "client_credentials"), ("scope", *scope)]);
            }
            Grant::Code { code, redirect, verifier } => {
                form.extend([
                    ("grant_type", "authorization_code"),
                    ("code", code.expose_secret()),
                    ("redirect_uri", redirect),
                ]);
                if !verifier.is_empty() {
                    form.push(("code_verifier", verifier));
                }
            }
            Grant::Refresh { token } => form.extend([
                ("grant_type", "refresh_token"),
                ("refresh_token", token.expose_secret()),
            ]),
        }
        let mut request = self.0.post(endpoint.clone()).form(&form);
        if let Proof::Basic(secret) = proof {
            request = request.basic_auth(client_id, Some(secret.expose_secret()));
        }
        let response = request.send().await.map_err(|_| TokenError::Unreachable)?;
        let status = response.status();
        let wait = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map_or(USUAL_WAIT, Duration::from_secs)
            .min(LONGEST_WAIT);
        let body = read(response).await?;
        match status {
            StatusCode::OK => answer::good(&body),
            StatusCode::TOO_MANY_REQUESTS => Err(TokenError::Throttled(wait)),
            status if status.is_server_error() => Err(TokenError::Unreachable),
            _ => Err(answer::bad(&body)),
        }
    }
}

async fn read(mut response: reqwest::Response) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|_| TokenError::Unreachable)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(TokenError::Odd);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

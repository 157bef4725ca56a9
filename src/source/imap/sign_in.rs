//! Signing in: LOGIN, AUTHENTICATE PLAIN where the credentials are not plain ASCII or the server does
//! not know LOGIN, AUTHENTICATE XOAUTH2 with an access token.

use super::error::{ConnectError, Said, WireError};
use super::name::quoted;
use super::settings::{Credential, Settings};
use super::throttle;
use super::wire::{Answer, PATIENCE, SMALL, Transport, Wire};
use crate::source::providers;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

/// Who we say we are where that is asked for (RFC 2971).
const ID: &str = "ID (\"name\" \"undersigned\" \"vendor\" \"undersigned\")";

/// Signs in.
pub(super) async fn sign_in<S: Transport>(
    wire: &mut Wire<S>,
    settings: &Settings,
) -> Result<(), ConnectError> {
    match &settings.credential {
        Credential::Password(password) => {
            let password = password.expose_secret();
            let outcome = with_password(wire, &settings.username, password).await;
            outcome.map_err(|error| refused(error, settings, ConnectError::WrongPassword))?;
        }
        Credential::AccessToken(token) => {
            let outcome = with_token(wire, &settings.username, token.expose_secret()).await;
            outcome.map_err(|error| refused(error, settings, ConnectError::TokenRefused))?;
        }
    }
    if providers::limits_of(&settings.host).needs_id {
        match wire.run(ID, SMALL, |_| ()).await {
            Ok(()) | Err(WireError::No(_) | WireError::Bad(_)) => {}
            Err(broken) => return Err(ConnectError::NotImap(broken)),
        }
    }
    Ok(())
}

fn refused(error: WireError, settings: &Settings, wrong: fn(Said) -> ConnectError) -> ConnectError {
    let (Credential::Password(secret) | Credential::AccessToken(secret)) = &settings.credential;
    let said = |text: &str| Said::new(text, &[&settings.username, secret.expose_secret()]);
    match error {
        WireError::No(text) if throttle::is_for_now(&text) => {
            ConnectError::SignInRefused(said(&text))
        }
        WireError::No(text) => wrong(said(&text)),
        // BAD may repeat the command, written otherwise than the secret.
        WireError::Bad(text) if throttle::is_for_now(&text) => {
            ConnectError::SignInRefused(said(""))
        }
        WireError::Unsendable | WireError::Bad(_) => wrong(said("")),
        broken => ConnectError::NotImap(broken),
    }
}

async fn with_password<S: Transport>(
    wire: &mut Wire<S>,
    username: &str,
    password: &str,
) -> Result<(), WireError> {
    if let (Ok(username), Ok(password)) = (quoted(username), quoted(password)) {
        let command = Zeroizing::new(format!("LOGIN {username} {password}"));
        match wire.run(&command, SMALL, |_| ()).await {
            // LOGINDISABLED, or never heard of it
            Err(WireError::Bad(text)) if !throttle::is_for_now(&text) => {}
            done => return done,
        }
    }
    let message = Zeroizing::new(format!("\0{username}\0{password}"));
    authenticate(wire, "PLAIN", &message).await
}

/// <https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>
async fn with_token<S: Transport>(
    wire: &mut Wire<S>,
    username: &str,
    token: &str,
) -> Result<(), WireError> {
    if username.contains('\u{1}') || token.contains('\u{1}') {
        return Err(WireError::Unsendable);
    }
    let message = Zeroizing::new(format!("user={username}\u{1}auth=Bearer {token}\u{1}\u{1}"));
    authenticate(wire, "XOAUTH2", &message).await
}

/// One message to the server's first challenge. To any further one (with XOAUTH2: why it refuses) an
/// empty line is the answer, so that the secret is never sent twice.
async fn authenticate<S: Transport>(
    wire: &mut Wire<S>,
    mechanism: &str,
    message: &str,
) -> Result<(), WireError> {
    let message = Zeroizing::new(STANDARD.encode(message.as_bytes()));
    wire.allow(SMALL, Some(PATIENCE));
    let tag = wire.send(&format!("AUTHENTICATE {mechanism}")).await?;
    let mut is_said = false;
    loop {
        match wire.answer().await? {
            Answer::Continue if is_said => wire.write_line("").await?,
            Answer::Continue => {
                wire.write_secret(&message).await?;
                is_said = true;
            }
            Answer::Done(of, outcome) if of == tag => {
                return if is_said || outcome.is_err() {
                    outcome
                } else {
                    Err(WireError::Malformed)
                };
            }
            Answer::Done(..) => return Err(WireError::Malformed),
            _ => {}
        }
    }
}

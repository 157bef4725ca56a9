//! Signing in: LOGIN, AUTHENTICATE PLAIN where the credentials are not plain ASCII or the server has no
//! LOGIN, AUTHENTICATE XOAUTH2 with an access token.
//!
//! What a refusal means, nothing more is asked for: some servers fall silent after one.
//!
//! | the server | so |
//! | --- | --- |
//! | says LOGINDISABLED in its greeting (RFC 9051 §6.2.3) | LOGIN is not sent, AUTHENTICATE PLAIN is |
//! | answers LOGIN with BAD | it has no LOGIN; AUTHENTICATE PLAIN is sent |
//! | refuses with a word or response code (RFC 5530) for what passes | it is tried again |
//! | refuses AUTHENTICATE before it had the secret | nobody is let in so, whatever the secret is |
//! | refuses with PRIVACYREQUIRED or LOGINDISABLED | likewise |
//! | refuses otherwise | the secret is wrong |
//!
//! So one that disables LOGIN, does not say so in its greeting (after STARTTLS there is none) and refuses
//! with NO and no code is taken for one that refuses the password; its own words stand beside that.

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
            let means =
                Means { wrong: ConnectError::WrongPassword, none: ConnectError::NoPasswords };
            outcome.map_err(|failure| refused(failure, settings, means))?;
        }
        Credential::AccessToken(token) => {
            let outcome = with_token(wire, &settings.username, token.expose_secret()).await;
            let means = Means { wrong: ConnectError::TokenRefused, none: ConnectError::NoTokens };
            outcome.map_err(|failure| refused(failure, settings, means))?;
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

/// Why nobody was let in.
struct Failure {
    error: WireError,
    /// Whether the server had the secret by then: without it, it has said nothing of it.
    is_heard: bool,
}

impl Failure {
    const fn heard(error: WireError) -> Self {
        Self { error, is_heard: true }
    }

    const fn unheard(error: WireError) -> Self {
        Self { error, is_heard: false }
    }
}

/// What it means that the server refuses.
#[derive(Clone, Copy)]
struct Means {
    /// What was entered is wrong.
    wrong: fn(Said) -> ConnectError,
    /// Nothing of its kind opens anything here.
    none: fn(Said) -> ConnectError,
}

fn refused(failure: Failure, settings: &Settings, means: Means) -> ConnectError {
    let (Credential::Password(secret) | Credential::AccessToken(secret)) = &settings.credential;
    let said = |text: &str| Said::new(text, &[&settings.username, secret.expose_secret()]);
    let Failure { error, is_heard } = failure;
    match error {
        WireError::No(text) if throttle::is_for_now(&text) => {
            ConnectError::SignInRefused(said(&text))
        }
        WireError::No(text) if !is_heard || throttle::is_no_login(&text) => {
            (means.none)(said(&text))
        }
        WireError::No(text) => (means.wrong)(said(&text)),
        // BAD may repeat the command, written otherwise than the secret.
        WireError::Bad(text) if throttle::is_for_now(&text) => {
            ConnectError::SignInRefused(said(""))
        }
        WireError::Bad(text) if !is_heard => (means.none)(said(&text)),
        WireError::Unsendable | WireError::Bad(_) => (means.wrong)(said("")),
        broken => ConnectError::NotImap(broken),
    }
}

/// With LOGIN, unless the greeting says that it is disabled, or it turns out to be unknown.
async fn with_password<S: Transport>(
    wire: &mut Wire<S>,
    username: &str,
    password: &str,
) -> Result<(), Failure> {
    let has_login = !wire.is_login_disabled();
    let command = quoted(username).ok().zip(quoted(password).ok());
    let command = command.map(|(name, word)| Zeroizing::new(format!("LOGIN {name} {word}")));
    if has_login && let Some(command) = &command {
        match wire.run(command, SMALL, |_| ()).await {
            Err(WireError::Bad(text)) if !throttle::is_for_now(&text) => {}
            done => return done.map_err(Failure::heard),
        }
    }
    let message = Zeroizing::new(format!("\0{username}\0{password}"));
    let outcome = authenticate(wire, "PLAIN", &message).await;
    // A password that LOGIN can carry may open it.
    let may_be_the_password = has_login && command.is_none();
    outcome
        .map_err(|failure| Failure { is_heard: failure.is_heard || may_be_the_password, ..failure })
}

/// <https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>
async fn with_token<S: Transport>(
    wire: &mut Wire<S>,
    username: &str,
    token: &str,
) -> Result<(), Failure> {
    if username.contains('\u{1}') || token.contains('\u{1}') {
        return Err(Failure::heard(WireError::Unsendable));
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
) -> Result<(), Failure> {
    let message = Zeroizing::new(STANDARD.encode(message.as_bytes()));
    wire.allow(SMALL, Some(PATIENCE));
    let tag = wire.send(&format!("AUTHENTICATE {mechanism}")).await.map_err(Failure::unheard)?;
    challenged(wire, &tag).await.map_err(Failure::unheard)?;
    let answer = async {
        wire.write_secret(&message).await?;
        loop {
            match wire.answer().await? {
                Answer::Continue => wire.write_line("").await?,
                Answer::Done(of, outcome) if of == tag => return outcome,
                Answer::Done(..) => return Err(WireError::Malformed),
                _ => {}
            }
        }
    };
    answer.await.map_err(Failure::heard)
}

/// Waits for the server's first challenge: it knows the mechanism, and takes it here.
async fn challenged<S: Transport>(wire: &mut Wire<S>, tag: &str) -> Result<(), WireError> {
    loop {
        match wire.answer().await? {
            Answer::Continue => return Ok(()),
            Answer::Done(of, Err(refusal)) if of == tag => return Err(refusal),
            Answer::Done(..) => return Err(WireError::Malformed),
            _ => {}
        }
    }
}

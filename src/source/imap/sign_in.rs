//! Signing in: LOGIN, or AUTHENTICATE PLAIN where the credentials are not plain ASCII.

use super::error::{ConnectError, Said, WireError};
use super::name::quoted;
use super::settings::Settings;
use super::wire::{Answer, SMALL, Transport, Wire};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

/// Response codes (RFC 5530) and words with which servers refuse for now what they may grant later.
const FOR_NOW: [&str; 7] =
    ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "TOO MANY", "TRY AGAIN", "TEMPORAR"];

/// Signs in.
pub(super) async fn sign_in<S: Transport>(
    wire: &mut Wire<S>,
    settings: &Settings,
) -> Result<(), ConnectError> {
    let password = settings.password.expose_secret();
    let outcome = match (quoted(&settings.username), quoted(password)) {
        (Ok(username), Ok(password)) => {
            let command = Zeroizing::new(format!("LOGIN {username} {password}"));
            wire.run(&command, SMALL, |_| ()).await
        }
        _ => authenticate(wire, &settings.username, password).await,
    };
    outcome.map_err(|error| match error {
        WireError::No(text) => {
            let said = Said::new(&text, &[&settings.username, password]);
            let upper = text.to_ascii_uppercase();
            if FOR_NOW.iter().any(|word| upper.contains(word)) {
                ConnectError::SignInRefused(said)
            } else {
                ConnectError::WrongPassword(said)
            }
        }
        WireError::Unsendable | WireError::Bad => ConnectError::WrongPassword(Said::new("", &[])),
        broken => ConnectError::NotImap(broken),
    })
}

async fn authenticate<S: Transport>(
    wire: &mut Wire<S>,
    username: &str,
    password: &str,
) -> Result<(), WireError> {
    let message = Zeroizing::new(format!("\0{username}\0{password}"));
    let message = Zeroizing::new(STANDARD.encode(message.as_bytes()));
    wire.allow(SMALL, Some(super::wire::PATIENCE));
    let tag = wire.send("AUTHENTICATE PLAIN").await?;
    loop {
        match wire.answer().await? {
            Answer::Continue => break,
            Answer::Done(_, Err(error)) => return Err(error),
            Answer::Done(..) => return Err(WireError::Malformed),
            _ => {}
        }
    }
    wire.write_line(&message).await?;
    wire.read_to(&tag, &mut |_| ()).await
}

//! Personal Microsoft accounts (Outlook.com, Hotmail, Live, MSN). They belong to no company: they sign in
//! at a directory that all of them share, whosever app asks
//! (<https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols#endpoints>), and only in
//! their person's own name, to whom alone their mailboxes are open, as `/me`.

use super::access;
use super::connector::Connector;
use super::fault::Fault;
use crate::clock::Millis;
use crate::source::oauth::{Grant, TokenError};
use crate::source::providers;
use crate::store::graph::App;
use secrecy::SecretString;

/// The directory that all personal accounts share, if this is the address of one.
fn shared(address: &str) -> Option<&'static str> {
    let (_, domain) = address.rsplit_once('@')?;
    providers::of_domain(domain)?.directory.as_deref()
}

/// Whether this is the address of a personal account.
pub(super) fn is_personal(address: &str) -> bool {
    shared(address).is_some()
}

/// The directory at which the account with this address signs in.
pub(super) fn directory_of<'a>(app: &'a App, address: &str) -> &'a str {
    shared(address).unwrap_or(&app.directory)
}

/// Fails if Microsoft knows the app registration to be none for personal accounts, so that nobody is
/// sent there in vain: it looks at who asks before it looks at the code, which is none here.
pub(super) async fn check_admitted(
    connector: &Connector,
    app: &App,
    (address, redirect): (&str, &str),
    now: Millis,
) -> Result<(), Fault> {
    let Some(directory) = shared(address) else { return Ok(()) };
    let none = SecretString::from("none");
    let grant = Grant::Code { code: &none, redirect, verifier: "" };
    match access::ask(connector, app, directory, &grant, now).await {
        Err(Fault::Token(TokenError::Client(code))) => Err(Fault::NotForPersonal(code)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::graph::Credential;

    #[test]
    fn personal_accounts_sign_in_at_a_directory_of_their_own() {
        let app = App {
            directory: "kugellager.test".to_owned(),
            client_id: "one".to_owned(),
            credential: Credential::Secret,
            secret: "secret".into(),
            secret_expires_at: None,
            changed_at: Millis(0),
        };
        for address in
            ["a@hotmail.com", "a@Outlook.de", "a@live.nl", "a@msn.com", "a@hotmail.co.uk"]
        {
            assert_eq!(directory_of(&app, address), "consumers", "{address}");
        }
        for address in ["a@kugellager.test", "hotmail.com", "", "a@outlook.consulting"] {
            assert_eq!(directory_of(&app, address), "kugellager.test", "{address}");
        }
    }
}

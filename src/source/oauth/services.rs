//! The sign-in services that the operator has configured, and the tokens that a tenant's app gets
//! there.

use super::client::{Client, ClientError, Grant, Party, Proof, Tokens};
use super::error::TokenError;
use crate::clock::Millis;
use crate::config::{Oauth, Service};
use crate::store::oauth::App;
use std::sync::Arc;
use url::Url;

/// The services; clones share their connections.
#[derive(Debug, Clone)]
pub struct Services {
    known: Arc<Oauth>,
    client: Client,
}

impl Services {
    /// Prepares the client that asks for tokens.
    pub fn new(config: &Oauth) -> Result<Self, ClientError> {
        Ok(Self { known: Arc::new(config.clone()), client: Client::new()? })
    }

    /// The service of this name.
    pub fn get(&self, name: &str) -> Option<&Service> {
        self.known.0.get(name)
    }

    /// Asks a service for tokens in the name of a tenant's app.
    pub(super) async fn ask(
        &self,
        service: &Service,
        app: &App,
        grant: &Grant<'_>,
        now: Millis,
    ) -> Result<Tokens, TokenError> {
        let url = address(&service.token_url, app).ok_or(TokenError::Odd)?;
        let secret = app.secret.clone();
        let proof = if service.basic { Proof::Basic(secret) } else { Proof::Secret(secret) };
        let party = Party { client_id: &app.client_id, proof: &proof };
        self.client.ask(&url, &party, grant, now).await
    }
}

/// Where a person consents to what a tenant's app asks for.
pub(super) fn authorize_url(service: &Service, app: &App) -> Option<Url> {
    address(&service.authorize_url, app)
}

fn address(template: &str, app: &App) -> Option<Url> {
    Url::parse(&template.replace("{directory}", &app.directory)).ok()
}

/// Whether this can stand for a directory in an address: an id or a domain.
pub fn is_directory(text: &str) -> bool {
    let stands = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (1..=253).contains(&text.len()) && text.chars().all(stands) && !text.contains("..")
}

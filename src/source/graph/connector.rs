//! Where Graph and its tokens are, and the clients that reach them; shared by everything.

use super::gate::Gates;
use super::space::Space;
use crate::config;
use crate::source::oauth;
use graph_rs_sdk::{GraphClient, GraphClientConfiguration};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long one request may take, its answer included.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the operator has configured, ready for use; clones share connections.
#[derive(Clone)]
pub struct Connector(Arc<Inner>);

struct Inner {
    api: GraphClient,
    tokens: oauth::Client,
    identity: Url,
    scope: String,
    webhook: Option<Url>,
    gates: Gates,
    space: Space,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoConnector {
    /// An address is none.
    #[error("graph.{0} is no address")]
    Address(&'static str),
    /// No client can be made.
    #[error(transparent)]
    Client(#[from] oauth::ClientError),
}

impl Connector {
    /// Prepares the clients.
    pub fn new(config: &config::Graph) -> Result<Self, NoConnector> {
        let address = |key, text: &str| Url::parse(text).map_err(|_| NoConnector::Address(key));
        let api_url = address("api_url", &config.api_url)?;
        // The client of the SDK panics where one of its parts cannot be made; ours is made first.
        let tokens = oauth::Client::new()?;
        let clients = GraphClientConfiguration::new()
            .access_token("")
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .referer(false)
            .https_only(api_url.scheme() == "https");
        let mut api = GraphClient::from(clients);
        api.use_test_endpoint(&api_url);
        let webhook = config.webhook_url.as_deref();
        Ok(Self(Arc::new(Inner {
            api,
            tokens,
            identity: address("identity_url", &config.identity_url)?,
            scope: config.scope.clone(),
            webhook: webhook.map(|text| address("webhook_url", text)).transpose()?,
            gates: Gates::default(),
            space: Space::default(),
        })))
    }

    pub(super) fn api(&self) -> &GraphClient {
        &self.0.api
    }

    pub(super) fn tokens(&self) -> &oauth::Client {
        &self.0.tokens
    }

    pub(super) fn scope(&self) -> &str {
        &self.0.scope
    }

    /// Where everybody waits for their turn.
    pub(super) fn gates(&self) -> &Gates {
        &self.0.gates
    }

    /// The space for answers about messages.
    pub(super) fn space(&self) -> &Space {
        &self.0.space
    }

    /// The token endpoint of a directory.
    pub(super) fn token_url(&self, directory: &str) -> Url {
        below(&self.0.identity, &[directory, "oauth2", "v2.0", "token"])
    }

    /// Where a person of a directory consents.
    pub(super) fn authorize_url(&self, directory: &str) -> Url {
        below(&self.0.identity, &[directory, "oauth2", "v2.0", "authorize"])
    }

    /// Where an admin of a directory consents to what an app's registration asks for, on behalf of
    /// everybody, and is sent back from
    /// (<https://learn.microsoft.com/en-us/entra/identity-platform/v2-admin-consent>).
    pub fn admin_consent_url(&self, directory: &str, client_id: &str, back: &str) -> Url {
        let mut url = below(&self.0.identity, &[directory, "v2.0", "adminconsent"]);
        url.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("scope", &self.0.scope)
            .append_pair("redirect_uri", back);
        url
    }

    /// Where Graph sends what changed, and what becomes of a subscription; none: it cannot.
    pub(super) fn webhook_urls(&self) -> Option<[Url; 2]> {
        let webhook = self.0.webhook.as_ref()?;
        Some([
            below(webhook, &["hooks", "graph"]),
            below(webhook, &["hooks", "graph", "lifecycle"]),
        ])
    }
}

/// `base` with further segments, each of which stays one.
fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

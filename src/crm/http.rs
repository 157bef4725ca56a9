//! HTTP towards CRMs. A tenant's admin names the host, so every address is looked at before it is
//! connected to ([`AddressGuard`]), redirections are answers like others, and bodies are bounded.

use super::CrmError;
use super::owner::Owners;
use super::pace::{Pace, Paces};
use super::salesforce::Org;
use super::sessions::Sessions;
use crate::config;
use crate::source::address_guard::{AddressGuard, is_public};
use crate::source::oauth::{self, Exchanges, Services};
use crate::source::tls;
use anyhow::Context as _;
use futures::StreamExt as _;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// How long one request may take, from the first byte to the last.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Where directories at Microsoft sign apps in, unless the operator says otherwise.
const IDENTITY: &str = "https://login.microsoftonline.com";
/// Ports of public hosts.
const PORTS: &[u16] = &[443, 8443];

/// Makes requests to CRMs.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    guard: AddressGuard,
    paces: Paces,
    /// Sign-in services whose consent opens CRMs, and the tokens that these give.
    consents: Option<(Services, Exchanges)>,
    oauth: oauth::Client,
    /// What consents give, and apps of directories at Microsoft.
    tokens: Sessions,
    /// Apps that are signed in to an org at Salesforce.
    orgs: Sessions<Org>,
    /// Users of Tryton, with their ids.
    users: Sessions<i64>,
    /// Who can own records.
    owners: Owners,
    /// Where directories at Microsoft sign apps in.
    identity: Url,
}

/// What a CRM answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Http {
    /// A client as configured.
    pub fn new(config: &config::Crm) -> anyhow::Result<Self> {
        Self::guarded(config, AddressGuard::new(PORTS, config.allow_private_hosts))
    }

    /// With further ports of public hosts (`hosts.extra_ports`).
    pub fn with_ports(config: &config::Crm, extra: &[u16]) -> anyhow::Result<Self> {
        let guard = AddressGuard::new(PORTS, config.allow_private_hosts).with_ports(extra);
        Self::guarded(config, guard)
    }

    fn guarded(config: &config::Crm, guard: AddressGuard) -> anyhow::Result<Self> {
        let tls = tls::client_config(config.ca_file.as_deref())?;
        let client = Client::builder()
            .use_preconfigured_tls(Arc::unwrap_or_clone(tls))
            .dns_resolver(Arc::new(Guarded(guard.clone())))
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            .user_agent(concat!("undersigned/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("the HTTP client for CRMs cannot be made")?;
        let oauth = oauth::Client::new()?;
        let (paces, consents, tokens, orgs, users, owners) = <_>::default();
        let identity = Url::parse(IDENTITY)?;
        Ok(Self { client, guard, paces, consents, oauth, tokens, orgs, users, owners, identity })
    }

    /// With sign-in services whose consent opens CRMs (`oauth`), and the tokens that `exchanges` gets there.
    #[must_use]
    pub fn with_services(self, services: Services, exchanges: Exchanges) -> Self {
        Self { consents: Some((services, exchanges)), ..self }
    }

    pub(super) fn services(&self) -> Option<&Services> {
        self.consents.as_ref().map(|(services, _)| services)
    }

    pub(super) fn exchanges(&self) -> Option<&Exchanges> {
        self.consents.as_ref().map(|(_, exchanges)| exchanges)
    }

    /// With directories that sign apps in elsewhere (`graph.identity_url`).
    pub fn with_identity(self, url: &str) -> anyhow::Result<Self> {
        let identity = Url::parse(url).context("graph.identity_url is no address")?;
        Ok(Self { identity, ..self })
    }

    /// Asks for tokens.
    pub(super) fn oauth(&self) -> &oauth::Client {
        &self.oauth
    }

    /// What consents give, and apps of directories at Microsoft.
    pub(super) const fn tokens(&self) -> &Sessions {
        &self.tokens
    }

    /// Apps that are signed in to an org at Salesforce.
    pub(super) const fn orgs(&self) -> &Sessions<Org> {
        &self.orgs
    }

    /// Users of Tryton, with their ids.
    pub(super) const fn users(&self) -> &Sessions<i64> {
        &self.users
    }

    /// Who can own records of connected CRMs.
    pub(super) const fn owners(&self) -> &Owners {
        &self.owners
    }

    /// The token endpoint of a directory at Microsoft.
    pub(super) fn token_url(&self, directory: &str) -> Option<Url> {
        let mut url = self.identity.clone();
        let mut path = url.path_segments_mut().ok()?;
        path.pop_if_empty().extend([directory, "oauth2", "v2.0", "token"]);
        drop(path);
        Some(url)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether a URL may be asked at all: https, or http where private hosts are allowed, a port
    /// that CRMs use, and no private address written as such.
    pub(super) fn allows(&self, url: &Url) -> bool {
        let private = self.guard.allows_private_hosts();
        let scheme = url.scheme() == "https" || (private && url.scheme() == "http");
        let port = url.port_or_known_default().is_some_and(|port| self.guard.allows_port(port));
        let host = match url.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => private || is_public(address.into()),
            Some(Host::Ipv6(address)) => private || is_public(address.into()),
            None => false,
        };
        scheme && port && host && url.password().is_none()
    }

    /// Refuses a URL that [may not be asked](Self::allows).
    pub(super) fn allow(&self, url: &Url) -> Result<(), CrmError> {
        let why = "its address must be https on a public host; the operator decides about others";
        if self.allows(url) { Ok(()) } else { Err(CrmError::Refused(why.into())) }
    }

    /// Waits until an account of a CRM may be asked as often as `pace` says.
    pub(super) async fn pace(&self, account: &str, pace: Pace) {
        self.paces.wait(account, pace).await;
    }

    /// Sends a request and reads at most `limit` bytes of its answer, unless we are to slow down.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        limit: usize,
    ) -> Result<Answer, CrmError> {
        unless_throttled(self.exchange(request, limit).await?)
    }

    /// As [`Http::send`], for a request that changes nothing when it is made twice: once more if the
    /// connection broke. Some servers (SOGo) close it after an answer without saying so.
    pub(super) async fn send_again(
        &self,
        request: RequestBuilder,
        limit: usize,
    ) -> Result<Answer, CrmError> {
        unless_throttled(read(again(request).await?, limit).await?)
    }

    /// As [`Http::send_again`]; an answer with status `wanted` is handed over as it comes, and its body is not
    /// kept.
    pub(super) async fn send_each(
        &self,
        request: RequestBuilder,
        wanted: StatusCode,
        limit: usize,
        each: impl FnMut(&[u8]) -> Result<(), CrmError>,
    ) -> Result<Answer, CrmError> {
        let response = again(request).await?;
        if response.status() != wanted {
            return unless_throttled(read(response, limit).await?);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        stream(response, each).await?;
        Ok(Answer { status, headers, body: String::new() })
    }

    /// Sends a request and reads at most `limit` bytes of its answer, whatever it is.
    pub(super) async fn exchange(
        &self,
        request: RequestBuilder,
        limit: usize,
    ) -> Result<Answer, CrmError> {
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        read(response, limit).await
    }
}

/// Sends a request, once more if the connection broke.
async fn again(request: RequestBuilder) -> Result<Response, CrmError> {
    let again = request.try_clone();
    let sent = match (request.send().await, again) {
        (Err(error), Some(again)) if !error.is_timeout() && !error.is_connect() => {
            again.send().await
        }
        (sent, _) => sent,
    };
    sent.map_err(|error| unreachable(&error))
}

async fn read(response: Response, limit: usize) -> Result<Answer, CrmError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    let whole = stream(response, |chunk| {
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(CrmError::Refused("its answer is too long".into()));
        }
        body.extend_from_slice(chunk);
        Ok(())
    });
    whole.await?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status, headers, body })
}

async fn stream(
    response: Response,
    mut each: impl FnMut(&[u8]) -> Result<(), CrmError>,
) -> Result<(), CrmError> {
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        each(&chunk.map_err(|error| unreachable(&error))?)?;
    }
    Ok(())
}

fn unless_throttled(answer: Answer) -> Result<Answer, CrmError> {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Err(answer.asks_to_wait())
        }
        _ => Ok(answer),
    }
}

impl Answer {
    /// Reads an answer of success, which is JSON.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, CrmError> {
        serde_json::from_str(&self.body).map_err(|_| CrmError::not_understood())
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What asks to wait: whoever answers 503 may stand before the CRM, and may have passed on what was asked.
    pub(super) fn asks_to_wait(&self) -> CrmError {
        match (self.status, self.retry_after()) {
            (StatusCode::SERVICE_UNAVAILABLE, Some(after)) => CrmError::Away(after),
            (_, after) => CrmError::Throttled(after),
        }
    }

    /// `Retry-After` in seconds (RFC 9110 §10.2.3); a date is treated as a minute.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let value = self.header(RETRY_AFTER.as_str())?;
        let seconds = value.trim().parse().unwrap_or(60_u64);
        Some(Duration::from_secs(seconds.clamp(1, 3600)))
    }
}

/// What went wrong on the way, without the URL, which may name people.
fn unreachable(error: &reqwest::Error) -> CrmError {
    let why = match () {
        () if error.is_timeout() => "it did not answer in time",
        () if error.is_connect() => {
            "no connection could be made: check the address, and that the host may be connected to"
        }
        () => "the connection broke",
    };
    CrmError::Unreachable(why.into())
}

#[derive(Debug, Clone)]
struct Guarded(AddressGuard);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            // The port was looked at with the URL; here it is any that is allowed.
            let addresses = guard.resolve(name.as_str(), 443).await;
            let addresses = addresses.map_err(|_| "the host may not be connected to")?;
            let addresses: Addrs = Box::new(addresses.into_iter().map(|mut address| {
                address.set_port(0);
                address
            }));
            Ok(addresses)
        })
    }
}

//! Autodiscovery: from an address to how its mailbox is connected.
//!
//! In this order, the first that knows wins: the table of large providers (by domain), Microsoft if it
//! takes the domain's mail (MX), for hosts of web sites publish files and records of their own for every
//! domain, or if the domain's `autodiscover` is an alias of Microsoft's and its mail is taken by nobody who
//! is known (a filter); the domain's own autoconfig file, its SRV records (RFC 6186, RFC 8314), who else takes its
//! mail (MX, by the table again), and Mozilla's database if the operator allows to ask it, which
//! tells Mozilla the domain. Whatever host is found, connecting goes through the address guard.

mod autoconfig;
mod choice;
mod doubt;
mod fetch;
mod names;

pub use doubt::Doubt;

use super::address_guard::AddressGuard;
use super::providers::{self, Kind, Provider, SignIn};
use super::tls::{self, TlsError};
use crate::contact::EmailAddress;
use crate::store::Security;
use autoconfig::Incoming;
use choice::{first_that_knows, of_file, of_provider};
use fetch::fetch;
use names::Names;
use std::path::Path;
use tokio_rustls::TlsConnector;

/// The port of HTTPS; the ports of IMAP that a discovered server may have.
const HTTPS: u16 = 443;
const IMAP: [u16; 2] = [993, 143];

/// Mozilla's database.
const ISPDB: &str = "autoconfig.thunderbird.net";

/// Who knew it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The table of large providers, by the address's domain.
    Table,
    /// The domain's autoconfig file.
    Autoconfig,
    /// The domain's SRV records.
    Srv,
    /// The table of large providers, by who takes the domain's mail.
    Mx,
    /// The same table, by what the domain's `autodiscover` is an alias of.
    Autodiscover,
    /// Mozilla's database.
    Ispdb,
}

impl Source {
    /// A word for the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Autoconfig => "autoconfig",
            Self::Srv => "srv",
            Self::Mx => "mx",
            Self::Autodiscover => "autodiscover",
            Self::Ispdb => "ispdb",
        }
    }
}

/// How a mailbox is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// Over IMAP, or at Microsoft.
    pub kind: Kind,
    /// The IMAP server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is encrypted.
    pub security: Security,
    /// The name to sign in with; empty: the address does not tell it.
    pub username: String,
    /// Who knew it.
    pub source: Source,
    /// Whether a person should look at the host: it lies outside the address's domain, and was named
    /// by DNS without proof, or by a file although others take the domain's mail.
    pub confirm: bool,
    /// What is known of the provider.
    pub provider: Option<&'static Provider>,
}

impl Discovered {
    /// Why a person should look at the host, if one should.
    pub fn doubt(&self) -> Option<Doubt> {
        let is_of_file = self.source == Source::Autoconfig;
        self.confirm.then_some(if is_of_file { Doubt::File } else { Doubt::Dns })
    }

    /// What to enter as password.
    pub fn sign_in(&self) -> SignIn {
        self.provider.map_or(SignIn::Password, |provider| provider.sign_in)
    }
}

/// Discovers. A clone shares the resolver and the certificates.
#[derive(Clone)]
pub struct Discoverer {
    names: Names,
    tls: TlsConnector,
    guard: AddressGuard,
    ask_ispdb: bool,
}

impl Discoverer {
    /// `ca_file` and `allow_private_hosts` are those of `[imap]`; `ask_ispdb` allows to tell Mozilla
    /// the domains.
    pub fn new(
        ca_file: Option<&Path>,
        allow_private_hosts: bool,
        ask_ispdb: bool,
    ) -> Result<Self, TlsError> {
        Ok(Self {
            names: Names::of_system(),
            tls: TlsConnector::from(tls::client_config(ca_file)?),
            guard: AddressGuard::new(&[HTTPS], allow_private_hosts),
            ask_ispdb,
        })
    }

    /// How this address's mailbox is connected, if anybody says so.
    pub async fn discover(&self, address: &EmailAddress) -> Option<Discovered> {
        let domain = idna::domain_to_ascii(&address.domain()).ok()?;
        if let Some(provider) = providers::of_domain(&domain) {
            return Some(of_provider(address, provider, Source::Table));
        }
        let autodiscover = format!("autodiscover.{domain}");
        let (own, servers, exchanges, alias) = tokio::join!(
            Box::pin(self.autoconfig(address, &domain)),
            self.servers(&domain),
            self.names.exchanges(&domain),
            self.names.alias(&autodiscover, providers::of_autodiscover),
        );
        let known = first_that_knows(address, &domain, own, &servers, (&exchanges, alias));
        if known.is_some() || !self.ask_ispdb {
            return known;
        }
        let file =
            fetch(&self.guard, &self.tls, (ISPDB, HTTPS), &format!("/v1.1/{domain}")).await?;
        of_file(address, autoconfig::read(&file, address.as_str())?, Source::Ispdb, false)
    }

    async fn autoconfig(&self, address: &EmailAddress, domain: &str) -> Option<Incoming> {
        let named = format!("autoconfig.{domain}");
        let (named, well_known) = tokio::join!(
            fetch(&self.guard, &self.tls, (&named, HTTPS), "/mail/config-v1.1.xml"),
            fetch(
                &self.guard,
                &self.tls,
                (domain, HTTPS),
                "/.well-known/autoconfig/mail/config-v1.1.xml"
            ),
        );
        let read = |file: Option<String>| autoconfig::read(&file?, address.as_str());
        read(named).or_else(|| read(well_known))
    }

    async fn servers(&self, domain: &str) -> Vec<(Security, names::Server)> {
        let (tls, starttls) = tokio::join!(
            self.names.servers("_imaps._tcp", domain),
            self.names.servers("_imap._tcp", domain),
        );
        let tls = tls.into_iter().map(|server| (Security::Tls, server));
        tls.chain(starttls.into_iter().map(|server| (Security::StartTls, server))).collect()
    }
}

impl std::fmt::Debug for Discoverer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discoverer").field("guard", &self.guard).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
    }

    #[tokio::test]
    async fn the_large_providers_are_known_without_asking_anybody() {
        let discoverer = Discoverer::new(None, false, false).expect("a discoverer");
        let found = discoverer.discover(&address("Anna@web.de")).await.expect("known");
        assert_eq!((found.host.as_str(), found.username.as_str()), ("imap.web.de", "Anna"));
        assert_eq!((found.kind, found.source), (Kind::Imap, Source::Table));
        let icloud = providers::of_domain("icloud.com").expect("known");
        let found = of_provider(&address("anna@example.com"), icloud, Source::Mx);
        assert_eq!(found.username, "", "the account's own address is another");
        let found = discoverer.discover(&address("anna@hotmail.com")).await.expect("known");
        assert_eq!((found.kind, found.sign_in()), (Kind::Graph, SignIn::Oauth));
    }

    /// A tenant's admin types the address, and so chooses what is fetched.
    #[tokio::test]
    async fn nobody_is_sent_into_our_own_network() {
        let discoverer = Discoverer::new(None, false, false).expect("a discoverer");
        for host in ["localhost", "127.0.0.1", "169.254.169.254", "10.0.0.1"] {
            let found = fetch(&discoverer.guard, &discoverer.tls, (host, HTTPS), "/x").await;
            assert_eq!(found, None, "{host}");
            assert_eq!(
                discoverer.guard.connect(host, 80).await.err(),
                Some(super::super::address_guard::NoWay::NotAllowed),
                "{host}"
            );
        }
    }
}

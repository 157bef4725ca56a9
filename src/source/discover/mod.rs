//! Autodiscovery: from an address to how its mailbox is connected.
//!
//! In this order, the first that knows wins: the table of large providers (by domain), Microsoft if it
//! takes the domain's mail (MX), for hosts of web sites publish files and records of their own for every
//! domain, or if the domain's `autodiscover` is an alias of Microsoft's and its mail is taken by nobody who
//! is known (a filter); the domain's own autoconfig file, its SRV records (RFC 6186, RFC 8314), who else takes its
//! mail (MX, by the table again), and Mozilla's database if the operator allows to ask it, which
//! tells Mozilla the domain. Whatever host is found, connecting goes through the address guard.

mod autoconfig;
mod doubt;
mod fetch;
mod names;

pub use doubt::Doubt;

use super::address_guard::AddressGuard;
use super::providers::{self, Kind, Provider, SignIn, Username};
use super::tls::{self, TlsError};
use crate::contact::EmailAddress;
use crate::store::Security;
use autoconfig::Incoming;
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

/// Of the domain's own sources. One that names nothing that can be connected to does not know. The `alias`
/// counts where nobody who is known takes the mail, nor the domain's own server: it may have stayed when the
/// mail went elsewhere.
fn first_that_knows(
    address: &EmailAddress,
    domain: &str,
    own: Option<Incoming>,
    servers: &[(Security, names::Server)],
    (exchanges, alias): (&[String], Option<&'static Provider>),
) -> Option<Discovered> {
    let by_mx = exchanges.iter().find_map(|exchange| providers::of_mx(exchange));
    let by_mx = by_mx.map(|provider| of_provider(address, provider, Source::Mx));
    if by_mx.as_ref().is_some_and(|found| found.kind == Kind::Graph) {
        return by_mx;
    }
    // Who takes the mail at the domain itself, or beside the server that it names, is no filter.
    let named = own.iter().map(|found| found.host.as_str());
    let mut named = named.chain(servers.iter().map(|(_, server)| server.host.as_str()));
    let beside = |host| exchanges.iter().any(|exchange| is_within(exchange, registrable(host)));
    let is_own = exchanges.iter().any(|exchange| is_within(exchange, domain)) || named.any(beside);
    if let (None, Some(provider), false) = (&by_mx, alias, is_own) {
        return Some(of_provider(address, provider, Source::Autodiscover));
    }
    own.and_then(|found| {
        let is_doubtful = !is_within(&found.host, domain)
            && !exchanges.iter().any(|exchange| is_within(exchange, registrable(&found.host)));
        of_file(address, found, Source::Autoconfig, is_doubtful)
    })
    .or_else(|| of_servers(address, domain, servers))
    .or(by_mx)
}

/// The domain that somebody has registered, of a host's name.
fn registrable(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.trim_end_matches('.').to_lowercase(), domain.to_lowercase());
    host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn of_provider(address: &EmailAddress, provider: &'static Provider, source: Source) -> Discovered {
    Discovered {
        kind: provider.kind,
        host: provider.host().to_owned(),
        port: provider.port(),
        security: Security::Tls,
        username: match provider.username {
            Username::Address => address.to_string(),
            // An address at a domain of one's own is another than that of the account.
            Username::LocalPart if source == Source::Table => address.local().to_owned(),
            Username::LocalPart => String::new(),
        },
        source,
        confirm: false,
        provider: Some(provider),
    }
}

fn of_file(
    address: &EmailAddress,
    found: Incoming,
    source: Source,
    confirm: bool,
) -> Option<Discovered> {
    if let Some(provider) = providers::of_host(&found.host) {
        let known = of_provider(address, provider, source);
        let username =
            if known.username.is_empty() { found.username } else { known.username.clone() };
        return Some(Discovered { username, ..known });
    }
    IMAP.contains(&found.port).then_some(Discovered {
        kind: Kind::Imap,
        host: found.host,
        port: found.port,
        security: found.security,
        username: found.username,
        source,
        confirm,
        provider: None,
    })
}

fn of_servers(
    address: &EmailAddress,
    domain: &str,
    servers: &[(Security, names::Server)],
) -> Option<Discovered> {
    let (security, server) = servers.iter().find(|(_, server)| IMAP.contains(&server.port))?;
    if let Some(provider) = providers::of_host(&server.host) {
        return Some(of_provider(address, provider, Source::Srv));
    }
    Some(Discovered {
        kind: Kind::Imap,
        host: server.host.clone(),
        port: server.port,
        security: *security,
        username: address.to_string(),
        source: Source::Srv,
        confirm: !is_within(&server.host, domain),
        provider: None,
    })
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

    #[test]
    fn what_dns_names_is_taken_with_care() {
        let server = |host: &str, port| names::Server { host: host.to_owned(), port };
        let anna = address("anna@example.com");
        let of = |servers: &[_]| of_servers(&anna, "example.com", servers);
        let inside = [
            (Security::Tls, server("mail.example.com", 22)),
            (Security::Tls, server("mail.example.com", 993)),
        ];
        let found = of(&inside).expect("a server");
        assert_eq!(
            (found.host.as_str(), found.port, found.confirm),
            ("mail.example.com", 993, false)
        );
        for outside in ["mail.example.net", "mail.notexample.com"] {
            assert!(of(&[(Security::Tls, server(outside, 993))]).expect("a server").confirm);
        }
        let known = of(&[(Security::Tls, server("outlook.office365.com", 993))]).expect("a server");
        assert_eq!((known.kind, known.source), (Kind::Graph, Source::Srv));
        assert_eq!(of(&[(Security::Tls, server("mail.example.com", 6379))]), None);
    }

    #[test]
    fn a_file_that_names_an_unusual_port_leaves_it_to_dns() {
        let anna = address("anna@example.com");
        let file = |port| Incoming {
            host: "mail.example.com".to_owned(),
            port,
            security: Security::Tls,
            username: "anna".to_owned(),
        };
        let server = names::Server { host: "imap.example.com".to_owned(), port: 993 };
        let servers = [(Security::Tls, server)];
        let exchanges = ["mx00.ionos.de".to_owned()];
        let of = |port, servers: &[_], exchanges: &[String]| {
            let file = Some(file(port));
            first_that_knows(&anna, "example.com", file, servers, (exchanges, None))
        };
        let source = |found: Option<Discovered>| found.map(|found| found.source);
        assert_eq!(source(of(993, &servers, &exchanges)), Some(Source::Autoconfig));
        assert_eq!(source(of(10_993, &servers, &exchanges)), Some(Source::Srv));
        assert_eq!(source(of(10_993, &[], &exchanges)), Some(Source::Mx));
        assert_eq!(of(10_993, &[], &[]), None);
    }

    #[test]
    fn whoever_takes_the_mail_counts_more_than_whoever_hosts_the_site() {
        let anna = address("anna@example.com");
        let panel = |host: &str| Incoming {
            host: host.to_owned(),
            port: 993,
            security: Security::Tls,
            username: "anna@example.com".to_owned(),
        };
        let server = names::Server { host: "mail.webhost.example".to_owned(), port: 993 };
        let of = |file, exchange: &str| {
            let servers = [(Security::Tls, server.clone())];
            let exchanges = &[exchange.to_owned()];
            first_that_knows(&anna, "example.com", file, &servers, (exchanges, None)).unwrap()
        };
        let microsoft = "example-com.mail.protection.outlook.com";
        for file in [Some(panel("mail.webhost.example")), Some(panel("mail.example.com")), None] {
            let found = of(file, microsoft);
            assert_eq!((found.kind, found.source), (Kind::Graph, Source::Mx));
        }
        for (host, exchange, confirm) in [
            ("mail.webhost.example", "mx.filter.example", true),
            ("mail.webhost.example", "mx1.webhost.example.", false),
            ("Mail.example.com", "mx.filter.example", false),
        ] {
            let found = of(Some(panel(host)), exchange);
            assert_eq!((found.source, found.confirm), (Source::Autoconfig, confirm), "{host}");
            assert_eq!(found.doubt(), confirm.then_some(Doubt::File), "no DNS named {host}");
        }
    }

    #[test]
    fn behind_a_mail_filter_it_counts_whose_alias_autodiscover_is() {
        let anna = address("anna@example.com");
        let server = names::Server { host: "mail.webhost.example".to_owned(), port: 993 };
        let servers = [(Security::Tls, server)];
        let of = |exchange: Option<&str>, alias: &str| {
            let exchanges: Vec<String> = exchange.into_iter().map(str::to_owned).collect();
            let alias = providers::of_autodiscover(alias);
            first_that_knows(&anna, "example.com", None, &servers, (&exchanges, alias)).unwrap()
        };
        for filter in [
            Some("eu-smtp-inbound-1.mimecast.com"),
            Some("mx1-eu1.ppe-hosted.com"),
            Some("mx01.hornetsecurity.com"),
            Some("d1.ess.barracudanetworks.com"),
            None,
        ] {
            let found = of(filter, "autodiscover.outlook.com");
            assert_eq!((found.kind, found.confirm), (Kind::Graph, false));
            assert_eq!(found.source, Source::Autodiscover);
            let found = of(filter, "autodiscover.webhost.example");
            assert_eq!((found.kind, found.source), (Kind::Imap, Source::Srv));
        }
        // Its mail has gone elsewhere, the alias has stayed.
        for exchange in ["aspmx.l.google.com", "mail.example.com", "mx2.webhost.example"] {
            let found = of(Some(exchange), "autodiscover.outlook.com");
            assert_eq!((found.kind, found.source), (Kind::Imap, Source::Srv), "{exchange}");
        }
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

//! Which of the sources that were asked about a domain is believed, and what it says of the mailbox.

use super::autoconfig::Incoming;
use super::{Discovered, IMAP, Source, names};
use crate::contact::EmailAddress;
use crate::source::providers::{self, Kind, Provider, Username};
use crate::store::Security;

/// Of the domain's own sources. One that names nothing that can be connected to does not know. The `alias`
/// counts where nobody who is known takes the mail, nor the domain's own server: it may have stayed when the
/// mail went elsewhere.
pub(super) fn first_that_knows(
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
    let beside =
        |host: &str| exchanges.iter().any(|exchange| is_within(exchange, registrable(host)));
    let is_own = exchanges.iter().any(|exchange| is_within(exchange, domain)) || named.any(beside);
    if let (None, Some(provider), false) = (&by_mx, alias, is_own) {
        return Some(of_provider(address, provider, Source::Autodiscover));
    }
    own.and_then(|found| {
        let is_doubtful = !is_within(&found.host, domain) && !beside(&found.host);
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

pub(super) fn of_provider(
    address: &EmailAddress,
    provider: &'static Provider,
    source: Source,
) -> Discovered {
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

pub(super) fn of_file(
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
    use super::super::Doubt;
    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
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
}

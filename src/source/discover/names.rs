//! What DNS says of a domain's mail: SRV (RFC 6186, RFC 8314), MX, and what a name is an alias of.

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::time::Duration;
use tokio::time::timeout;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Most answers that are looked at.
const MOST: usize = 20;

/// How many aliases of aliases are followed.
const MOST_ALIASES: usize = 4;

/// A server that an SRV record names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Asks the system's resolver.
#[derive(Clone)]
pub(super) struct Names(Option<TokioResolver>);

impl Names {
    /// Reads the system's configuration; without one nothing is ever found.
    pub(super) fn of_system() -> Self {
        let builder = TokioResolver::builder_tokio().ok();
        Self(builder.and_then(|builder| builder.build().ok()))
    }

    /// The servers of a service, the preferred first.
    pub(super) async fn servers(&self, service: &str, domain: &str) -> Vec<Server> {
        let mut found: Vec<(u16, Server)> = Vec::new();
        for data in self.ask(&format!("{service}.{domain}."), RecordType::SRV).await {
            if let RData::SRV(record) = data {
                let host = host(&record.target.to_utf8());
                let server = host.map(|host| Server { host, port: record.port });
                found.extend(server.map(|server| (record.priority, server)));
            }
        }
        sorted(found)
    }

    /// Who takes the domain's mail, the preferred first.
    pub(super) async fn exchanges(&self, domain: &str) -> Vec<String> {
        let mut found = Vec::new();
        for data in self.ask(&format!("{domain}."), RecordType::MX).await {
            if let RData::MX(record) = data {
                let host = host(&record.exchange.to_utf8());
                found.extend(host.map(|host| (record.preference, host)));
            }
        }
        sorted(found)
    }

    /// What `known` knows of the first name that it knows of those that this one is an alias of.
    pub(super) async fn alias<T>(
        &self,
        name: &str,
        known: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let mut name = name.to_owned();
        for _ in 0..MOST_ALIASES {
            let answers = self.ask(&format!("{name}."), RecordType::CNAME).await;
            name = answers.into_iter().find_map(|data| match data {
                RData::CNAME(target) => host(&target.to_utf8()),
                _ => None,
            })?;
            if let Some(found) = known(&name) {
                return Some(found);
            }
        }
        None
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Vec<RData> {
        let Some(resolver) = &self.0 else { return Vec::new() };
        match timeout(TIMEOUT, resolver.lookup(name, kind)).await {
            Ok(Ok(found)) => {
                found.answers().iter().take(MOST).map(|record| record.data.clone()).collect()
            }
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names")
    }
}

/// The root as target says that there is no such service.
fn host(name: &str) -> Option<String> {
    let name = name.trim_end_matches('.').to_lowercase();
    (!name.is_empty()).then_some(name)
}

fn sorted<T>(mut found: Vec<(u16, T)>) -> Vec<T> {
    found.sort_by_key(|(preference, _)| *preference);
    found.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::{Message, ResponseCode};
    use hickory_resolver::proto::rr::rdata::{CNAME, MX, SRV};
    use hickory_resolver::proto::rr::{Name, Record};
    use std::net::Ipv4Addr;
    use tokio::net::UdpSocket;

    const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

    /// Asks a name server that knows these records and nothing else.
    async fn names(zone: Vec<(&'static str, RData)>) -> Names {
        let socket = UdpSocket::bind((HERE, 0)).await.unwrap();
        let mut connection = ConnectionConfig::udp();
        connection.port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut packet = [0; 4096];
            while let Ok((size, whence)) = socket.recv_from(&mut packet).await {
                let mut answer = Message::from_vec(&packet[..size]).unwrap().into_response();
                let (name, kind) =
                    (answer.queries[0].name().clone(), answer.queries[0].query_type());
                for (of, data) in &zone {
                    if *of == name.to_utf8().to_lowercase() && data.record_type() == kind {
                        answer.add_answer(Record::from_rdata(name.clone(), 60, data.clone()));
                    }
                }
                if answer.answers.is_empty() {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
                socket.send_to(&answer.to_vec().unwrap(), whence).await.unwrap();
            }
        });
        let server = NameServerConfig::new(HERE.into(), true, vec![connection]);
        let config = ResolverConfig::from_name_servers(vec![server]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        Names(Some(builder.build().unwrap()))
    }

    fn srv(priority: u16, port: u16, target: &str) -> RData {
        RData::SRV(SRV::new(priority, 0, port, Name::from_utf8(target).unwrap()))
    }

    fn mx(preference: u16, exchange: &str) -> RData {
        RData::MX(MX::new(preference, Name::from_utf8(exchange).unwrap()))
    }

    #[tokio::test]
    async fn the_preferred_server_comes_first_and_a_service_that_is_not_offered_is_none() {
        let names = names(vec![
            ("_imaps._tcp.example.com.", srv(20, 1993, "backup.example.net.")),
            ("_imaps._tcp.example.com.", srv(10, 993, "IMAP.Example.com.")),
            ("_imaps._tcp.example.com.", srv(5, 0, ".")),
            ("_imap._tcp.example.com.", srv(0, 0, ".")),
            ("example.com.", mx(20, "mx2.example.com.")),
            ("example.com.", mx(10, "MX1.example.com.")),
        ])
        .await;
        let server = |host: &str, port| Server { host: host.to_owned(), port };
        assert_eq!(
            names.servers("_imaps._tcp", "example.com").await,
            [server("imap.example.com", 993), server("backup.example.net", 1993)]
        );
        assert_eq!(names.servers("_imap._tcp", "example.com").await, []);
        assert_eq!(names.exchanges("example.com").await, ["mx1.example.com", "mx2.example.com"]);
        assert_eq!(names.servers("_imaps._tcp", "example.net").await, []);
        assert_eq!(names.exchanges("example.net").await, [""; 0]);
    }

    #[tokio::test]
    async fn aliases_are_followed_to_a_name_that_is_known() {
        let alias = |target: &str| RData::CNAME(CNAME(Name::from_utf8(target).unwrap()));
        let names = names(vec![
            ("autodiscover.one.example.", alias("Known.example.net.")),
            ("autodiscover.two.example.", alias("autodiscover.one.example.")),
            ("autodiscover.other.example.", alias("unknown.example.net.")),
            ("autodiscover.round.example.", alias("autodiscover.round.example.")),
            ("known.example.net.", alias("further.example.net.")),
        ])
        .await;
        let is_known = |name: &str| (name == "known.example.net").then_some("it");
        for (domain, found) in [
            ("one", Some("it")),
            ("two", Some("it")),
            ("other", None),
            ("round", None),
            ("no", None),
        ] {
            let name = format!("autodiscover.{domain}.example");
            assert_eq!(names.alias(&name, is_known).await, found, "{domain}");
        }
    }

    #[tokio::test]
    async fn of_very_many_records_some_are_looked_at() {
        let zone = (0..30).map(|number| ("example.com.", mx(number, "mx.example.com."))).collect();
        let found = names(zone).await.exchanges("example.com").await;
        assert_eq!(found.len(), MOST);
    }
}

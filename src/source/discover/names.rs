//! What DNS says of a domain's mail: SRV (RFC 6186, RFC 8314) and MX.

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::time::Duration;
use tokio::time::timeout;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Most answers that are looked at.
const MOST: usize = 20;

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

//! `[server]`: the pages and the API.

use super::Report;
use ipnet::IpNet;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use url::Url;

/// Where users and programs reach us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The address and port to listen on. TLS is the reverse proxy's.
    pub listen: SocketAddr,
    /// What users type into the browser: decides about `Secure` cookies and which origin may post.
    pub public_url: String,
    /// Networks of the reverse proxies that are believed when they name the address of a client
    /// (`X-Forwarded-For`), beside those on this machine.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            public_url: "http://localhost:8080".to_owned(),
            trusted_proxies: Vec::new(),
        }
    }
}

impl Server {
    pub(super) fn check(&self, report: &mut Report) {
        let usable = Url::parse(&self.public_url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        report.check(
            usable,
            "server.public_url",
            "must be an address like https://crm.example.com",
        );
    }
}

/// A list of networks or single addresses, or in the environment text like `10.0.0.0/8, 192.0.2.7`.
fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        List(Vec<String>),
        Text(String),
    }
    let given = match Given::deserialize(from)? {
        Given::List(list) => list,
        Given::Text(text) => text.split([',', ' ']).map(str::to_owned).collect(),
    };
    let network = |text: &String| {
        let one = |_| text.parse().map(|address: IpAddr| IpNet::from(address));
        text.parse()
            .or_else(one)
            .map_err(|_| Error::custom("is not a list of networks like 10.0.0.0/8 or of addresses"))
    };
    given.iter().filter(|text| !text.is_empty()).map(network).collect()
}

//! `[server]`: the pages and the API.

use super::Report;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use url::Url;

/// Where users and programs reach us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The address and port to listen on. TLS is the reverse proxy's.
    pub listen: SocketAddr,
    /// What users type into the browser: decides about `Secure` cookies and which origin may post.
    pub public_url: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            public_url: "http://localhost:8080".to_owned(),
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

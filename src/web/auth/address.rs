//! Where a request comes from.

use crate::web::State;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// The address of the client, if the server was told. A [proxy that is trusted](Proxies) is believed when it
/// names one; nobody else is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// What is limited as one: an IPv6 subscriber holds a /64.
    pub fn network(self) -> Option<IpAddr> {
        self.0.map(|address| match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl FromRequestParts<State> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self(peer.map(|peer| state.proxies.client(peer, &parts.headers))))
    }
}

/// The proxies that are believed: those on the same machine, and those of the operator
/// (`server.trusted_proxies`).
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Those in these networks, and those on this machine.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|network| network.contains(&address))
    }

    /// Who asks, through whichever proxies. Each adds to `X-Forwarded-For` behind what it was sent whom it was
    /// asked by: the last one that is no proxy of ours is the client, and what stands before it is only what
    /// that one says.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let lines = lines.map(|line| line.to_str().unwrap_or_default());
        let mut named = lines.flat_map(|line| line.rsplit(','));
        let mut client = peer;
        while self.trust(client)
            && let Some(address) = named.next().and_then(address)
        {
            client = address;
        }
        client
    }
}

/// An address; some proxies add the port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let networks = trusted.iter().map(|network| network.parse().expect("a network"));
        let proxies = Proxies::new(networks.collect());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a value"));
        }
        proxies.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed_unless_the_operator_trusts_others() {
        let forwarded = ["10.1.1.1, 198.51.100.7"];
        assert_eq!(client(&[], "127.0.0.1", &forwarded), "198.51.100.7");
        assert_eq!(client(&[], "10.0.0.4", &forwarded), "10.0.0.4");
        assert_eq!(client(&["10.0.0.0/24"], "10.0.0.4", &forwarded), "198.51.100.7");
        assert_eq!(client(&["10.0.0.0/24"], "::ffff:10.0.0.4", &forwarded), "198.51.100.7");
        assert_eq!(client(&["10.0.0.0/24"], "198.51.100.7", &["203.0.113.9"]), "198.51.100.7");
        assert_eq!(client(&[], "127.0.0.1", &["nonsense"]), "127.0.0.1");
    }

    #[test]
    fn through_several_proxies_the_last_that_is_none_of_ours_is_the_client() {
        let ours = ["10.0.0.0/8", "2001:db8:1::/48"];
        let lines = ["203.0.113.9, 198.51.100.7:49152", "10.9.9.9"];
        assert_eq!(client(&ours, "10.0.0.4", &lines), "198.51.100.7");
        assert_eq!(
            client(&ours, "2001:db8:1::4", &["10.1.1.1,[2001:db8:2::7]:9"]),
            "2001:db8:2::7"
        );
        // What a client invents stands before what a proxy of ours has added.
        assert_eq!(client(&ours, "10.0.0.4", &["10.1.1.1", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&ours, "10.0.0.4", &["10.1.1.1"]), "10.1.1.1", "asked from within");
    }
}

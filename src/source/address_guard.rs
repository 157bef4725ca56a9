//! Keeps connections away from where tenants have no business: a host name comes from a tenant's
//! admin, and must not become a way into the operator's network.
//!
//! A name is resolved once, and the connection goes to an address that was looked at: a name that
//! answers differently the second time gains nothing.

use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a name may take to resolve.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that was silent for so long is probed …
const KEEPALIVE_AFTER: Duration = Duration::from_mins(2);
/// … so often …
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
/// … and dead after so many probes without an answer.
const KEEPALIVE_PROBES: u32 = 4;

/// How many addresses of a name are tried.
const MAX_ADDRESSES: usize = 4;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWay {
    /// The host or port is not one that tenants may name.
    NotAllowed,
    /// The name has no address.
    NotFound,
    /// No address answers.
    NotReached,
}

/// Which hosts and ports may be connected to.
#[derive(Debug, Clone)]
pub struct AddressGuard {
    ports: Arc<[u16]>,
    allow_private_hosts: bool,
}

impl AddressGuard {
    /// `ports` are those of public hosts; `allow_private_hosts` allows also private, loopback and
    /// link-local addresses, at any port: the operator's decision.
    pub fn new(ports: &[u16], allow_private_hosts: bool) -> Self {
        Self { ports: ports.into(), allow_private_hosts }
    }

    /// With further ports of public hosts (`hosts.extra_ports`).
    #[must_use]
    pub fn with_ports(self, extra: &[u16]) -> Self {
        Self { ports: [&self.ports, extra].concat().into(), ..self }
    }

    /// Whether private hosts are allowed.
    pub fn allows_private_hosts(&self) -> bool {
        self.allow_private_hosts
    }

    /// Whether a public host may be at this port.
    pub fn allows_port(&self, port: u16) -> bool {
        self.allow_private_hosts || self.ports.contains(&port)
    }

    /// Connects to `host`, a name or an address.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, NoWay> {
        for address in self.resolve(host, port).await? {
            if let Ok(Ok(stream)) = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                // Commands are single small writes that wait for their answer.
                drop(stream.set_nodelay(true));
                keep_alive(&stream);
                return Ok(stream);
            }
        }
        Err(NoWay::NotReached)
    }

    /// The addresses of `host` that may be connected to.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoWay> {
        if !self.allows_port(port) {
            return Err(NoWay::NotAllowed);
        }
        let found: io::Result<Vec<SocketAddr>> =
            match timeout(RESOLVE_TIMEOUT, lookup_host((host, port))).await {
                Ok(found) => found.map(Iterator::collect),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
        let found = found.map_err(|_| NoWay::NotFound)?;
        if found.is_empty() {
            return Err(NoWay::NotFound);
        }
        let vetted: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| self.allow_private_hosts || is_public(address.ip()))
            .take(MAX_ADDRESSES)
            .collect();
        // What our own resolver knows beside the public names is nobody's business.
        if vetted.is_empty() { Err(NoWay::NotFound) } else { Ok(vetted) }
    }
}

/// Has the kernel notice a peer that died without a word, and routers on the way remember us: mail
/// connections are silent for minutes. Where that cannot be set, timeouts notice it later.
fn keep_alive(stream: &TcpStream) {
    let probes = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_EVERY)
        .with_retries(KEEPALIVE_PROBES);
    drop(SockRef::from(stream).set_tcp_keepalive(&probes));
}

/// Whether an address lies in the public internet (IANA special-purpose registries).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local() // with the metadata service 169.254.169.254
        || address.is_documentation()
        || matches!((a, b, c), (0 | 224.., ..) | (192, 0, 0) | (192, 88, 99))
        || (a == 100 && (64..128).contains(&b)) // shared by carriers, RFC 6598
        || (a == 198 && (b == 18 || b == 19)); // benchmarks, RFC 2544
    !special
}

/// Global unicast only, without what embeds other addresses (Teredo, 6to4) or documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || a == 0x3fff;
    (0x2000..0x4000).contains(&a) && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_public_internet_is_refused() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::1",
        ] {
            assert!(!is_public(inside.parse().expect("an address")), "{inside}");
        }
        for outside in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::1"] {
            assert!(is_public(outside.parse().expect("an address")), "{outside}");
        }
    }

    #[tokio::test]
    async fn a_tenant_reaches_neither_this_machine_nor_other_ports() {
        let guard = AddressGuard::new(&[143, 993], false);
        for (host, port) in
            [("127.0.0.1", 993), ("localhost", 993), ("1.1.1.1", 22), ("0x7f000001", 993)]
        {
            let refused = guard.connect(host, port).await.expect_err("no connection");
            assert_ne!(refused, NoWay::NotReached, "{host}:{port}");
        }
    }

    #[tokio::test]
    async fn the_operator_may_add_ports_of_public_hosts_and_opens_nothing_else_with_them() {
        let guard = AddressGuard::new(&[143, 993], false).with_ports(&[1993]);
        assert!(guard.resolve("1.1.1.1", 1993).await.is_ok());
        assert!(guard.resolve("1.1.1.1", 993).await.is_ok());
        assert_eq!(guard.resolve("1.1.1.1", 1994).await, Err(NoWay::NotAllowed));
        assert_eq!(guard.resolve("127.0.0.1", 1993).await, Err(NoWay::NotFound));
    }

    #[tokio::test]
    async fn the_operator_may_allow_it() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let guard = AddressGuard::new(&[143, 993], true);
        let stream = guard.connect("127.0.0.1", port).await.expect("a connection");
        assert!(SockRef::from(&stream).keepalive().expect("an option"));
    }
}

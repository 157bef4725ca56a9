//! Where a request comes from.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// The address of the client, if the server was told. A proxy on the same machine is believed when
/// it names one (the last of `X-Forwarded-For`, which it wrote itself); nobody else is.
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

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = || {
            let line = parts.headers.get_all("x-forwarded-for").iter().next_back()?;
            line.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
        };
        let behind_proxy = peer.is_some_and(|peer| peer.is_loopback());
        Ok(Self(if behind_proxy { forwarded().or(peer) } else { peer }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn address_of(peer: [u8; 4], forwarded: &str) -> Option<IpAddr> {
        let mut request = Request::builder().header("x-forwarded-for", forwarded).body(()).ok()?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 40000))));
        let (mut parts, ()) = request.into_parts();
        let Ok(address) = ClientAddress::from_request_parts(&mut parts, &()).await;
        address.0
    }

    #[tokio::test]
    async fn only_a_proxy_on_this_machine_is_believed() {
        let client = Some(IpAddr::from([198, 51, 100, 7]));
        assert_eq!(address_of([127, 0, 0, 1], "10.1.1.1, 198.51.100.7").await, client);
        assert_eq!(address_of([198, 51, 100, 7], "203.0.113.9").await, client);
        let loopback = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(address_of([127, 0, 0, 1], "nonsense").await, loopback);
    }
}

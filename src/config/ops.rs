//! `[ops]`: health and metrics, on a listener of their own so that they are not public by accident.

use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// Where the operator's tools reach us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ops {
    /// The address and port of `/healthz`, `/readyz` and `/metrics`.
    pub listen: SocketAddr,
}

impl Default for Ops {
    fn default() -> Self {
        Self { listen: (Ipv4Addr::LOCALHOST, 9090).into() }
    }
}

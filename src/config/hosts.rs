//! `[hosts]`: which hosts tenants may name.

use super::Report;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

/// For mailboxes, technical users, CRMs and webhooks alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    /// Ports that a public host may be at beside the usual ones of its kind: 993 and 143 for a
    /// mailbox, 465, 587 and 2525 for a technical user, 443 and 8443 for a CRM or a webhook.
    #[serde(deserialize_with = "ports")]
    pub extra_ports: Vec<u16>,
}

impl Hosts {
    pub(super) fn check(&self, report: &mut Report) {
        let usable = !self.extra_ports.contains(&0) && self.extra_ports.len() <= 100;
        report.check(usable, "hosts.extra_ports", "must be at most 100 ports from 1 to 65535");
    }
}

/// A list of numbers, or in the environment text like `1993, 2993`.
fn ports<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u16>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Numbers(Vec<u16>),
        Text(String),
    }
    match Given::deserialize(from)? {
        Given::Numbers(numbers) => Ok(numbers),
        Given::Text(text) => text
            .split([',', ' '])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().map_err(|_| Error::custom("is not a list of ports")))
            .collect(),
    }
}

//! `[graph]`: how mailboxes at Microsoft 365 are read.

use super::Report;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// For all tenants; each has its own app registration in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    /// Where tokens come from, those for Dynamics 365 too; another for a national cloud or a gateway.
    pub identity_url: String,
    /// Where Graph is, with its version.
    pub api_url: String,
    /// What is asked for when an app signs in as itself.
    pub scope: String,
    /// Where Microsoft reaches us from the internet, over HTTPS; none: new mail is only polled for.
    pub webhook_url: Option<String>,
    /// How often a mailbox is looked at even if nothing is heard of it, in seconds.
    pub poll_seconds: u64,
    /// How many older messages of a mailbox are read in a minute at most.
    pub backfill_per_minute: u32,
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            identity_url: "https://login.microsoftonline.com".to_owned(),
            api_url: "https://graph.microsoft.com/v1.0".to_owned(),
            scope: "https://graph.microsoft.com/.default".to_owned(),
            webhook_url: None,
            poll_seconds: 300,
            backfill_per_minute: 600,
        }
    }
}

impl Graph {
    pub(super) fn check(&self, report: &mut Report) {
        let text = "must be an address like https://graph.microsoft.com/v1.0; plain http only on \
                    this machine";
        report.check(is_safe(&self.identity_url), "graph.identity_url", text);
        report.check(is_safe(&self.api_url), "graph.api_url", text);
        let webhook = self.webhook_url.as_deref().is_none_or(is_safe);
        report.check(webhook, "graph.webhook_url", text);
        report.check(!self.scope.trim().is_empty(), "graph.scope", "must not be empty");
        report.within("graph.poll_seconds", self.poll_seconds, 1, 86_400);
        report.within("graph.backfill_per_minute", self.backfill_per_minute, 1, 1_000_000);
    }
}

/// HTTPS to anywhere, plain HTTP only to this machine: tokens and mail pass here.
pub(super) fn is_safe(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return false,
    };
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    bare && (url.scheme() == "https" || (url.scheme() == "http" && is_here))
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in
            ["https://graph.microsoft.us/v1.0", "http://127.0.0.1:8123/v1.0", "http://[::1]"]
        {
            assert!(is_safe(good), "{good}");
        }
        for bad in
            ["http://graph.example", "http://10.0.0.1", "ftp://localhost", "graph", "https://a/?b"]
        {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}

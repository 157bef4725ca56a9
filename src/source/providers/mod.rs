//! What is known of the large mail providers: a table of data, `providers.toml`.
//!
//! It says how an address is connected before anybody is asked, and what the provider's servers do
//! not bear.

use serde::Deserialize;
use std::sync::LazyLock;
use std::time::Duration;

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name, for people.
    pub name: String,
    domains: Vec<String>,
    mx: Vec<String>,
    #[serde(default)]
    autodiscover: Vec<String>,
    /// How its mailboxes are connected.
    pub kind: Kind,
    imap: String,
    /// What its users sign in with.
    pub username: Username,
    /// What is entered as password.
    pub sign_in: SignIn,
    /// The sign-in service whose consent opens its mailboxes over IMAP (`google` is `oauth.google`).
    pub oauth: Option<String>,
    /// The directory at which its people sign in at Microsoft, whosever app asks; none: that of the app.
    pub directory: Option<String>,
    /// Its own instructions.
    pub help: String,
    /// One sentence for the admin.
    pub note: String,
    idle_secs: Option<u64>,
    poll_secs: Option<u64>,
    #[serde(default)]
    needs_id: bool,
}

/// How a mailbox is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Over IMAP.
    Imap,
    /// Over Microsoft Graph.
    Graph,
}

/// What users of a provider sign in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Username {
    /// The whole address.
    Address,
    /// What stands before its `@`.
    LocalPart,
}

/// What is entered as password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// One that is made for this program only, with the provider.
    AppPassword,
    /// The mailbox's own.
    Password,
    /// None: the provider asks for consent.
    Oauth,
}

/// What a server does not bear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// After how long IDLE is renewed at the latest.
    pub idle: Option<Duration>,
    /// How often a server that cannot idle is looked at.
    pub poll_instead: Option<Duration>,
    /// Whether it wants an ID command.
    pub needs_id: bool,
}

impl Provider {
    /// The IMAP server's name.
    pub fn host(&self) -> &str {
        self.imap.split(':').next().unwrap_or_default()
    }

    /// The IMAP server's port, with TLS from the first byte.
    pub fn port(&self) -> u16 {
        self.imap.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(993)
    }

    fn limits(&self) -> Limits {
        let cannot_idle = self.idle_secs == Some(0);
        Limits {
            idle: self.idle_secs.filter(|seconds| *seconds > 0).map(Duration::from_secs),
            poll_instead: cannot_idle
                .then(|| Duration::from_secs(self.poll_secs.unwrap_or(60).max(10))),
            needs_id: self.needs_id,
        }
    }
}

#[derive(Deserialize)]
struct Table {
    provider: Vec<Provider>,
}

static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let table: Result<Table, _> = toml::from_str(include_str!("providers.toml"));
    table.map(|table| table.provider).unwrap_or_default() // a test reads it
});

/// Whose addresses these are.
pub fn of_domain(domain: &str) -> Option<&'static Provider> {
    let domain = domain.to_lowercase();
    PROVIDERS.iter().find(|provider| provider.domains.contains(&domain))
}

/// Who takes the mail at this MX.
pub fn of_mx(exchange: &str) -> Option<&'static Provider> {
    let exchange = exchange.trim_end_matches('.').to_lowercase();
    // The longest name that fits: Outlook.com lies below what Microsoft 365 lies below.
    let fits = |suffix: &&String| {
        exchange
            .strip_suffix(suffix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    PROVIDERS
        .iter()
        .filter_map(|provider| {
            let longest = provider.mx.iter().filter(fits).map(String::len).max()?;
            Some((longest, provider))
        })
        .max_by_key(|(longest, _)| *longest)
        .map(|(_, provider)| provider)
}

/// Whose servers tell mail programs how to connect, under this name.
pub fn of_autodiscover(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.autodiscover.iter().any(|it| it == name))
}

/// Whose IMAP server has this name.
pub fn of_host(host: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.host().eq_ignore_ascii_case(host))
}

/// What the IMAP server of this name does not bear.
pub fn limits_of(host: &str) -> Limits {
    of_host(host).map(Provider::limits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_can_be_read_and_names_every_domain_once() {
        let table: Table = toml::from_str(include_str!("providers.toml")).expect("the table");
        assert!(table.provider.len() >= 20);
        let mut domains = BTreeSet::new();
        for provider in &table.provider {
            assert!(provider.host().contains('.') && provider.port() == 993, "{provider:?}");
            assert!(provider.help.starts_with("https://"), "{provider:?}");
            assert!(provider.note.ends_with('.'), "{provider:?}");
            if let Some(service) = &provider.oauth {
                let services = crate::config::Oauth::default();
                assert_eq!(services.0[service].imap(), Some((provider.host(), provider.port())));
            }
            for domain in &provider.domains {
                assert!(domains.insert(domain), "{domain} stands twice");
            }
        }
    }

    #[test]
    fn a_domain_and_an_mx_name_their_provider() {
        for (domain, name) in [("gmail.com", "Gmail"), ("WEB.DE", "WEB.DE"), ("me.com", "iCloud")] {
            assert_eq!(of_domain(domain).map(|provider| provider.name.as_str()), Some(name));
        }
        assert_eq!(of_domain("example.com"), None);
        for (mx, name) in [
            ("acme-de.mail.protection.outlook.com.", "Microsoft 365"),
            ("acme-us.mail.protection.office365.us", "Microsoft 365"),
            ("outlook-com.olc.protection.outlook.com.", "Outlook.com"),
            ("aspmx.l.google.com", "Google Workspace"),
            ("mx00.kundenserver.de", "IONOS"),
            ("smtpin.rzone.de", "STRATO"),
        ] {
            assert_eq!(of_mx(mx).map(|provider| provider.name.as_str()), Some(name), "{mx}");
        }
        assert_eq!(of_mx("mx.notgoogle.com"), None);
        for (name, provider) in [
            ("autodiscover.outlook.com", Some("Microsoft 365")),
            ("autodiscover.partner.outlook.cn", Some("Microsoft 365")),
            ("outlook.com", None),
            ("autodiscover.example.com", None),
        ] {
            let found = of_autodiscover(name).map(|provider| provider.name.as_str());
            assert_eq!(found, provider, "{name}");
        }
    }

    #[test]
    fn what_servers_do_not_bear_is_known_by_their_names() {
        let secs = |limit: Option<Duration>| limit.map(|limit| limit.as_secs());
        let yahoo = limits_of("imap.mail.yahoo.com");
        assert_eq!((secs(yahoo.idle), yahoo.poll_instead), (Some(180), None));
        let netease = limits_of("IMAP.163.com");
        assert_eq!((netease.idle, secs(netease.poll_instead)), (None, Some(55)));
        assert!(netease.needs_id);
        assert_eq!(limits_of("mail.example.com"), Limits::default());
    }
}

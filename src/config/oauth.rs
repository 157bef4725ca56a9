//! `[oauth.…]`: sign-in services whose consent opens mailboxes on IMAP servers.

use super::Report;
use super::graph::is_safe;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The services by name; each tenant has its own app registrations there in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Oauth(pub BTreeMap<String, Service>);

/// A sign-in service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Where a person consents; `{directory}` is that of the tenant's app registration.
    pub authorize_url: String,
    /// Where tokens come from; likewise.
    pub token_url: String,
    /// What is asked for.
    pub scope: String,
    /// The one IMAP server that its tokens are shown to, `host:port`, TLS from the first byte.
    pub imap: String,
}

impl Service {
    /// The IMAP server's name and port.
    pub fn imap(&self) -> Option<(&str, u16)> {
        let (host, port) = self.imap.rsplit_once(':')?;
        Some((host, port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
    }
}

impl Default for Oauth {
    fn default() -> Self {
        let service = |authorize: &str, token: &str, scope: &str, imap: &str| Service {
            authorize_url: authorize.to_owned(),
            token_url: token.to_owned(),
            scope: scope.to_owned(),
            imap: imap.to_owned(),
        };
        // https://developers.google.com/identity/protocols/oauth2/web-server: a refresh token comes
        // with offline access, and again only with prompt=consent.
        let google = service(
            "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
            "https://oauth2.googleapis.com/token",
            "openid email https://mail.google.com/",
            "imap.gmail.com:993",
        );
        // https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
        let microsoft = service(
            "https://login.microsoftonline.com/{directory}/oauth2/v2.0/authorize?prompt=select_account",
            "https://login.microsoftonline.com/{directory}/oauth2/v2.0/token",
            "openid email offline_access https://outlook.office.com/IMAP.AccessAsUser.All",
            "outlook.office365.com:993",
        );
        Self(
            [("google", google), ("microsoft", microsoft)]
                .map(|(name, it)| (name.into(), it))
                .into(),
        )
    }
}

impl Oauth {
    pub(super) fn check(&self, report: &mut Report) {
        for (name, service) in &self.0 {
            let key = |key: &str| format!("oauth.{name}.{key}");
            let text = "must be an address like https://accounts.example.com/authorize; plain http \
                        only on this machine";
            let named = |url: &str| url.replace("{directory}", "common");
            let authorize = named(&service.authorize_url);
            let bare = authorize.split_once('?').map_or(&*authorize, |(bare, _)| bare);
            report.check(is_safe(bare), &key("authorize_url"), text);
            report.check(is_safe(&named(&service.token_url)), &key("token_url"), text);
            report.check(!service.scope.trim().is_empty(), &key("scope"), "must not be empty");
            report.check(service.imap().is_some(), &key("imap"), "must be host:port");
        }
    }
}

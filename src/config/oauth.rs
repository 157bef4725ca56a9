//! `[oauth.…]`: sign-in services whose consent opens mailboxes on IMAP servers, or CRMs.

use super::Report;
use super::graph::is_safe;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Not;

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
    /// The one IMAP server that its tokens are shown to, `host:port`, TLS from the first byte; empty:
    /// none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub imap: String,
    /// The one API of a CRM that its tokens are shown to; the service has the name of the CRM's kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm: Option<String>,
    /// A code is not bound to who asked for it (PKCE, RFC 7636), because the service has none.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub without_pkce: bool,
    /// Whether the app's secret is shown in a header (`client_secret_basic`, RFC 6749 §2.3.1) and not
    /// in the body.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub basic: bool,
    /// The IMAP server is told the mailbox's address with a token, and not the name of who consented: a token
    /// opens whatever mailbox is named that this person may open.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub by_address: bool,
}

impl Service {
    /// The IMAP server's name and port.
    pub fn imap(&self) -> Option<(&str, u16)> {
        let (host, port) = self.imap.rsplit_once(':')?;
        Some((host, port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
    }

    /// The name that the IMAP server is told with a token of `username`, to open the mailbox of `address`.
    pub fn name_for_imap<'a>(&self, username: &'a str, address: &'a str) -> &'a str {
        if self.by_address { address } else { username }
    }
}

impl Default for Oauth {
    fn default() -> Self {
        let service = |authorize: &str, token: &str, scope: &str, imap: &str| Service {
            authorize_url: authorize.to_owned(),
            token_url: token.to_owned(),
            scope: scope.to_owned(),
            imap: imap.to_owned(),
            crm: None,
            without_pkce: false,
            basic: false,
            by_address: false,
        };
        // https://developers.google.com/identity/protocols/oauth2/web-server: a refresh token comes
        // with offline access, and again only with prompt=consent.
        let google = service(
            "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
            "https://oauth2.googleapis.com/token",
            "openid email https://mail.google.com/",
            "imap.gmail.com:993",
        );
        // https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth:
        // for a shared mailbox the token is a person's and the name the shared mailbox's address.
        let microsoft = Service {
            by_address: true,
            ..service(
                "https://login.microsoftonline.com/{directory}/oauth2/v2.0/authorize?prompt=select_account",
                "https://login.microsoftonline.com/{directory}/oauth2/v2.0/token",
                "openid email offline_access https://outlook.office.com/IMAP.AccessAsUser.All",
                "outlook.office365.com:993",
            )
        };
        // https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide
        let hubspot = Service {
            crm: Some("https://api.hubapi.com/".into()),
            ..service(
                "https://app.hubspot.com/oauth/authorize",
                "https://api.hubapi.com/oauth/v3/token",
                "crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read \
                 crm.objects.owners.read crm.schemas.contacts.read crm.schemas.contacts.write",
                "",
            )
        };
        // https://pipedrive.readme.io/docs/marketplace-oauth-authorization: the scopes are the app's,
        // the secret is shown in a header, and there is no PKCE.
        let pipedrive = Service {
            crm: Some("https://api.pipedrive.com/".into()),
            without_pkce: true,
            basic: true,
            ..service(
                "https://oauth.pipedrive.com/oauth/authorize",
                "https://oauth.pipedrive.com/oauth/token",
                "contacts:full users:read search:read",
                "",
            )
        };
        Self(
            [
                ("google", google),
                ("microsoft", microsoft),
                ("hubspot", hubspot),
                ("pipedrive", pipedrive),
            ]
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
            let opens_mail = !service.imap.is_empty() || service.crm.is_none();
            report.check(
                !opens_mail || service.imap().is_some(),
                &key("imap"),
                "must be host:port",
            );
            if let Some(crm) = &service.crm {
                report.check(is_safe(crm), &key("crm"), text);
            }
        }
    }
}

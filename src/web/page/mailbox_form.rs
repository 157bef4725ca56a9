//! What the form to connect a mailbox holds: as its server was found out, or as it was sent and refused.

use super::consent;
use crate::contact::EmailAddress;
use crate::source::discover::{Discovered, Doubt};
use crate::source::providers::{self, Provider};
use crate::web::auth::SignedForm;

/// What the form asks for.
#[derive(Default, PartialEq, Eq)]
pub(super) enum Step {
    /// The address.
    #[default]
    Address,
    /// How its server is reached, as it was found out or was looked for in vain.
    Server,
    /// Nothing more: Microsoft asks.
    Microsoft,
}

/// How many days back a mailbox is read at first if nobody says so.
const DAYS: &str = "30";

/// What the form to connect a mailbox holds.
#[derive(Default)]
pub(super) struct Form {
    pub(super) address: String,
    pub(super) host: String,
    pub(super) port: String,
    pub(super) is_starttls: bool,
    pub(super) username: String,
    /// The list that was chosen; empty: none yet.
    pub(super) list: String,
    /// How many days back to read, as it was typed; empty: nothing was.
    pub(super) days: String,
    pub(super) step: Step,
    /// Why a person should look at the server's name: for as long as it is that name.
    pub(super) doubt: Option<Doubt>,
    /// Whether it is a personal Microsoft account, into which nobody but its owner lets us.
    pub(super) is_personal: bool,
    /// The sign-in service whose consent would open it, and what people call it.
    pub(super) service: Option<(&'static str, &'static str)>,
    pub(super) help: Option<&'static str>,
    pub(super) note: Option<&'static str>,
}

impl Form {
    pub(super) fn is_open(&self) -> bool {
        self.step != Step::Address
    }

    pub(super) fn is_microsoft(&self) -> bool {
        self.step == Step::Microsoft
    }

    pub(super) fn days(&self) -> &str {
        if self.days.is_empty() { DAYS } else { &self.days }
    }

    /// With what is known of the provider.
    fn at(self, provider: Option<&'static Provider>) -> Self {
        Self {
            is_personal: provider.is_some_and(|provider| provider.directory.is_some()),
            service: provider.and_then(|provider| {
                let service = provider.oauth.as_deref()?;
                Some((service, consent::title(service)))
            }),
            help: provider.map(|provider| provider.help.as_str()),
            note: provider.map(|provider| provider.note.as_str()),
            ..self
        }
    }

    pub(super) fn of(address: &str, found: Option<Discovered>) -> Self {
        let Some(found) = found else {
            let (address, username) = (address.to_owned(), address.to_owned());
            return Self {
                address,
                username,
                port: "993".into(),
                step: Step::Server,
                ..Self::default()
            };
        };
        let (provider, doubt) = (found.provider, found.doubt());
        let form = Self {
            address: address.to_owned(),
            host: found.host,
            port: found.port.to_string(),
            is_starttls: found.security == crate::store::Security::StartTls,
            username: found.username,
            step: match found.kind {
                providers::Kind::Graph => Step::Microsoft,
                providers::Kind::Imap => Step::Server,
            },
            doubt,
            ..Self::default()
        };
        form.at(provider)
    }

    /// As it was sent, to be sent again.
    pub(super) fn sent(form: &SignedForm) -> Self {
        let text = |name| form.field(name).unwrap_or_default().to_owned();
        let (address, host) = (text("address"), text("host"));
        let step = match (form.field("kind"), host.as_str()) {
            (Some("graph"), _) => Step::Microsoft,
            (_, "") => Step::Address,
            _ => Step::Server,
        };
        let of_address = || providers::of_domain(&EmailAddress::parse(address.trim())?.domain());
        let provider = providers::of_host(&host).or_else(of_address);
        let doubt = form.field("doubt").and_then(Doubt::parse);
        let form = Self {
            doubt: doubt.filter(|_| form.field("doubted_host") == Some(&host)),
            host,
            port: text("port"),
            is_starttls: form.field("security") == Some("starttls"),
            username: text("username"),
            list: text("list"),
            days: text("backfill_days"),
            step,
            address: address.clone(),
            ..Self::default()
        };
        form.at(provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::discover::Source;
    use crate::store::Security;

    #[test]
    fn a_server_that_dns_names_without_proof_is_asked_about() {
        let found = Discovered {
            kind: providers::Kind::Imap,
            host: "mail.hoster.example".to_owned(),
            port: 993,
            security: Security::Tls,
            username: "nora".to_owned(),
            source: Source::Srv,
            confirm: true,
            provider: None,
        };
        let doubt = Form::of("nora@acme.example", Some(found)).doubt;
        assert_eq!(doubt.and_then(|doubt| Doubt::parse(doubt.as_str())), Some(Doubt::Dns));
    }
}

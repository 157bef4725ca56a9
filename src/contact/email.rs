//! An e-mail address that can be compared and looked up.

use super::is_role_mailbox;
use super::lookalike::{is_deceptive_domain, is_mixed};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An address with one `@`, a plausible local part and a domain with a dot; none that looks like
/// another one by letters of another script.
///
/// Kept as written; [`EmailAddress::key`] is what two spellings of one address share.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Longest address that SMTP can carry (RFC 5321 §4.5.3.1.3, without the angle brackets).
const MAX_LEN: usize = 254;

impl EmailAddress {
    /// Parses `text` as one bare address. White space around it is dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let fits = !local.is_empty() && local.len() <= 64 && text.len() <= MAX_LEN;
        let honest =
            !local.split(['.', '-', '_', '+']).any(is_mixed) && !is_deceptive_domain(domain);
        (fits && honest && is_local_part(local) && is_domain(domain)).then(|| Self(text.to_owned()))
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The domain, in lower case.
    pub fn domain(&self) -> String {
        self.0.rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_lowercase())
    }

    /// The registrable domain (`mail.example.co.uk` → `example.co.uk`), or the domain itself where
    /// the public suffix list knows none.
    pub fn registrable_domain(&self) -> String {
        let domain = self.domain();
        psl::domain_str(&domain).map_or_else(|| domain.clone(), str::to_owned)
    }

    /// What two spellings of one address have in common: case folded, a `+tag` dropped.
    pub fn key(&self) -> String {
        let local = self.local().to_lowercase();
        let local = local.split_once('+').map_or(local.as_str(), |(bare, _)| bare);
        let ascii = idna::domain_to_ascii(&self.domain()).unwrap_or_else(|_| self.domain());
        format!("{local}@{ascii}")
    }

    /// Whether it is a mailbox that several people read ([`is_role_mailbox`]).
    pub fn is_role_mailbox(&self) -> bool {
        is_role_mailbox(self.local())
    }

    /// The address with its local part hidden, for logs: `a…@example.com`.
    pub fn masked(&self) -> String {
        let first = self.0.chars().next().unwrap_or('…');
        format!("{first}…@{}", self.domain())
    }
}

fn is_local_part(local: &str) -> bool {
    !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an e-mail address")
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bare_address_and_nothing_else() {
        for good in ["a@b.de", "Anna.Müller+crm@müller.example", "o'brien@x-y.co.uk"] {
            assert!(EmailAddress::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a@b",
            "a b@c.de",
            "a@b..de",
            "<a@b.de>",
            "a@-b.de",
            ".a@b.de",
            "anna@p\u{430}ypal.com",
            "\u{430}nna@paypal.com",
            "a@b.de\r\nBcc: x@y.de",
        ] {
            assert!(EmailAddress::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn spellings_of_one_address_share_a_key() {
        let key = |text: &str| EmailAddress::parse(text).expect("an address").key();
        assert_eq!(key("Anna+list@Example.COM"), key("anna@example.com"));
        assert_eq!(key("a@müller.de"), key("a@xn--mller-kva.de"));
        assert_ne!(key("anna@example.com"), key("anna@example.org"));
    }

    #[test]
    fn the_registrable_domain_is_the_company() {
        let address = EmailAddress::parse("a@mail.example.co.uk").expect("an address");
        assert_eq!(address.registrable_domain(), "example.co.uk");
    }
}

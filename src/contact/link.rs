//! A web address of a person or employer.

use super::lookalike::is_deceptive_domain;
use serde::{Deserialize, Serialize};
use url::Url;

/// An `http` or `https` address with a public-looking host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(Url);

impl Link {
    /// Parses an address with or without scheme; `https` is assumed where none stands.
    /// Hosts that look like others by letters of another script, credentials in the address and schemes other than `http(s)` are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let url = if lower.starts_with("http://") || lower.starts_with("https://") {
            Url::parse(text).ok()?
        } else if text.contains(':') && !text.contains('/') || text.contains(char::is_whitespace) {
            return None;
        } else {
            Url::parse(&format!("https://{text}")).ok()?
        };
        let plausible = url.domain().is_some_and(|host| {
            !is_deceptive_domain(host)
                && host.contains('.')
                && !host.ends_with('.')
                && !host.starts_with('.')
        });
        (plausible && url.username().is_empty() && url.password().is_none()).then_some(Self(url))
    }

    /// The address with its scheme.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host in lower case, without `www.`.
    pub fn host(&self) -> &str {
        let host = self.0.domain().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host)
    }

    /// What follows the host, without the `/` at the end.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// What two spellings of one address have in common, and how people read it: no scheme, no
    /// `www.`, no `/` at the end.
    pub fn key(&self) -> String {
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{}{query}", self.host(), self.path())
    }
}

impl TryFrom<String> for Link {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a web address")
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_share_a_key() {
        let key = |text: &str| Link::parse(text).expect("a link").key();
        assert_eq!(key("https://www.Example.com/"), key("example.com"));
        assert_eq!(key("linkedin.com/in/anna-müller/"), "linkedin.com/in/anna-m%C3%BCller");
    }

    #[test]
    fn only_the_web_is_a_link() {
        for bad in [
            "",
            "mailto:a@b.de",
            "javascript:alert(1)",
            "http://user:pw@x.de",
            "localhost",
            "a b.de",
            "file:///etc/passwd",
            "tel:+491",
            "p\u{430}ypal.com",
        ] {
            assert_eq!(Link::parse(bad), None, "{bad}");
        }
    }
}

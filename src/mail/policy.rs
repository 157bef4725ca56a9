//! Of whom nothing is read: what a tenant decides.

use crate::contact::EmailAddress;

/// Whose mail a tenant leaves out, and whose word on authentication it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// The tenant's own domains; their subdomains belong to them.
    pub own_domains: Vec<String>,
    /// Addresses (`anna@example.com`) and domains (`example.com`, its subdomains with it) that are
    /// excluded.
    pub exclusions: Vec<String>,
    /// Names under which the tenant's receiving servers write `Authentication-Results` (RFC 8601
    /// authserv-id). Empty: the topmost one is taken, as it was written last.
    pub authserv_ids: Vec<String>,
}

impl Policy {
    /// Whether a domain is the tenant's own.
    pub(super) fn owns(&self, domain: &str) -> bool {
        self.own_domains.iter().any(|own| is_within(domain, own))
    }

    /// Whether an address is excluded, by itself or by its domain.
    pub fn excludes(&self, address: &EmailAddress) -> bool {
        self.exclusions.iter().map(|entry| entry.trim()).any(|entry| {
            match EmailAddress::parse(entry) {
                Some(excluded) => excluded.key() == address.key(),
                None => is_within(&address.domain(), entry.trim_start_matches(['@', '*', '.'])),
            }
        })
    }
}

fn is_within(domain: &str, of: &str) -> bool {
    let ascii = |name: &str| {
        idna::domain_to_ascii(name.trim()).unwrap_or_else(|_| name.trim().to_lowercase())
    };
    let (domain, of) = (ascii(domain), ascii(of));
    !of.is_empty()
        && domain.strip_suffix(&of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_belong_to_a_domain_and_lookalikes_do_not() {
        let policy = Policy {
            own_domains: vec!["Müller.example".into()],
            exclusions: vec!["Anna@x.example".into(), "@bank.example".into()],
            ..Policy::default()
        };
        assert!(policy.owns("mail.xn--mller-kva.example") && !policy.owns("notmüller.example"));
        let excludes =
            |text: &str| policy.excludes(&EmailAddress::parse(text).expect("an address"));
        assert!(excludes("anna+crm@X.example") && !excludes("bo@x.example"));
        assert!(excludes("bo@a.bank.example") && !excludes("bo@mybank.example"));
        assert!(!Policy::default().owns("x.example"));
    }
}

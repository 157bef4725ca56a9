//! By what the company of a contact is found, and what it is made of.

use super::mapping::Fields;
use crate::contact::{Contact, PostalAddress};
use crate::matching::fold::is_free_mail;

/// The domains of a contact's addresses, each as it is and as it was registered; free-mail domains
/// name no company.
pub(super) fn domains(contact: &Contact) -> Vec<String> {
    let mut domains: Vec<String> = Vec::new();
    for email in &contact.emails {
        for domain in [email.value.domain(), email.value.registrable_domain()] {
            if !is_free_mail(&domain) && !domains.contains(&domain) {
                domains.push(domain);
            }
        }
    }
    domains
}

/// A company that is to be made.
#[derive(Debug)]
pub(super) struct NewAccount<'a> {
    /// A UUID: with the same one it is made once, where the CRM takes ids of ours.
    pub(super) key: &'a str,
    /// What it is called.
    pub(super) name: &'a str,
    /// Its domain, which is also its web site.
    pub(super) domain: String,
    /// Where it is, as far as the signature says.
    pub(super) address: PostalAddress,
}

impl<'a> NewAccount<'a> {
    /// The employer of a contact, if it has a name and a domain; free-mail domains are no company's.
    pub(super) fn of(key: &'a str, contact: &'a Contact) -> Option<Self> {
        let name = contact.organizations.first()?.value.trim();
        let domains = contact.emails.iter().map(|email| email.value.registrable_domain());
        let domain = domains.into_iter().find(|domain| !is_free_mail(domain))?;
        let address = contact.addresses.first().map(|address| address.value.clone());
        let address = address.unwrap_or_default();
        (!name.is_empty()).then_some(Self { key, name, domain, address })
    }

    /// Its values under the CRM's names of name, web site, street, postcode, city, region and country;
    /// what has no name there is left out.
    pub(super) fn fields(&self, names: [&str; 7]) -> Fields {
        let PostalAddress { street, postcode, city, region, country } = &self.address;
        let parts = [street, postcode, city, region, country].map(|part| part.as_deref());
        let values = [Some(self.name), Some(self.domain.as_str())].into_iter().chain(parts);
        let pairs = names.into_iter().zip(values).filter(|(name, _)| !name.is_empty());
        pairs.filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned()))).collect()
    }
}

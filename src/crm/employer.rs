//! By what the company of a contact is found.

use crate::contact::Contact;
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

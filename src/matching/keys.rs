//! Blocking keys: who shares one with a contact is worth comparing with it.
//!
//! | key | is |
//! | --- | --- |
//! | `e:` | an e-mail address that one person reads |
//! | `p:` | a phone number in E.164, never a fax |
//! | `n:` | first and last word of the name, with the company or its domain |

use super::fold::{fold, fold_company, is_free_mail, is_role_mailbox};
use crate::contact::{Contact, EmailAddress, PhoneKind};
use std::collections::BTreeSet;

/// The keys of a contact, each once, in order.
pub fn keys(contact: &Contact) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for email in personal_emails(contact) {
        keys.insert(format!("e:{}", email.key()));
    }
    for phone in contact.phones.iter().filter(|phone| phone.value.kind != PhoneKind::Fax) {
        keys.insert(format!("p:{}", phone.value.number()));
    }
    if let Some(name) = name_key(contact) {
        for organization in &contact.organizations {
            keys.insert(format!("n:{name}|{}", fold_company(&organization.value)));
        }
        for domain in employer_domains(contact) {
            keys.insert(format!("n:{name}|@{domain}"));
        }
    }
    keys.into_iter().collect()
}

/// The addresses that one person reads.
pub(super) fn personal_emails(contact: &Contact) -> impl Iterator<Item = &EmailAddress> {
    contact.emails.iter().map(|email| &email.value).filter(|email| !is_role_mailbox(email.local()))
}

/// The registrable domains of the contact's addresses that belong to an employer.
pub(super) fn employer_domains(contact: &Contact) -> impl Iterator<Item = String> {
    contact
        .emails
        .iter()
        .map(|email| email.value.registrable_domain())
        .filter(|domain| !is_free_mail(domain))
}

/// First and last word of the name, in alphabetical order, so that the order in which a name is
/// written and names in the middle make no difference.
fn name_key(contact: &Contact) -> Option<String> {
    let folded = fold(&contact.name.as_ref()?.value.full);
    let mut words = folded.split(' ').filter(|word| !word.is_empty());
    let first = words.next()?;
    let last = words.next_back()?;
    Some(if first <= last { format!("{first} {last}") } else { format!("{last} {first}") })
}

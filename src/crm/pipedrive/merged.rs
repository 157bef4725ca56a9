//! Whom a deleted person was merged into. Pipedrive's API does not tell; but it takes all addresses and numbers
//! over to the one that is kept (<https://pipedrive.readme.io/docs/merging-two-persons>), who has them all then.

use super::Pipedrive;
use super::answer::Person;
use crate::contact::{Contact, Phone};
use crate::crm::{CrmError, Record};
use std::collections::BTreeSet;

/// People with one address that are looked at.
const SOME: usize = 20;

impl Pipedrive {
    /// The one person who has an address of their own that was a deleted one's, and everything else by which
    /// that one was reached.
    pub(super) async fn became(&self, deleted: &Person) -> Result<Option<Record>, CrmError> {
        let gone = self.record(deleted).await?.contact;
        let Some(email) = gone.own_emails().next() else { return Ok(None) };
        let hits = self.api.persons("email", email.as_str(), true, SOME).await?;
        let mut found = Vec::new();
        for hit in hits.into_iter().filter(|hit| hit.id != deleted.id) {
            let Some(person) = self.fetch(&hit.id.to_string()).await? else { continue };
            let record = self.record(&person).await?;
            if reached(&gone).is_subset(&reached(&record.contact)) {
                found.push(record);
            }
        }
        Ok(found.pop().filter(|_| found.is_empty()))
    }
}

/// By what somebody is reached.
fn reached(contact: &Contact) -> BTreeSet<String> {
    let emails = contact.emails.iter().map(|email| email.value.key());
    let phones = contact.phones.iter().map(|phone| Phone::uri_number(&phone.value));
    emails.chain(phones).collect()
}
